// Brings a new release into service beside, or in place of, the one that serves. When it fails, the release that served before serves.
import { type AsternError, type ErrorCode, fail, isAsternError, reasonOf } from '../core/errors.ts'
import { type Definition, type Holdback, releaseName, type Release } from '../core/model.ts'
import { planDeploy, planWayBack } from '../core/plan-deploy.ts'
import { type Decision, type Plan, type Refused } from '../core/plan.ts'
import type { Manner } from '../core/plan-trial.ts'
import type { TrafficSeen } from '../ports/traffic.ts'
import { liveUnder } from '../store/services.ts'
import { insertReplicas, keptVersions } from './addresses.ts'
import type { Answered } from './answer.ts'
import {
  answered,
  asAsternError,
  busyOrThrow,
  detailOf,
  type Ending,
  isRefusal,
  preempted,
  refOf,
  servingNow,
} from './answered.ts'
import type { App, Asked } from './app.ts'
import { define } from './define.ts'
import { runSteps, startPlan } from './executor.ts'
import { andThen } from './due-hooks.ts'
import { noteFollowUps } from './follow-ups.ts'
import { closed, type GateAsked, outdated } from './gate.ts'
import { noteRepository } from './git-follows.ts'
import { begin, lostLease, type Operation, unstoppable, whileLeased } from './operation.ts'
import { type Draft, notCarried, prepareHost, readSecrets, draftRelease } from './prepare.ts'
import { imageMeant, notePromotion, originOf } from './promotion.ts'
import { supersedeUnfinished } from './supersede.ts'
import { refuseMovedTag } from './tag-standing.ts'
import { writeRolesIfPossible } from './roles.ts'
import { checkForward, type SchemaCheck } from './schema-check.ts'
import { observeFor, see } from './see.ts'
import { enterBake, enterStage } from './trials.ts'
import { unverified } from './verified.ts'

export type DeployAsked = Asked &
  GateAsked & {
    readonly tag: string
    /** A release of another environment whose very image is deployed; its tag does not count then. */
    readonly promotes?: Release
    /** `trial` when absent. */
    readonly manner?: Manner
  }

/** Says what a deploy would do, and changes nothing. `null`: the image is not here, and would be pulled first. Errors: as `deploy`, HELD, FROZEN. */
export async function planDeployOf(
  app: App,
  definition: Definition,
  asked: DeployAsked,
): Promise<{ decision: Decision; release: Release } | null> {
  const image = await imageMeant(app, definition, asked, false, asked.signal)
  const gate = closed(app, definition, asked)
  if (image === null && gate !== null) throw fail(gate.code, gate.details)
  if (image === null && definition.registry === 'none') throw notCarried(definition, asked.tag)
  if (image === null) return null
  if (asked.promotes === undefined) await refuseMovedTag(app, definition, asked.tag, image, asked.signal)
  const observed = await observeFor(app, definition)
  const draft = draftRelease(app, definition, image, await readSecrets(app, definition, asked.signal))
  const schema = await checkForward(app, definition, draft)
  const known = app.store.services.get(definition) !== null
  const seen = known ? see(app, definition, observed, schema?.gate) : unseen(app, definition, schema)
  const release = { ...draft.release, number: app.store.services.get(definition)?.nextRelease ?? 1 }
  const barred = gate ?? (await outdated(app, definition, release, asked)) ?? unverified(app, definition, release)
  const { force, manner = 'trial' } = asked
  const ask = { force, barred, manner }
  return { decision: planDeploy({ ...seen, definition, live: draft.live }, release, ask), release }
}

