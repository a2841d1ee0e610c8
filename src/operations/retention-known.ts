// Reads what retention decides by: the state, the engine's images and who uses them, the copies here, how full the disks are.
import { isAsternError } from '../core/errors.ts'
import { type Definition, type Scope, scopeName } from '../core/model.ts'
import type { Known } from '../core/plan-prune.ts'
import { planRollback } from '../core/plan-rollback.ts'
import { type KnownRelease, type KnownScope, lastActivityAt } from '../core/retention.ts'
import type { Service } from '../store/services.ts'
import type { App } from './app.ts'
import { withContainers } from './releases.ts'
import { choices, seeTrusting } from './see.ts'

/** More than any installation has built. */
const MOST_TAGS = 100_000

export type KnowOptions = {
  /** Those whose tags in the registry go whatever their policy says. */
  readonly registryOf?: ReadonlySet<string>
}

/** Everything but the registry. An engine that cannot be asked is left out. */
export async function know(app: App, options: KnowOptions = {}): Promise<Known> {
  const [host, archive, free] = await Promise.all([hostOf(app), copiesOf(app), freeOf(app)])
  return {
    nowAt: app.clock.now(),
    scopes: app.store.services.list().map((service) => knownScope(app, service, options)),
    host,
    archive,
    registry: new Map(),
    untouchable: new Set(),
    free,
  }
}

async function hostOf(app: App): Promise<Known['host']> {
  try {
    const engine = await app.images()
    // Whoever starts a container after the images were read has an image that is among them.
    const images = await engine.list()
    return { images, uses: await engine.uses() }
  } catch (error) {
    if (isAsternError(error, 'ENGINE_UNAVAILABLE') || isAsternError(error, 'ENGINE_PERMISSION')) return null
    throw error
  }
}

async function copiesOf(app: App): Promise<Known['archive']> {
  return (await app.archive()).list()
}

/** The least that is free of the disks that matter; `null`: none of them is on this host. */
async function freeOf(app: App): Promise<number | null> {
  const engine = await app
    .images()
    .then((images) => images.folder())
    .catch(() => null)
  const shares = [app.store.folder, engine].flatMap((folder) => (folder === null ? [] : (app.disk.free(folder) ?? [])))
  return shares.length === 0 ? null : Math.min(...shares)
}

function knownScope(app: App, service: Service, { registryOf }: KnowOptions): KnownScope {
  const { store } = app
  const { definition } = service
  const scope = { service: definition.service, environment: definition.environment }
  return {
    ...scope,
    policy: policyOf(definition, registryOf),
    releases: store.releases.known(scope),
    active: service.active,
    candidate: service.candidate,
    target: targetOf(app, scope),
    needed: neededIn(app, scope),
    containers: withContainers(store.replicas.of(scope)),
    tags: store.tags.list(scope, MOST_TAGS),
    trials: store.trials.withFacts(scope),
  }
}

function policyOf({ retention, ...scope }: Definition, registryOf: KnowOptions['registryOf']): KnownScope['policy'] {
  return registryOf?.has(scopeName(scope)) === true ? { ...retention, registry: true } : retention
}

/** Where a rollback would go, were it the first: a second one in a row goes nowhere, but a person may name what it would have been. */
function targetOf(app: App, scope: Scope): number | null {
  const seen = seeTrusting(app, scope, null)
  const first = seen.active === null ? seen : { ...seen, active: { ...seen.active, activeBy: 'deploy' as const } }
  const decision = planRollback(first, choices(app, scope, null), { to: null, force: new Set() })
  return decision.outcome === 'plan' ? decision.to : null
}

function neededIn(app: App, scope: Scope): KnownScope['needed'] {
  const { store } = app
  const trial = store.trials.open(scope)
  const of = (why: 'trial' | 'operation' | 'hold', numbers: readonly (number | null)[]) =>
    numbers.flatMap((number) => (number === null ? [] : [[number, why] as const]))
  return new Map([
    ...of(
      'hold',
      store.holds.all(scope).flatMap(({ release, backTo }) => [release, backTo]),
    ),
    ...of('operation', store.operations.releasesInUse(scope)),
    ...of('trial', trial === null ? [] : [trial.release, trial.against]),
  ])
}

/**
 * True when somebody needs one of these now, or may: what was planned at `plannedAt` is older than that. Within the transaction that writes the intent
 * to delete, or right before it.
 */
export function isNeededNow(app: App, releases: readonly (Scope & KnownRelease)[], plannedAt: number): boolean {
  return releases.some((release) => {
    const service = app.store.services.get(release)
    return (
      release.pinned ||
      lastActivityAt(release) > plannedAt ||
      release.number === service?.active ||
      release.number === service?.candidate ||
      isHeldNow(app, release, app.clock.now())
    )
  })
}

/** An operation is changing the scope. */
export function isHeldNow({ store }: App, scope: Scope, nowAt: number): boolean {
  return store.leases.holder(scope, nowAt)?.alive === true
}
