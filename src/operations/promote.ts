// What people say to a trial: go on, or stop it. Whoever runs its deploy hears it at the next look.
import { fail } from '../core/errors.ts'
import type { Outcome, Scope } from '../core/model.ts'
import { noopReason, type Noop, type Plan } from '../core/plan.ts'
import { planWayBack } from '../core/plan-deploy.ts'
import { planPromotion } from '../core/plan-promote.ts'
import type { Trial, TrialAsked } from '../store/trials.ts'
import { insertReplicas } from './addresses.ts'
import type { Answered } from './answer.ts'
import { answered, busyOrThrow, detailOf, type Ending } from './answered.ts'
import type { App, Asked } from './app.ts'
import { endBake } from './bake.ts'
import { carryOut } from './deploy.ts'
import { andThen } from './due-hooks.ts'
import { runSteps, startPlan } from './executor.ts'
import { begin, newTransactionId, noteWithoutLease, type Operation, recordEnd, whileLeased } from './operation.ts'
import { rollback } from './rollback.ts'
import { planOf } from './history.ts'
import { checkForward } from './schema-check.ts'
import { definitionOf, observeFor, see } from './see.ts'
import { supersedeUnfinished } from './supersede.ts'

const POLL_MS = 100

/** `full`: no gate and no step is waited for any more. */
export type PromoteAsked = Asked & { readonly full: boolean }

