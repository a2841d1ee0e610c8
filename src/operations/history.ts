// What was done: operations, newest first, and one of them step by step, put together from the journal.
import type { JournalEvent } from '../core/journal-event.ts'
import {
  type OperationKind,
  type Outcome,
  type Release,
  releaseName,
  type Scope,
  type Step,
  type StepStatus,
} from '../core/model.ts'
import { stepKey } from '../core/step-key.ts'
import type { Plan } from '../core/plan.ts'
import { partOf, wholeOf } from '../core/transaction-id.ts'
import type { Operation, OperationFilter } from '../store/operations.ts'
import { releaseRef } from './answer.ts'
import type { App } from './app.ts'

/** A release that may be gone with its service: then what the journal says of it is known. */
export type FormerRef = {
  readonly release: string
  readonly version: string | null
  readonly image: string | null
  readonly digest: string | null
}

/** One of `operations` in `astern log --json`. */
export type OperationEntry = Scope & {
  readonly transaction_id: string
  readonly operation: OperationKind
  readonly from: FormerRef | null
  readonly to: FormerRef | null
  /** `null`: it has not ended. */
  readonly outcome: Outcome | null
  readonly actor: string
  readonly reason: string | null
  /** ISO 8601, UTC. */
  readonly started_at: string
  readonly ended_at: string | null
  readonly duration_ms: number | null
}

/** A step from its beginning to its end. */
export type StepEntry = {
  readonly step: string
  readonly key: string
  readonly attempt: number
  readonly release: string | null
  /** `started`: it runs, or whoever ran it died. */
  readonly status: StepStatus
  readonly started_at: string
  readonly duration_ms: number | null
  readonly detail: JournalEvent['detail']
}

/** Newest first. A service that was removed is found as well. */
export function newestOperations(app: App, filter: OperationFilter, limit: number): Operation[] {
  return app.store.operations.list(limit, filter)
}

/** Operations that went from or to a release, newest first. */
export function operationsWith(app: App, scope: Scope, release: number, limit: number): Operation[] {
  return app.store.operations.withRelease(scope, release, limit)
}

/** `tx-5f8a7b9c`, with or without its `tx-`; of a set of services the parts of all of them. Empty: there is none. */
export function findOperations(app: App, name: string): Operation[] {
  const { operations } = app.store
  const id = name.startsWith('tx-') ? name : `tx-${name}`
  const whole = operations.get(id)
  return whole === null ? operations.parts(id) : [whole]
}

export function operationEntry(app: App, operation: Operation): OperationEntry {
  const { service, environment, transactionId, kind, from, to, outcome, actor, reason, startedAt, endedAt } = operation
  return {
    transaction_id: wholeOf(transactionId),
    operation: kind,
    service,
    environment,
    from: from === null ? null : formerRef(app, operation, from),
    to: to === null ? null : formerRef(app, operation, to),
    outcome,
    actor,
    reason,
    started_at: new Date(startedAt).toISOString(),
    ended_at: endedAt === null ? null : new Date(endedAt).toISOString(),
    duration_ms: endedAt === null ? null : endedAt - startedAt,
  }
}

/** Of one that is gone, the journal still says what its deploy found. */
export function formerRef(app: App, scope: Scope, number: number): FormerRef {
  const release = app.store.releases.get(scope, number)
  if (release !== null) return releaseRef(release)
  const made = app.store.operations.madeBy(scope, number)
  const events = made === null ? [] : app.store.journal.ofSteps(made.transactionId, ['pull', 'plan'])
  const pulled = events.find(({ step, status }) => step === 'pull' && status === 'succeeded')?.detail ?? {}
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const version = events.find(({ step }) => step === 'plan')?.version ?? null
  return { release: releaseName(number), version, image: text(pulled['image']), digest: text(pulled['digest']) }
}

/** `null`: it never got that far. */
export function planOf(operation: Operation): Plan | null {
  return operation.plan === null ? null : (JSON.parse(operation.plan) as Plan)
}

/** Not ensures: what was done is not done again. */
const ONCE: ReadonlySet<Step['kind']> = new Set(['hook', 'database_revert'])

/**
 * What a process that died has left of a plan. The shift to the target and its proof are ensured once more; taking traffic from everybody, as
 * stop-first did before, is not.
 */
export function stepsLeft(events: readonly JournalEvent[], plan: Plan): Step[] {
  const done = new Set(events.filter(({ status }) => status === 'succeeded').map(({ key }) => key))
  const again = [shiftKey(plan), stepKey({ kind: 'prove', release: plan.to })]
  // Until the target has traffic, whatever is an ensure is ensured again.
  const mayRepeat = (step: Step) => (hasShifted(events, plan) ? again.includes(stepKey(step)) : !ONCE.has(step.kind))
  return plan.steps.filter((step) => !done.has(stepKey(step)) || mayRepeat(step))
}

/**
 * Users had begun to move; or a hook had begun, which may have changed what only the new release can live with. In a canary both serve, so that nothing
 * can have.
 */
export function mustGoOn(events: readonly JournalEvent[], plan: Plan): boolean {
  if (hasShifted(events, plan)) return true
  return events.some(({ step }) => step === 'hook') && !events.some(({ step }) => step === 'canary')
}

export function hasShifted(events: readonly JournalEvent[], plan: Plan): boolean {
  return events.some(({ key }) => key === shiftKey(plan))
}

function shiftKey(plan: Plan): string {
  return stepKey({ kind: 'shift_traffic', release: plan.to })
}

/** What goes to what by a plan. */
export type Head = { readonly scope: Scope; readonly plan: Plan; readonly from: Release | null; readonly to: Release }

/** What people are shown of an operation before its first step. Its plan is journalled. */
export function headOf(app: App, scope: Scope, transactionId: string): Head {
  const { operations, releases } = app.store
  const operation = operations.get(transactionId) ?? operations.get(partOf(transactionId, scope.service))
  const plan = planOf(operation!)!
  const from = plan.from === null ? null : releases.get(scope, plan.from)
  return { scope, plan, from, to: releases.get(scope, plan.to)! }
}

/** True while somebody works on it; an operation without an end on which nobody works is finished by the next command. */
export function isRunning(app: App, operation: Operation): boolean {
  if (operation.endedAt !== null) return false
  // Its container goes on by itself.
  if (operation.kind === 'schedule') return true
  if (app.store.oneOffs.isOpen(operation.transactionId)) return true
  const holder = app.store.leases.holder(operation, app.clock.now())
  return holder !== null && holder.alive && holder.transactionId === operation.transactionId
}

/** What an operation ended with, beside its outcome: why it was refused, failed, or found nothing to do. */
export function endOf(events: readonly JournalEvent[]): JournalEvent['detail'] {
  return events.findLast(({ step }) => step === 'outcome')?.detail ?? null
}

/** Steps in the order in which they began, each tried as often as it was. */
export function stepsOf(events: readonly JournalEvent[]): StepEntry[] {
  const steps = new Map<string, StepEntry>()
  for (const event of events) {
    if (event.step === 'outcome') continue
    const { step, key, attempt, release, status, duration_ms, detail } = event
    const begun = steps.get(`${key} ${attempt}`)
    steps.set(`${key} ${attempt}`, {
      step,
      key,
      attempt,
      release,
      status,
      started_at: begun?.started_at ?? event.timestamp,
      duration_ms,
      detail,
    })
  }
  return [...steps.values()]
}
