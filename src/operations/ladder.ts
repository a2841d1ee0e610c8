// Brings standbys to the rungs where they belong by now: work that is due by time, or that the world has undone.
import { type LadderPlan, planLadder } from '../core/ladder.ts'
import { type Level, type Release, type Scope, scopeName } from '../core/model.ts'
import { releaseOf } from '../core/replica-name.ts'
import type { Seen } from '../core/seen.ts'
import type { ReplicaLevel } from '../ports/runtime.ts'
import type { TrafficSeen } from '../ports/traffic.ts'
import { insertReplicas } from './addresses.ts'
import type { App, Asked } from './app.ts'
import { runSteps } from './executor.ts'
import { begin, lostLease, whileLeased } from './operation.ts'
import { autopilotOf, seeTrusting } from './see.ts'
import { looksTakenOver, takeoversIn } from './stand-in.ts'

const LADDER: Asked = { actor: { name: 'astern', automated: true }, reason: null }

const PROXY_ANSWER_MS = 1_000

export type LadderResult = { readonly steps: number; readonly transactionId: string | null }

/** True when, by the state alone, something is due. Asks neither the engine nor the proxy. */
export function ladderIsDue(app: App, scope: Scope): boolean {
  if (app.store.services.get(scope) === null) return false
  return decide(app, scope, null).steps.length > 0
}

/**
 * Does what is due. `look`: compares with the engine first, and mends what a restart or a hand has changed. Gives way to any other operation:
 * then, and when there is nothing to do, no operation is opened. Throws what a failing step threw.
 */
export async function climb(
  app: App,
  scope: Scope,
  options: {
    readonly look: boolean
    readonly signal?: AbortSignal
    readonly engine?: EngineLook
    /** Releases that are to have no containers any more. */
    readonly retire?: ReadonlySet<number>
  },
): Promise<LadderResult> {
  const { store } = app
  const nothing: LadderResult = { steps: 0, transactionId: null }
  if (store.services.get(scope) === null || store.leases.holder(scope, app.clock.now())?.alive === true) return nothing
  const actual = options.look ? await levelsIn(app, scope, options.engine) : null
  const observed = await proxyFor(app, scope, actual)
  // Whoever serves in its place stays until that is a rollback: what died is not brought back under users.
  if (observed !== null && isTakenOver(app, scope, observed)) return nothing
  const controller = new AbortController()
  const opened = store.transaction(() => {
    if (store.leases.holder(scope, app.clock.now())?.alive === true) return null
    if (actual !== null) adopt(app, scope, actual)
    const plan = decide(app, scope, observed, options.retire)
    if (plan.steps.length === 0) return null
    const asked = options.signal === undefined ? LADDER : { ...LADDER, signal: options.signal }
    const operation = begin(app, scope, 'ladder', asked, controller)
    for (const [release, names] of Map.groupBy(plan.create, (name) => releaseOf(name)!)) {
      insertReplicas(app, operation, release, names)
    }
    return { operation, plan }
  })
  if (opened === null) return nothing
  const { operation, plan } = opened
  try {
    await whileLeased(app, operation, controller, () =>
      runSteps(app, operation, plan.steps, { atLast: () => operation.end('succeeded', { steps: plan.steps.length }) }),
    )
  } catch (error) {
    if (lostLease(error, operation)) return nothing
    store.transaction(() => {
      if (store.leases.holds(operation.lease)) operation.end('failed')
    })
    throw error
  }
  return { steps: plan.steps.length, transactionId: operation.transactionId }
}

/** What the engine said of every scope, and the state's version before it was asked. */
export type EngineLook = () => Promise<{ readonly version: string | null; readonly levels: readonly ReplicaLevel[] }>

/** One question serves a round through many services, as long as nobody changes anything meanwhile. */
export function lookAtEngine(app: App): EngineLook {
  let looked: ReturnType<EngineLook> | null = null
  return () =>
    (looked ??= (async () => {
      const version = app.store.db.version()
      return { version, levels: await (await app.runtime()).levels() }
    })())
}

async function levelsIn(app: App, scope: Scope, engine?: EngineLook): Promise<readonly ReplicaLevel[]> {
  const look = engine === undefined ? null : await engine()
  if (look === null || look.version === null || look.version !== app.store.db.version()) {
    return (await app.runtime()).levels(scope)
  }
  return look.levels.filter((level) => scopeName(level) === scopeName(scope))
}

function isTakenOver(app: App, scope: Scope, observed: TrafficSeen): boolean {
  if (!looksTakenOver(observed, scope) || autopilotOf(app, scope) !== 'act') return false
  return takeoversIn(app.store.replicas.wanted(), observed).some(
    (takeover) => scopeName(takeover.scope) === scopeName(scope),
  )
}

/** A recent answer of the proxy will do where there is nothing to do: one serves a round through many services. */
async function proxyFor(app: App, scope: Scope, actual: readonly ReplicaLevel[] | null): Promise<TrafficSeen | null> {
  const recent = await app.traffic.observe(PROXY_ANSWER_MS).catch(() => null)
  const nothingNew = actual === null || changedLevels(app, scope, actual).length === 0
  if (recent !== null && nothingNew && decide(app, scope, recent).steps.length === 0) return recent
  return app.traffic.observe().catch(() => null)
}

function decide(app: App, scope: Scope, observed: TrafficSeen | null, retire?: ReadonlySet<number>): LadderPlan {
  const seen = seeTrusting(app, scope, observed)
  return planLadder(seen, standbysOf(app, seen), retire)
}

/** Releases that have replicas, without the active one and the candidate; the one that served last first. */
function standbysOf(app: App, seen: Seen): Release[] {
  // what a release on trial is compared with serves as well
  const against = app.store.trials.open(seen)?.against ?? null
  const numbers = [...new Set(seen.replicas.map(({ release }) => release))].filter((number) => number !== against)
  return app.store.releases
    .some(seen, numbers)
    .filter(({ number }) => number !== seen.active?.number && number !== seen.candidate?.number)
    .sort((a, b) => (b.standbySince ?? 0) - (a.standbySince ?? 0) || b.number - a.number)
}

/** Takes over what the engine says of containers: a restart may have thawed, stopped or lost them. */
function adopt(app: App, scope: Scope, actual: readonly ReplicaLevel[]): void {
  for (const { name, level } of changedLevels(app, scope, actual)) app.store.replicas.setLevel(scope, name, level)
}

function changedLevels(app: App, scope: Scope, actual: readonly ReplicaLevel[]): { name: string; level: Level }[] {
  const levels = new Map<string, Level>(actual.map(({ name, level }) => [name, level]))
  return app.store.replicas.of(scope).flatMap(({ name, level: before }) => {
    const level = levels.get(name) ?? 'absent'
    return level === before ? [] : [{ name, level }]
  })
}