/** Errors that are thrown, with nothing changed: SERVICE_UNKNOWN, PROXY_DOWN. Everything else is in the answer. */
export async function promote(app: App, scope: Scope, asked: PromoteAsked): Promise<Answered> {
  const startedAt = app.clock.monotonic()
  const answer = (ending: Ending) => answered(app, scope, 'promote', app.clock.monotonic() - startedAt, ending)
  const trial = app.store.trials.open(scope)
  const staged = stagedIn(app, scope)
  if (staged !== null) return promoteStaged(app, scope, staged, asked, answer)
  if (trial === null) return nothing(app, scope, asked, 'promote', answer)
  if (trial.phase === 'canary') {
    const waits = trial.policy.steps[trial.step]?.manual === true
    return order(app, trial, asked, waits && !asked.full ? 'go_on' : 'promote', answer)
  }
  try {
    const reason = asked.reason ?? 'somebody said so'
    const outcome = await endBake(app, trial, { verdict: 'pass', reason, asked })
    return answer({ outcome })
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
}

/** A deploy that is on its way goes back; one that is staged is taken away; one that bakes is rolled back from. Errors: as promote. */
export async function abort(app: App, scope: Scope, asked: Asked): Promise<Answered> {
  const startedAt = app.clock.monotonic()
  const answer = (ending: Ending) => answered(app, scope, 'abort', app.clock.monotonic() - startedAt, ending)
  const trial = app.store.trials.open(scope)
  const staged = stagedIn(app, scope)
  if (staged !== null) return abortStaged(app, scope, staged, asked, answer)
  if (trial === null) return nothing(app, scope, asked, 'abort', answer)
  if (trial.phase === 'bake') {
    return rollback(app, scope, {
      ...asked,
      reason: asked.reason ?? 'its bake was aborted',
      to: null,
      force: new Set(),
    })
  }
  const ordered = order(app, trial, asked, 'abort', answer)
  await ended(app, trial, asked.signal)
  return ordered
}

type Answer = (ending: Ending) => Answered

/** The release that is ready, and that nobody works on. */
function stagedIn(app: App, scope: Scope): number | null {
  const candidate = app.store.services.get(scope)?.candidate ?? null
  return candidate !== null && app.store.operations.unfinished(scope).length === 0 ? candidate : null
}

function nothing(app: App, scope: Scope, asked: Asked, kind: 'promote' | 'abort', answer: Answer): Answered {
  const noop: Noop = { outcome: 'noop', active: app.store.services.get(scope)?.active ?? null, why: 'no_trial' }
  app.store.transaction(() => note(app, scope, asked, kind, 'noop', detailOf(noop)))
  return { ...answer({ outcome: 'noop', error: fail('NOTHING_TO_DO', { reason: noopReason(noop) }) }), noop }
}

function order(app: App, trial: Trial, asked: Asked, what: TrialAsked, answer: Answer): Answered {
  const kind = what === 'abort' ? 'abort' : 'promote'
  app.store.transaction(() => {
    app.store.trials.ask(trial.transactionId, what, asked.actor.name)
    note(app, trial, asked, kind, 'succeeded', { of: trial.transactionId, asked: what })
  })
  return answer({ outcome: 'succeeded' })
}

/** Within a transaction. It is a word to whoever holds the lease. */
function note(
  app: App,
  scope: Scope,
  asked: Asked,
  kind: 'promote' | 'abort',
  outcome: Outcome,
  detail: Readonly<Record<string, unknown>>,
): void {
  const transactionId = newTransactionId(app)
  const record = noteWithoutLease(app, scope, kind, transactionId, asked)
  recordEnd(app, transactionId, record, { outcome, release: null, level: 'info', detail })
}

async function ended(app: App, { transactionId }: Trial, signal?: AbortSignal): Promise<void> {
  while (app.store.trials.get(transactionId)?.endedAt === null) {
    if (app.store.operations.unfinished(app.store.trials.get(transactionId)!).length === 0) return
    await app.clock.sleep(POLL_MS, signal)
  }
}

async function promoteStaged(
  app: App,
  scope: Scope,
  number: number,
  asked: PromoteAsked,
  answer: Answer,
): Promise<Answered> {
  const { store, clock } = app
  const controller = new AbortController()
  const definition = definitionOf(app, scope)!
  const traffic = await observeFor(app, definition)
  const staged = store.releases.get(scope, number)!
  const sealed = store.releases.sealed(scope, number)
  const schema = await checkForward(app, definition, { release: staged, sealed })
  const planFrom = clock.monotonic()
  let opened: { readonly operation: Operation; readonly plan: Plan }
  try {
    opened = store.transaction(() => {
      const operation = begin(app, scope, 'promote', asked, controller)
      supersedeUnfinished(app, operation)
      schema?.note()
      const manner = asked.full ? 'plain' : 'trial'
      const plan = planPromotion(see(app, scope, traffic, schema?.gate), staged, manner, wasForced(app, scope, number))
      insertReplicas(app, operation, plan.to, plan.create)
      startPlan(app, operation, plan, clock.monotonic() - planFrom)
      return { operation, plan }
    })
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
  const { operation, plan } = opened
  return whileLeased(app, operation, controller, async () => {
    const { outcome, error } = await carryOut(app, operation, plan, { firstStarted: true })
    return andThen(app, operation, answer({ outcome, operation, plan, error }))
  })
}

/** What somebody took upon himself when it was staged is not asked again. */
function wasForced(app: App, scope: Scope, number: number): boolean {
  const trial = app.store.trials.newestOf(scope, number)
  const deploy = trial === null ? null : app.store.operations.get(trial.transactionId)
  const steps = deploy === null ? [] : (planOf(deploy)?.steps ?? [])
  return steps.some((step) => step.kind === 'schema' && step.forced === true)
}

async function abortStaged(app: App, scope: Scope, number: number, asked: Asked, answer: Answer): Promise<Answered> {
  const { store } = app
  const controller = new AbortController()
  let operation: Operation
  try {
    operation = store.transaction(() => begin(app, scope, 'abort', asked, controller))
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
  return whileLeased(app, operation, controller, async () => {
    const traffic = await app.traffic.observe().catch(() => null)
    const steps = planWayBack(see(app, scope, traffic), null, store.releases.get(scope, number)!, false)
    const close = () => {
      store.releases.markFailed(scope, number)
      store.services.setCandidate(scope, null)
      const trial = store.trials.open(scope)
      if (trial?.release === number) store.trials.end(scope, app.clock.now(), asked.reason ?? 'it was aborted')
      operation.end('succeeded')
    }
    if (steps.length === 0) operation.commit(close)
    else await runSteps(app, operation, steps, { atLast: close })
    return answer({ outcome: 'succeeded', operation })
  })
}
