// One operation from its lease to its end. Invariants: nothing is written without the lease; every commit is durable before it returns.
import { isAsternError, fail } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import {
  type OperationKind,
  type Outcome,
  releaseName,
  type Scope,
  type StepKind,
  type StepStatus,
} from '../core/model.ts'
import { wholeOf } from '../core/transaction-id.ts'
import { LEASE_RENEWAL_MS, type Lease } from '../store/leases.ts'
import type { App, Asked } from './app.ts'

const TRANSACTION_ID_BYTES = 4
const WATCH_LEASE_EVERY_MS = 100

export type Operation = Scope & {
  readonly kind: OperationKind
  /** Of a set of services: this service's part. */
  readonly transactionId: string
  readonly actor: string
  readonly lease: Lease
  readonly signal: AbortSignal
  /** Another process began it, and died. */
  readonly resumed: boolean
  /** Aborts to end at once what takes its time on purpose. */
  readonly hurry: AbortSignal | null
  readonly onOutput: NonNullable<Asked['onOutput']>
  /** Milliseconds spent, by kind of step and for `plan`. */
  readonly durations: Map<StepKind | 'plan', number>
  /** Runs `work` in a durable transaction while the lease is held. Error: LEASE_LOST. */
  commit<T>(work: () => T): T
  record(event: Recorded): void
  /** Ends it and gives the lease back, within the caller's transaction. */
  end(outcome: Outcome, detail?: JournalEvent['detail']): void
}

export type Recorded = {
  readonly step: string
  readonly key: string
  readonly status: StepStatus
  readonly release: number | null
  readonly durationMs?: number
  readonly attempt?: number
  readonly detail?: JournalEvent['detail']
  readonly level?: JournalEvent['level']
}

/** Of what is journalled without a lease. */
export const NO_EPOCH = 0

export function newTransactionId(app: Pick<App, 'random'>): string {
  return `tx-${app.random.hex(TRANSACTION_ID_BYTES)}`
}

/**
 * Takes the lease and notes the operation, within the caller's transaction. `controller` is aborted when another operation takes over.
 * `known`: under this transaction id, which was noted before if it is resumed.
 * Error: BUSY.
 */
export function begin(
  app: App,
  scope: Scope,
  kind: OperationKind,
  asked: Asked,
  controller: AbortController,
  known?: { readonly transactionId: string; readonly resumed: boolean },
): Operation {
  const { store, clock } = app
  const transactionId = known?.transactionId ?? newTransactionId(app)
  const { service, environment } = scope
  const lease = store.leases.take(scope, kind, transactionId, clock.now())
  if (known?.resumed !== true) {
    const startedAt = clock.now()
    const { actor, reason } = asked
    store.operations.insert({ service, environment, transactionId, kind, actor: actor.name, reason, startedAt })
  }
  const record = recorder(app, {
    service,
    environment,
    kind,
    transactionId,
    actor: asked.actor.name,
    epoch: lease.epoch,
  })
  const operation: Operation = {
    service,
    environment,
    kind,
    transactionId,
    actor: asked.actor.name,
    lease,
    signal: asked.signal === undefined ? controller.signal : AbortSignal.any([controller.signal, asked.signal]),
    resumed: known?.resumed === true,
    hurry: asked.hurry ?? null,
    onOutput: asked.onOutput ?? (() => {}),
    durations: new Map(),
    commit: (work) =>
      store.transaction(() => {
        store.leases.fence(lease)
        return work()
      }),
    record,
    end(outcome, detail) {
      const failed = outcome === 'failed'
      const to = store.operations.get(transactionId)?.to ?? null
      const level = failed ? 'error' : outcome === 'rolled_back' ? 'warn' : 'info'
      recordEnd(app, transactionId, record, { outcome, release: to, level, detail })
      store.leases.release(lease)
    },
  }
  return operation
}

/** Notes an operation that holds no lease, within the caller's transaction. What is given back journals it. */
export function noteWithoutLease(
  app: App,
  { service, environment }: Scope,
  kind: OperationKind,
  transactionId: string,
  { actor, reason }: Pick<Asked, 'actor' | 'reason'>,
): (event: Recorded) => void {
  const startedAt = app.clock.now()
  app.store.operations.insert({ service, environment, transactionId, kind, actor: actor.name, reason, startedAt })
  return recorder(app, { service, environment, kind, transactionId, actor: actor.name, epoch: NO_EPOCH })
}

