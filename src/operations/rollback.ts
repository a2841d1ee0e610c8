// Takes a service back. The way of a warm rollback touches the state and the proxy, and nothing else.
import { type AsternError, type ErrorCode, fail, isAsternError, reasonOf } from '../core/errors.ts'
import { releaseName, type Scope, type Step } from '../core/model.ts'
import { stepKey } from '../core/step-key.ts'
import { hasWeb, WEB } from '../core/processes.ts'
import { isAsleep, liveOf, readinessOf } from '../core/seen.ts'
import { planWayBack } from '../core/plan-deploy.ts'
import { type Decision, type Noop, noopReason, type Plan, type Refused } from '../core/plan.ts'
import { planRollback, type RollbackRequest } from '../core/plan-rollback.ts'
import type { TrafficSeen } from '../ports/traffic.ts'
import { mayPreempt } from '../store/leases.ts'
import { insertReplicas } from './addresses.ts'
import type { Answered } from './answer.ts'
import { answered, busyOrThrow, detailOf, type Ending, servingNow } from './answered.ts'
import type { App, Asked } from './app.ts'
import { type RunOptions, runSteps, startPlan } from './executor.ts'
import { noteFollowUps } from './follow-ups.ts'
import { begin, lostLease, type Operation, unstoppable, whileLeased } from './operation.ts'
import { supersedeUnfinished } from './supersede.ts'
import { checkBack } from './schema-check.ts'
import { choices, definitionOf, see } from './see.ts'

/** What the proxy said so recently is as good as asking again: its own health checks are no younger. A daemon looks more often than that. */
const FRESH_MS = 1_500

/** What cannot be done now, but will be. */
const ENGINE_AWAY: ReadonlySet<ErrorCode> = new Set(['ENGINE_UNAVAILABLE', 'ENGINE_PERMISSION'])

export const NO_REASON = 'no reason was given'

export type RollbackAsked = Asked &
  RollbackRequest & {
    /** The proxy has done it by itself already: no replica of what served was up. */
    readonly takenOver?: true
  }

/** Says what a rollback would do, and changes nothing. Errors: SERVICE_UNKNOWN, RELEASE_UNKNOWN, PROXY_DOWN. */
export async function planRollbackOf(app: App, scope: Scope, asked: RollbackAsked): Promise<Decision> {
  const observed = await observeFresh(app, scope)
  const schema = await checkBack(app, scope, false)
  return planRollback(see(app, scope, observed, schema?.gate), choices(app, scope, asked.to), asked)
}