/** Errors that are thrown, with nothing changed: those of preparing (image, secrets, engine, proxy). Everything later is in the answer. */
export async function deploy(app: App, definition: Definition, asked: DeployAsked): Promise<Answered> {
  const { store, clock } = app
  const startedAt = clock.monotonic()
  let warnings: readonly string[] = []
  const answer = (ending: Ending) =>
    answered(app, definition, 'deploy', clock.monotonic() - startedAt, {
      ...ending,
      warnings: [...(ending.warnings ?? []), ...warnings],
    })
  const controller = new AbortController()
  await observeFor(app, definition)
  warnings = await prepareHost(app, definition)
  let operation: Operation
  try {
    operation = store.transaction(() => openDeploy(app, definition, asked, controller))
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
  return whileLeased(app, operation, controller, async () => {
    let decision: Decision
    try {
      const draft = await prepare(app, operation, definition, asked)
      warnings = [...warnings, ...draft.warnings]
      const observed = await observeFor(app, definition)
      const planFrom = clock.monotonic()
      decision = operation.commit(() => decide(app, operation, definition, draft, asked, observed, planFrom))
    } catch (error) {
      const failure = notBegun(app, operation, error)
      return answer({ outcome: isRefusal(failure) ? 'refused' : 'failed', operation, error: failure })
    }
    if (decision.outcome === 'noop') {
      const result = answer({ outcome: 'noop', operation })
      return {
        ...result,
        noop: decision,
        answer: { ...result.answer, to: refOf(app, definition, decision.active) },
      }
    }
    if (decision.outcome === 'refused') {
      return answer({ outcome: 'refused', operation, error: fail(decision.code, decision.details) })
    }
    const { outcome, error } = await carryOut(app, operation, decision, { firstStarted: true })
    return andThen(app, operation, answer({ outcome, operation, plan: decision, error }))
  })
}

/** Within a transaction. Error: BUSY. */
export function openDeploy(
  app: App,
  definition: Definition,
  asked: DeployAsked,
  controller: AbortController,
  known?: Parameters<typeof begin>[5],
): Operation {
  const operation = begin(app, definition, 'deploy', asked, controller, known)
  supersedeUnfinished(app, operation)
  operation.record({
    step: 'pull',
    key: 'pull',
    status: 'started',
    release: null,
    detail: { tag: asked.tag, ...originOf(asked.promotes) },
  })
  return operation
}

/** What a deploy needs to be decided. `outdated`: why this revision is too old for it. */
export type Prepared = Draft & {
  readonly outdated: Refused | null
  readonly schema: SchemaCheck | null
  readonly warnings: readonly string[]
}

/**
 * Behind a closed gate nothing is pulled: only what is on the host may turn out to serve already, which is no deploy. Errors: those of the image and
 * of secrets; HELD, FROZEN, TAG_MOVED.
 */
export async function prepare(
  app: App,
  operation: Operation,
  definition: Definition,
  asked: DeployAsked,
): Promise<Prepared> {
  const startedAt = app.clock.monotonic()
  const gate = closed(app, definition, asked)
  const image = await imageMeant(app, definition, asked, gate === null, operation.signal)
  if (image === null) throw fail(gate!.code, gate!.details)
  const byTag = asked.promotes === undefined
  const warnings = byTag ? await refuseMovedTag(app, definition, asked.tag, image, operation.signal) : []
  const detail = { image: image.reference, digest: image.digest, ...originOf(asked.promotes) }
  const durationMs = app.clock.monotonic() - startedAt
  operation.commit(() =>
    operation.record({ step: 'pull', key: 'pull', status: 'succeeded', release: null, durationMs, detail }),
  )
  const draft = draftRelease(app, definition, image, await readSecrets(app, definition, operation.signal))
  await noteRepository(app, definition)
  const schema = await checkForward(app, definition, { ...draft, signal: operation.signal })
  return { ...draft, warnings, schema, outdated: await outdated(app, definition, draft.release, asked) }
}

/** Within a commit: decides, and writes the intent of the first step. Behind a closed gate the definition is not taken over either. */
export function decide(
  app: App,
  operation: Operation,
  definition: Definition,
  draft: Prepared,
  asked: DeployAsked,
  observed: TrafficSeen | null,
  startedAt: number,
): Decision {
  const { services, releases } = app.store
  const barred = closed(app, definition, asked) ?? draft.outdated ?? unverified(app, definition, draft.release)
  if (barred === null || services.get(operation) === null) define(app, definition)
  const number = services.get(operation)!.nextRelease
  const release = { ...draft.release, number }
  draft.schema?.note()
  const decision = planDeploy(see(app, operation, observed, draft.schema?.gate), release, {
    force: asked.force,
    barred,
    manner: asked.manner ?? 'trial',
  })
  if (decision.outcome !== 'plan') {
    operation.end(decision.outcome, detailOf(decision))
    return decision
  }
  forgetStaged(app, operation)
  services.takeNumber(operation)
  releases.insertCandidate(release, draft.sealed, operation.transactionId)
  if (asked.promotes !== undefined) notePromotion(app, release, asked.promotes)
  const { migration } = release.config
  if (migration !== undefined) app.store.schemas.insertRelease(operation, number, migration)
  insertReplicas(app, operation, number, decision.create, keptVersions(release))
  services.setCandidate(operation, number)
  startPlan(app, operation, decision, app.clock.monotonic() - startedAt)
  return decision
}

export type Ended = { readonly outcome: 'succeeded' | 'rolled_back' | 'failed'; readonly error: AsternError | null }

/** Runs the plan's steps, and the way back when one fails. */
export async function carryOut(
  app: App,
  operation: Operation,
  plan: Plan,
  options: { readonly firstStarted?: boolean; readonly attempt?: number; readonly steps?: Plan['steps'] },
): Promise<Ended> {
  try {
    const steps = options.steps ?? plan.steps
    const work = () => runSteps(app, operation, steps, { ...options, atLast: () => succeeded(app, operation, plan) })
    if (steps.some(({ kind }) => kind === 'canary')) {
      await (await import('./autopilot.ts')).underAutopilot(app, operation, work)
    } else await work()
    return { outcome: 'succeeded', error: null }
  } catch (error) {
    if (lostLease(error, operation)) return { outcome: 'rolled_back', error: preempted(app, operation) }
    return await goBack(app, operation, plan, error)
  } finally {
    writeRolesIfPossible(app, operation)
  }
}

/** Within a commit: a release that is staged gives way to a later one. */
function forgetStaged(app: App, operation: Operation): void {
  const { services, releases, trials } = app.store
  const staged = services.get(operation)?.candidate ?? null
  if (staged === null) return
  if (releases.get(operation, staged)?.state === 'candidate') releases.markFailed(operation, staged)
  const trial = trials.open(operation)
  if (trial?.release === staged) trials.end(operation, app.clock.now(), 'a later deploy took its place')
}

/** Within a commit. */
export function succeeded(app: App, operation: Operation, plan: Plan): void {
  const { releases, services, holds } = app.store
  const nowAt = app.clock.now()
  if (plan.stage === true) {
    enterStage(app, operation, plan.to)
    operation.end('succeeded', { staged: releaseName(plan.to) })
    return
  }
  if (plan.from !== null) releases.markStandby(operation, plan.from, nowAt)
  releases.markActive(operation, plan.to, 'deploy', nowAt)
  const release = releases.get(operation, plan.to)!
  releases.liftQuarantine(operation, release.identity)
  if (plan.undo !== true) keepSecrets(app, release)
  services.setCandidate(operation, null)
  if (services.get(operation)!.definition.trial.bake === null) {
    releases.markStable(operation, plan.to)
    if (plan.undo === true) holds.lift(operation, ['rollback'])
  } else enterBake(app, operation, plan.to, holdbackOf(plan))
  noteFollowUps(app, operation, 'after_deploy', plan.to, 'succeeded')
  operation.end('succeeded')
}

function holdbackOf({ steps }: Plan): Holdback | null {
  const shift = steps.findLast(({ kind }) => kind === 'shift_traffic')
  return (shift?.kind === 'shift_traffic' ? shift.holdback : null) ?? null
}

/** What a new release has of the secrets that stay is from now on what everybody has. */
function keepSecrets(app: App, release: Release): void {
  const sealed = app.store.releases.sealed(release, release.number)
  const kept = [...keptVersions(release)].map(([name, version]) => ({ name, version, sealed: sealed[name]! }))
  app.store.services.setCurrentSecrets(release, kept)
}

/** Within a commit. A release that served before, and was to be brought back, remains what it was: rolled back from. */
function markFailed(app: App, operation: Operation, plan: Plan): void {
  if (plan.undo !== true) app.store.releases.markFailed(operation, plan.to)
  app.store.services.setCandidate(operation, null)
  app.store.trials.end(operation, app.clock.now(), 'its deploy failed')
}

/** Why a deploy goes back without having failed. */
const ITS_OWN_WORDS: ReadonlySet<ErrorCode> = new Set(['INTERRUPTED', 'ABORTED', 'UNDECIDED'])

/** The goal becomes: the release that served before serves. */
export async function goBack(app: App, operation: Operation, plan: Plan, cause: unknown): Promise<Ended> {
  const { store } = app
  const shifted = store.journal
    .ofTransaction(operation.transactionId)
    .some(({ step }) => step === 'shift_traffic' || step === 'canary')
  const former = plan.from === null ? null : store.releases.get(operation, plan.from)
  const failedRelease = store.releases.get(operation, plan.to)!
  // Ctrl-C has been heard; the way back is not what it wanted to stop.
  const close = () => {
    markFailed(app, operation, plan)
    store.services.setActive(operation, plan.from)
    const outcome = shifted && plan.from !== null ? 'rolled_back' : 'failed'
    if (outcome === 'rolled_back') noteFollowUps(app, operation, 'after_rollback', plan.from!, outcome)
    operation.end(outcome, { reason: reasonOf(cause) })
  }
  try {
    const observed = await app.traffic.observe().catch(() => null)
    const steps = planWayBack(see(app, operation, observed), former, failedRelease, shifted)
    if (steps.length === 0) operation.commit(close)
    else await runSteps(app, unstoppable(operation), steps, { atLast: close })
  } catch (error) {
    if (lostLease(error, operation)) return { outcome: 'rolled_back', error: preempted(app, operation) }
    return wayBackFailed(app, operation, plan, former, cause, error)
  }
  const serving = servingNow(app, operation)
  const outcome = shifted && former !== null ? 'rolled_back' : 'failed'
  if (isAsternError(cause) && ITS_OWN_WORDS.has(cause.code)) {
    return { outcome, error: fail(cause.code, { ...cause.details, serving }, cause) }
  }
  return {
    outcome,
    error: fail('DEPLOY_FAILED', { reason: reasonOf(cause), serving, transaction: operation.transactionId }, cause),
  }
}

/** Traffic may be right although cleaning up behind it failed (the engine is away): then only the clean-up is left, as overdue work. */
function wayBackFailed(
  app: App,
  operation: Operation,
  plan: Plan,
  former: Release | null,
  cause: unknown,
  error: unknown,
): Ended {
  const { store } = app
  const proved = store.journal
    .ofTransaction(operation.transactionId)
    .some(
      (event) =>
        event.step === 'prove' &&
        event.status === 'succeeded' &&
        former !== null &&
        event.release === releaseName(former.number),
    )
  const shifted = store.services.get(operation)?.active === plan.to
  const safe = proved || !shifted
  store.transaction(() => {
    if (!store.leases.holds(operation.lease)) return
    markFailed(app, operation, plan)
    operation.end('failed', { reason: reasonOf(cause), way_back: reasonOf(error) })
  })
  const serving = servingNow(app, operation)
  if (safe)
    return {
      outcome: 'failed',
      error: fail('DEPLOY_FAILED', { reason: reasonOf(cause), serving, transaction: operation.transactionId }, cause),
    }
  const release = former === null ? '-' : releaseName(former.number)
  return { outcome: 'failed', error: fail('ROLLBACK_FAILED', { release, reason: reasonOf(error), serving }, error) }
}

/** Preparing failed: nothing had moved. The error keeps its own exit code. */
export function notBegun(app: App, operation: Operation, error: unknown): AsternError {
  if (lostLease(error, operation)) return preempted(app, operation)
  const failure = asAsternError(error)
  app.store.transaction(() => {
    if (!app.store.leases.holds(operation.lease)) return
    const refused = isRefusal(failure)
    operation.record({
      step: 'pull',
      key: 'pull',
      status: refused ? 'skipped' : 'failed',
      release: null,
      detail: { code: failure.code, reason: failure.message },
    })
    operation.end(refused ? 'refused' : 'failed', { code: failure.code })
  })
  if (failure.code === 'INTERRUPTED') return fail('INTERRUPTED', { serving: servingNow(app, operation) }, error)
  return failure
}

function unseen(app: App, definition: Definition, schema: SchemaCheck | null): Parameters<typeof planDeploy>[0] {
  return {
    service: definition.service,
    environment: definition.environment,
    nowAt: app.clock.now(),
    definition,
    live: liveUnder(definition, null),
    lastOutageMs: null,
    active: null,
    candidate: null,
    replicas: [],
    quarantined: new Map(),
    currentSecrets: new Map(),
    ...(schema === null ? {} : { schema: schema.gate }),
    nextOrdinal: () => 1,
  }
}
