// Gives the processes of a service other numbers of replicas. They are live state, not part of a release: a rollback keeps them.
// Invariant: the new numbers count from the moment at which every replica is there that they ask for; until then the former ones do.
import { type AsternError, fail, isAsternError, reasonOf } from '../core/errors.ts'
import type { Outcome, ReleaseRef, Scope, Step } from '../core/model.ts'
import { type Counts, isDone, planScale, type ScalePlan } from '../core/plan-scale.ts'
import { named } from '../core/processes.ts'
import { processOf } from '../core/replica-name.ts'
import type { TrafficSeen } from '../ports/traffic.ts'
import { insertReplicas } from './addresses.ts'
import { errorView } from './answer.ts'
import { busyOrThrow, preempted, refOf, servingNow } from './answered.ts'
import type { App, Asked } from './app.ts'
import { runSteps } from './executor.ts'
import { climb } from './ladder.ts'
import { begin, lostLease, type Operation, round, unstoppable, whileLeased } from './operation.ts'
import { definitionOf, observeFor, see } from './see.ts'
import { supersedeUnfinished } from './supersede.ts'

/** The journal's step that makes the new numbers count. */
const COUNTED = 'live'

export type ScaleAsked = Asked & { readonly live: Counts }

/** What `astern scale --json` ends with. */
export type ScaleAnswer = {
  readonly transaction_id: string | null
  readonly operation: 'scale'
  readonly service: string
  readonly environment: string
  readonly outcome: Outcome
  readonly release: ReleaseRef | null
  /** Of the processes that were named. */
  readonly before: Counts
  /** What counts now. */
  readonly live: Counts
  readonly duration_ms: { readonly total: number }
  readonly warnings: readonly string[]
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null
}

export type Scaled = { readonly answer: ScaleAnswer; readonly exit: number; readonly error: AsternError | null }

/** Says what it would do, and changes nothing. Errors: SERVICE_UNKNOWN, PROXY_DOWN. */
export async function planScaleOf(app: App, scope: Scope, live: Counts): Promise<ScalePlan> {
  return planScale(see(app, scope, await observeFor(app, definitionOf(app, scope))), live)
}