/** Errors that are thrown, with nothing changed: SERVICE_UNKNOWN, RELEASE_UNKNOWN, PROXY_DOWN. Everything else is in the answer. */
export async function rollback(app: App, scope: Scope, asked: RollbackAsked): Promise<Answered> {
  const { store, clock } = app
  const startedAt = clock.monotonic()
  const elapsed = () => clock.monotonic() - startedAt
  const answer = (ending: Ending) => answered(app, scope, 'rollback', elapsed(), ending)
  const controller = new AbortController()
  const [observed, schema] = await Promise.all([
    observeFresh(app, scope),
    checkBack(app, scope, asked.revertDatabase !== true),
  ])
  let toTell = false
  let opened: Opened
  try {
    // Reading, deciding and writing the intent are one transaction: nobody can come between.
    opened = store.transaction(() => {
      toTell = schema?.note() ?? false
      const decision = planRollback(see(app, scope, observed, schema?.gate), choices(app, scope, asked.to), asked)
      if (decision.outcome !== 'plan')
        return { outcome: 'nothing', decision, operation: note(app, scope, decision, asked) }
      const operation = begin(app, scope, 'rollback', asked, controller)
      if (asked.takenOver === true) {
        operation.record({
          step: 'stand_in',
          key: 'stand_in',
          status: 'succeeded',
          release: decision.to,
          level: 'warn',
        })
      }
      open(app, operation, decision, elapsed())
      return { outcome: 'plan', plan: decision, operation }
    })
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
  if (opened.outcome === 'nothing') {
    const { decision, operation } = opened
    // whoever cannot live with the schema does not stand in for others either
    if (toTell) await app.traffic.ensure(scope).catch(() => {})
    if (decision.outcome === 'refused') {
      const refusal = fail(decision.code, decision.details)
      return answer({ outcome: 'refused', operation, error: refusal })
    }
    const nothing = fail('NOTHING_TO_DO', { reason: noopReason(decision) })
    return {
      ...answer({ outcome: 'noop', operation, error: nothing }),
      noop: decision,
    }
  }
  const { plan, operation } = opened
  try {
    const warnings = await whileLeased(app, operation, controller, () =>
      takeBack(app, operation, plan, plan.steps, {
        firstStarted: true,
        ...whenDone(app, operation, plan, asked.reason),
      }),
    )
    return answer({ outcome: 'succeeded', operation, plan, warnings })
  } catch (error) {
    const failure = await endFailed(app, operation, plan, error)
    return answer({ outcome: failure.code === 'LEASE_LOST' ? 'busy' : 'failed', operation, plan, error: failure })
  }
}

type Opened =
  | { readonly outcome: 'plan'; readonly plan: Plan; readonly operation: Operation }
  | { readonly outcome: 'nothing'; readonly decision: Noop | Refused; readonly operation: Operation | null }

/** What changes nothing is journalled, but takes the lease from nobody who works: then there is no operation. Error: BUSY. */
function note(app: App, scope: Scope, decision: Noop | Refused, asked: Asked): Operation | null {
  const holder = app.store.leases.holder(scope, app.clock.now())
  if (holder !== null && holder.alive && mayPreempt('rollback', holder.kind)) return null
  const operation = begin(app, scope, 'rollback', asked, new AbortController())
  operation.end(decision.outcome, detailOf(decision))
  return operation
}

/** Within the commit that decides. */
export function open(app: App, operation: Operation, plan: Plan, planMs: number): void {
  supersedeUnfinished(app, operation)
  insertReplicas(app, operation, plan.to, plan.create)
  startPlan(app, operation, plan, planMs)
}

/** Asks first and reads then: what is fresh costs nothing, and only a service without `web` needs no proxy. Error: PROXY_DOWN. */
export async function observeFresh(app: App, scope: Scope): Promise<TrafficSeen | null> {
  try {
    return await app.traffic.observe(FRESH_MS)
  } catch (error) {
    const definition = definitionOf(app, scope)
    if (definition === null || hasWeb(definition.process)) throw error
    return null
  }
}

/**
 * Runs the steps, as far as they can be run while the engine is away: then what is warm of the target takes the traffic, however few, and what follows
 * the switch is left for later. Returns what is to be said of that.
 */
export async function takeBack(
  app: App,
  operation: Operation,
  plan: Plan,
  steps: readonly Step[],
  options: RunOptions,
): Promise<string[]> {
  try {
    await runSteps(app, operation, steps, options)
    return []
  } catch (error) {
    if (leftForLater(app, operation, plan, error)) return [`left for later: ${reasonOf(error)}`]
    const short = await shortStandby(app, operation, plan, error)
    if (short === null) throw error
    const { up, wanted } = short
    const name = releaseName(plan.to)
    operation.commit(() =>
      operation.record({
        step: 'short',
        key: 'short',
        status: 'succeeded',
        release: plan.to,
        level: 'warn',
        detail: short,
      }),
    )
    const { firstStarted: _, ...rest } = options
    const left = await takeBack(app, operation, plan, fromShiftOn(plan), rest)
    return [`${name} serves with ${up} of ${wanted} replicas until the engine is back`, ...left]
  }
}

function fromShiftOn({ steps, to }: Plan): Step[] {
  return steps.slice(steps.findIndex((step) => step.kind === 'shift_traffic' && step.release === to))
}

/** Too few of the target are warm, and the engine that could add to them is away; `null`: there is more to it, or nobody of it is warm. */
async function shortStandby(
  app: App,
  operation: Operation,
  plan: Plan,
  error: unknown,
): Promise<{ readonly up: number; readonly wanted: number } | null> {
  if (!isAsternError(error) || !ENGINE_AWAY.has(error.code) || plan.strategy === 'stop_first') return null
  const target = app.store.releases.get(operation, plan.to)
  if (isSafe(app, operation, plan) || target === null || !hasWeb(target.config)) return null
  const seen = see(app, operation, await app.traffic.observe())
  const up = readinessOf(seen, target).usable.filter((replica) => !isAsleep(replica)).length
  return up === 0 ? null : { up, wanted: liveOf(seen, WEB) }
}

/** What is committed with the step that makes users safe, and with the last one. */
export function whenDone(
  app: App,
  operation: Operation,
  plan: Plan,
  reason: string | null,
): Pick<RunOptions, 'after' | 'atLast'> {
  const safe = stepKey(safeStep(plan))
  return {
    after: (step) => {
      if (stepKey(step) === safe) switched(app, operation, plan, reason)
    },
    atLast: () => end(app, operation, plan),
  }
}

/** After it users are safe: the proof, or where nobody is served the shift. */
function safeStep({ steps, to }: Plan): Step {
  const shift: Step = { kind: 'shift_traffic', release: to }
  return steps.find(({ kind }) => kind === 'prove') ?? shift
}

/**
 * Users are safe, and what is left is only to be done when the engine is back: true, and the operation has ended. The ladder does it then, as
 * overdue work.
 */
function leftForLater(app: App, operation: Operation, plan: Plan, error: unknown): boolean {
  if (plan.steps.some(({ kind }) => kind === 'database_revert')) return false // nobody does that later
  if (!isAsternError(error) || !ENGINE_AWAY.has(error.code)) return false
  if (!isSafe(app, operation, plan) || !app.store.leases.holds(operation.lease)) return false
  operation.commit(() => end(app, operation, plan, { left: error.message }))
  return true
}

function isSafe(app: App, operation: Operation, plan: Plan): boolean {
  const safe = stepKey(safeStep(plan))
  const events = app.store.journal.ofTransaction(operation.transactionId)
  return events.some(({ key, status }) => key === safe && status === 'succeeded')
}

/** Within a commit. Hooks that follow wait for nobody and nobody for them: they are overdue work from here on. */
function end(app: App, operation: Operation, plan: Plan, detail?: Parameters<Operation['end']>[1]): void {
  noteFollowUps(app, operation, 'after_rollback', plan.to, 'succeeded')
  operation.end('succeeded', detail)
}

/** Within the commit of the proof: users are safe, and the state says so. */
function switched(app: App, operation: Operation, plan: Pick<Plan, 'from' | 'to'>, reason: string | null): void {
  const { releases, services, holds, trials } = app.store
  const nowAt = app.clock.now()
  const from = plan.from === null ? null : releases.get(operation, plan.from)
  if (from !== null && from.number !== plan.to) {
    if (from.activeAt === null) releases.markFailed(operation, from.number)
    else releases.markStandby(operation, from.number, nowAt)
    releases.markRolledBack(operation, from.number)
    releases.quarantine(operation, {
      identity: from.identity,
      release: from.number,
      sinceAt: nowAt,
      actor: operation.actor,
      reason: reason ?? NO_REASON,
    })
  }
  // Going back on purpose to what was in quarantine lifts it.
  const to = releases.get(operation, plan.to)
  if (to !== null && to.identity !== from?.identity) releases.liftQuarantine(operation, to.identity)
  trials.end(operation, nowAt, reason ?? NO_REASON)
  services.setCandidate(operation, null)
  releases.markActive(operation, plan.to, 'rollback', nowAt)
  holds.place(operation, {
    placedBy: 'rollback',
    sinceAt: nowAt,
    by: operation.actor,
    reason: reason ?? NO_REASON,
    release: plan.from,
    backTo: plan.to,
    transactionId: operation.transactionId,
  })
}

/** Ends it, unless another operation holds the lease. */
export async function endFailed(app: App, operation: Operation, plan: Plan, error: unknown): Promise<AsternError> {
  return lostLease(error, operation) ? fail('LEASE_LOST', {}, error) : failed(app, operation, plan, error)
}

/** A rollback does not roll itself back; but when stop-first has left nobody to serve, what served before is started again. */
async function failed(app: App, operation: Operation, plan: Plan, cause: unknown): Promise<AsternError> {
  try {
    await restoreService(app, operation, plan)
  } catch (error) {
    if (lostLease(error, operation)) return fail('LEASE_LOST', {}, error)
    // It is journalled as a failed step; what counts for the user is why the rollback failed.
  }
  app.store.transaction(() => {
    if (!app.store.leases.holds(operation.lease)) return
    // The deploy that it took over from is at an end all the same.
    app.store.services.setCandidate(operation, null)
    operation.end('failed', { reason: reasonOf(cause) })
  })
  const reason = `${reasonOf(cause)}${schemaNow(app, operation)}`
  const details = { release: releaseName(plan.to), reason, serving: servingNow(app, operation) }
  return fail('ROLLBACK_FAILED', details, cause)
}

/** What is true of the schema, where it was taken back before something else failed. */
function schemaNow(app: App, { transactionId }: Operation): string {
  const events = app.store.journal.ofTransaction(transactionId)
  const done = events.find(({ step, status }) => step === 'database_revert' && status === 'succeeded')
  return done === undefined ? '' : `\nThe schema of the database is at version ${String(done.detail?.['version'])} now.`
}

async function restoreService(app: App, operation: Operation, plan: Plan): Promise<void> {
  const { releases, services } = app.store
  const from = plan.from === null ? null : releases.get(operation, plan.from)
  const to = releases.get(operation, plan.to)
  if (plan.strategy !== 'stop_first' || from === null || to === null) return
  if (services.get(operation)?.active === plan.to) return
  const observed = await app.traffic.observe()
  await runSteps(app, unstoppable(operation), planWayBack(see(app, operation, observed), from, to, true))
}