export type RecordedEnd = Required<Pick<Recorded, 'release' | 'level'>> & {
  readonly outcome: Outcome
  readonly detail: JournalEvent['detail'] | undefined
}

/** The last row of an operation, and its end, within the caller's transaction. */
export function recordEnd(
  { store, clock }: Pick<App, 'store' | 'clock'>,
  transactionId: string,
  record: (event: Recorded) => void,
  { outcome, detail, ...event }: RecordedEnd,
): void {
  const status = outcome === 'failed' ? 'failed' : 'succeeded'
  record({ step: 'outcome', key: 'outcome', status, ...event, detail: { outcome, ...detail } })
  store.operations.end(transactionId, outcome, clock.now())
}

/** Ctrl-C has been heard; what is done with this is not what it wanted to stop. */
export function unstoppable(operation: Operation): Operation {
  return { ...operation, signal: new AbortController().signal }
}

/** Appends events of an operation to the journal, within the caller's transaction. */
export function recorder(
  app: Pick<App, 'store' | 'clock'>,
  of: Scope & Pick<Operation, 'kind' | 'transactionId' | 'actor'> & { readonly epoch: number },
): (event: Recorded) => void {
  const { store, clock } = app
  const { service, environment } = of
  const versions = new Map<number, string | null>()
  const versionOf = (release: number) => {
    if (!versions.has(release)) {
      const version = store.releases.get(of, release)?.version
      if (version === undefined) return null
      versions.set(release, version)
    }
    return versions.get(release) ?? null
  }
  return (event) => {
    const recorded: JournalEvent = {
      timestamp: new Date(clock.now()).toISOString(),
      level: event.level ?? (event.status === 'failed' ? 'error' : 'info'),
      operation: of.kind,
      service,
      environment,
      version: event.release === null ? null : versionOf(event.release),
      release: event.release === null ? null : releaseName(event.release),
      status: event.status,
      step: event.step,
      duration_ms: event.durationMs === undefined ? null : round(event.durationMs),
      transaction_id: wholeOf(of.transactionId),
      actor: of.actor,
      key: event.key,
      attempt: event.attempt ?? 1,
      epoch: of.epoch,
      detail: event.detail ?? null,
    }
    store.journal.append(recorded, of.transactionId)
  }
}

export function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}

/** Renews the lease while `work` runs, and aborts it as soon as the lease is lost. */
export async function whileLeased<T>(
  app: App,
  operation: Operation,
  controller: AbortController,
  work: () => Promise<T>,
): Promise<T> {
  const done = new AbortController()
  const watching = watch(app, operation, controller, done.signal)
  try {
    return await work()
  } finally {
    done.abort()
    await watching
  }
}

/** Every lease is held, renewed and watched. */
export function whileAllLeased<T>(
  app: App,
  parts: readonly { readonly operation: Operation; readonly controller: AbortController }[],
  work: () => Promise<T>,
): Promise<T> {
  const [first, ...others] = parts
  if (first === undefined) return work()
  return whileLeased(app, first.operation, first.controller, () => whileAllLeased(app, others, work))
}

async function watch(app: App, operation: Operation, controller: AbortController, done: AbortSignal): Promise<void> {
  let renewAt = app.clock.monotonic() + LEASE_RENEWAL_MS
  while (!done.aborted) {
    try {
      await app.clock.sleep(WATCH_LEASE_EVERY_MS, done)
    } catch {
      return // the work has ended
    }
    if (!app.store.leases.holds(operation.lease)) {
      controller.abort(fail('LEASE_LOST'))
      return
    }
    if (app.clock.monotonic() >= renewAt) {
      app.store.leases.renew(operation.lease, app.clock.now())
      renewAt = app.clock.monotonic() + LEASE_RENEWAL_MS
    }
  }
}

/** True when the error says that another operation holds the lease now. */
export function lostLease(error: unknown, operation: Operation): boolean {
  return isAsternError(error, 'LEASE_LOST') || isAsternError(operation.signal.reason, 'LEASE_LOST')
}