/** Errors that are thrown, with nothing changed: SERVICE_UNKNOWN, PROXY_DOWN, NETWORK_FULL. Everything else is in the answer. */
export async function scale(app: App, scope: Scope, asked: ScaleAsked): Promise<Scaled> {
  const { store, clock } = app
  const startedAt = clock.monotonic()
  const controller = new AbortController()
  const observed = await observeFor(app, definitionOf(app, scope))
  const answer = (ending: Ending) => answered(app, scope, asked.live, clock.monotonic() - startedAt, ending)
  let opened: { readonly operation: Operation; readonly plan: ScalePlan }
  try {
    opened = store.transaction(() => open(app, scope, asked, controller, observed))
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
  const { operation, plan } = opened
  if (isDone(plan)) return answer({ ...opened, outcome: 'noop' })
  try {
    await whileLeased(app, operation, controller, () => carryOut(app, operation, plan))
    return answer({ ...opened, outcome: 'succeeded', warnings: await scaleStandbys(app, scope) })
  } catch (error) {
    if (hasCounted(app, operation) && !lostLease(error, operation)) {
      leaveSurplus(app, operation)
      return answer({ ...opened, outcome: 'succeeded', warnings: [`left for later: ${reasonOf(error)}`] })
    }
    return answer({ ...opened, outcome: 'failed', error: await failed(app, operation, plan, error) })
  }
}

/** Within a transaction: decides and writes the intent. Errors: BUSY, SERVICE_UNKNOWN, NETWORK_FULL. */
function open(app: App, scope: Scope, asked: ScaleAsked, controller: AbortController, observed: TrafficSeen | null) {
  const plan = planScale(see(app, scope, observed), asked.live)
  const operation = begin(app, scope, 'scale', asked, controller)
  const { release, before, live } = plan
  supersedeUnfinished(app, operation)
  app.store.operations.setPlan(operation.transactionId, release, release, null)
  operation.record({ step: 'plan', key: 'plan', status: 'succeeded', release, detail: { before, live } })
  if (isDone(plan)) operation.end('noop')
  else if (release !== null) insertReplicas(app, operation, release, plan.create)
  return { operation, plan }
}

async function carryOut(app: App, operation: Operation, plan: ScalePlan): Promise<void> {
  const count = () => {
    app.store.services.setLive(operation, { ...app.store.services.get(operation)!.live, ...plan.live })
    const { before, live, release } = plan
    operation.record({ step: COUNTED, key: COUNTED, status: 'succeeded', release, detail: { before, live } })
    if (plan.down.length === 0) operation.end('succeeded')
  }
  if (plan.up.length === 0) operation.commit(count)
  else await runSteps(app, operation, plan.up, { atLast: count })
  await runSteps(app, operation, plan.down, { atLast: () => operation.end('succeeded') })
}

/** Warm standbys get as many replicas, so that a rollback finds them waiting. What cannot be done now stays due. */
async function scaleStandbys(app: App, scope: Scope): Promise<string[]> {
  try {
    await climb(app, scope, { look: false })
    return []
  } catch (error) {
    return [`left for later: ${reasonOf(error)}`]
  }
}

function hasCounted(app: App, operation: Pick<Operation, 'transactionId'>): boolean {
  return app.store.journal.ofTransaction(operation.transactionId).some(({ key }) => key === COUNTED)
}

/** The new numbers count; the ladder removes what is too many. */
function leaveSurplus(app: App, operation: Operation): void {
  app.store.transaction(() => {
    if (app.store.leases.holds(operation.lease)) operation.end('succeeded')
  })
}

/** The former numbers count: what was made beyond them goes again. */
async function failed(app: App, operation: Operation, plan: ScalePlan, cause: unknown): Promise<AsternError> {
  if (lostLease(cause, operation)) return preempted(app, operation, cause)
  const serving = servingNow(app, operation)
  try {
    await runSteps(app, unstoppable(operation), removal(plan))
  } catch {
    // It is journalled as a failed step, and what is left is surplus, which the ladder removes; what counts for the user is the cause.
  }
  app.store.transaction(() => {
    if (app.store.leases.holds(operation.lease)) operation.end('failed', { reason: reasonOf(cause) })
  })
  if (isAsternError(cause, 'INTERRUPTED')) return fail('INTERRUPTED', { serving }, cause)
  const transaction = operation.transactionId
  return fail('SCALE_FAILED', { reason: reasonOf(cause), serving, before: countsText(plan.before), transaction }, cause)
}

function removal({ release, create }: ScalePlan): Step[] {
  if (release === null) return []
  const byProcess = [...Map.groupBy(create, processOf)]
  return byProcess.flatMap(([process, replicas]): Step[] => [
    ...(named(process).process === undefined ? [{ kind: 'drain' as const, release, replicas }] : []),
    { kind: 'demote', release, replicas, level: 'absent', ...named(process) },
  ])
}

/** Whoever carried it out has died: it is done if the new numbers count already, else it is given up. The ladder makes the rest fit. */
export function finishScale(app: App, operation: Operation): void {
  operation.commit(() => {
    if (hasCounted(app, operation)) operation.end('succeeded')
    else operation.end('failed', { reason: 'it was interrupted before the new numbers counted' })
  })
}

/** `web=4 worker=2` */
export function countsText(counts: Counts): string {
  return Object.entries(counts)
    .map(([process, count]) => `${process}=${count}`)
    .join(' ')
}

type Ending = {
  readonly outcome: Outcome
  readonly operation?: Operation
  readonly plan?: ScalePlan
  readonly warnings?: readonly string[]
  readonly error?: AsternError
}

function answered(app: App, scope: Scope, asked: Counts, totalMs: number, ending: Ending): Scaled {
  const { outcome, operation, plan, warnings = [], error = null } = ending
  const service = app.store.services.get(scope)
  const now = Object.keys(asked).map((process) => [process, service?.live[process] ?? 1] as const)
  const live = Object.fromEntries(now)
  return {
    answer: {
      transaction_id: operation?.transactionId ?? null,
      operation: 'scale',
      service: scope.service,
      environment: scope.environment,
      outcome,
      release: refOf(app, scope, service?.active ?? null),
      before: plan?.before ?? live,
      live,
      duration_ms: { total: round(totalMs) },
      warnings,
      error: error === null ? null : errorView(error),
    },
    exit: error?.exit ?? 0,
    error,
  }
}
