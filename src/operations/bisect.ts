// Finds the first bad release: starts one after the other beside the one that serves, without traffic, and lets somebody judge it.
// Invariant: users notice nothing, and whatever was started is gone afterwards, also after a crash: the ladder wants none of it.
import { bisect, type Bisection, type Mark } from '../core/bisect.ts'
import { fail, isAsternError, reasonOf } from '../core/errors.ts'
import { type Release, releaseName, type Scope } from '../core/model.ts'
import { configOf, named, runningProcesses } from '../core/processes.ts'
import { replicaName } from '../core/replica-name.ts'
import { exclusiveReasons } from '../core/seen.ts'
import { insertReplicas } from './addresses.ts'
import type { App, Asked } from './app.ts'
import { runSteps } from './executor.ts'
import { begin, lostLease, type Operation, unstoppable, whileLeased } from './operation.ts'
import { replicaSpec } from './replica-spec.ts'

export type Trial = {
  readonly release: Release
  /** Where it answers, for this host alone; `null`: it takes no requests. */
  readonly url: string | null
  readonly bisection: Bisection
  /** Aborted when another operation takes over, or by Ctrl-C. */
  readonly signal: AbortSignal
}

export type BisectAsked = Asked & { readonly good: Release; readonly bad: Release }

export type Bisected = {
  readonly transactionId: string
  readonly bisection: Bisection
  readonly marks: ReadonlyMap<number, Mark>
}

const MOST_RELEASES = 1_000

/** Errors: USAGE, BUSY, LEASE_LOST when a deploy or rollback took over, those of the engine; what `judge` throws ends it. */
export async function findFirstBad(
  app: App,
  scope: Scope,
  { good, bad, ...asked }: BisectAsked,
  judge: (trial: Trial) => Promise<Mark>,
): Promise<Bisected> {
  const { store } = app
  const between = store.releases
    .list(scope, MOST_RELEASES)
    .filter(({ number }) => number > good.number && number < bad.number)
  const controller = new AbortController()
  const operation = store.transaction(() => begin(app, scope, 'bisect', asked, controller))
  const marks = new Map<number, Mark>()
  const numbers = between.map(({ number }) => number)
  const now = () => bisect(good.number, bad.number, numbers, marks)
  try {
    await whileLeased(app, operation, controller, async () => {
      for (let bisection = now(); bisection.next !== null; bisection = now()) {
        const release = between.find(({ number }) => number === bisection.next)!
        marks.set(release.number, await tryOne(app, operation, release, bisection, judge))
      }
    })
    const result = now()
    operation.commit(() => operation.end('succeeded', detailOf(result)))
    return { transactionId: operation.transactionId, bisection: result, marks }
  } catch (error) {
    if (lostLease(error, operation)) throw fail('LEASE_LOST', {}, error)
    store.transaction(() => {
      if (store.leases.holds(operation.lease)) operation.end('failed', { reason: reasonOf(error), ...detailOf(now()) })
    })
    throw error
  }
}

function detailOf({ good, bad, unknown }: Bisection): Record<string, unknown> {
  return { good: releaseName(good), first_bad: releaseName(bad), unknown: unknown.map(releaseName) }
}

/** What cannot be started is bad when its image is here, and nobody can say when it is not. */
async function tryOne(
  app: App,
  operation: Operation,
  release: Release,
  bisection: Bisection,
  judge: (trial: Trial) => Promise<Mark>,
): Promise<Mark> {
  const process = runningProcesses(release.config)[0]
  const config = process === undefined ? null : configOf(release.config, process)
  const common = { step: 'try', key: `try:${releaseName(release.number)}`, release: release.number }
  const startedAt = app.clock.monotonic()
  const note = (mark: Mark, reason: string | null): Mark => {
    const durationMs = app.clock.monotonic() - startedAt
    operation.commit(() => operation.record({ ...common, status: 'succeeded', durationMs, detail: { mark, reason } }))
    return mark
  }
  operation.commit(() => operation.record({ ...common, status: 'started' }))
  if (process === undefined || config === null) return note('skipped', 'it has no process that runs all the time')
  const [exclusive] = exclusiveReasons(config)
  if (exclusive !== undefined)
    return note('skipped', `it cannot run beside what serves: ${exclusive.kind} ${exclusive.name}`)
  const name = replicaName(release.number, app.store.replicas.nextOrdinal(operation, release.number), process)
  operation.commit(() => insertReplicas(app, operation, release.number, [name]))
  const replicas = { release: release.number, replicas: [name], ...named(process) }
  try {
    const unfit = await start(app, operation, release, replicas)
    if (unfit !== null) return note(unfit.mark, unfit.reason)
    const { address } = replicaSpec(app, operation, name)
    const url = config.port === null ? null : `http://${address}:${config.port}`
    return note(await judge({ release, url, bisection, signal: operation.signal }), null)
  } finally {
    if (app.store.leases.holds(operation.lease)) {
      await runSteps(app, unstoppable(operation), [{ kind: 'demote', level: 'absent', ...replicas }])
    }
  }
}

type Replicas = { readonly release: number; readonly replicas: readonly string[]; readonly process?: string }

/** `null`: it runs, and is healthy. */
async function start(
  app: App,
  operation: Operation,
  release: Release,
  replicas: Replicas,
): Promise<{ readonly mark: Mark; readonly reason: string } | null> {
  try {
    await runSteps(app, operation, [{ kind: 'pull', release: release.number, image: release.image }])
  } catch (error) {
    if (isAsternError(error, 'IMAGE_NOT_FOUND') || isAsternError(error, 'REGISTRY_UNREACHABLE'))
      return { mark: 'skipped', reason: error.message }
    throw error
  }
  try {
    await runSteps(app, operation, [{ kind: 'wake', ...replicas }])
    const runtime = await app.runtime()
    for (const name of replicas.replicas) {
      await runtime.awaitHealthy(replicaSpec(app, operation, name), operation.signal)
    }
    return null
  } catch (error) {
    if (isAsternError(error, 'START_FAILED') || isAsternError(error, 'HEALTH_FAILED'))
      return { mark: 'bad', reason: error.message }
    throw error
  }
}
