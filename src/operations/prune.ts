// Lets go what retention does not keep. Invariants: that a release is let go is durable before the first of its copies is deleted, so no rollback that
// begins meanwhile counts on it; every deletion is journalled before it is done, may be repeated, and is left where an operation holds the service.
import { reasonOf } from '../core/errors.ts'
import { releaseName, type Scope, scopeName } from '../core/model.ts'
import type { KnownRelease } from '../core/retention.ts'
import type { Known, PrunePlan, Removal } from '../core/plan-prune.ts'
import type { App, Asked } from './app.ts'
import { climb } from './ladder.ts'
import { type Manifest, movedTag, removeManifest, seeRegistries, type Skipped } from './prune-registry.ts'
import { isHeldNow, isNeededNow, know } from './retention-known.ts'
import { unleased, type Unleased } from './unleased.ts'

export type PruneWanted = {
  readonly scopes: readonly Scope[]
  /** Tags in the registry go whatever the policy says. */
  readonly registry: boolean
}

export type PruneLook = {
  readonly known: Known
  /** Of everything that is known, not of the wanted scopes alone. */
  readonly plan: PrunePlan
  readonly skipped: readonly Skipped[]
  readonly warnings: readonly string[]
}

export type ScopePruned = Scope & {
  /** `null`: there was nothing to do. */
  readonly transactionId: string | null
  readonly removed: readonly Removal[]
  readonly skipped: readonly Skipped[]
  /** Releases to which no rollback can go any more. */
  readonly gone: readonly number[]
}

/** Looks, and changes nothing. */
export async function lookToPrune(app: App, wanted: PruneWanted, signal?: AbortSignal): Promise<PruneLook> {
  const names = new Set(wanted.scopes.map(scopeName))
  const facts = await know(app, wanted.registry ? { registryOf: names } : {})
  const { known, plan, skipped, warnings } = await seeRegistries(app, facts, names, signal)
  const unseen = known.host === null ? ['the engine cannot be asked: its images stay'] : []
  return { known, plan, skipped, warnings: [...unseen, ...warnings] }
}

export function ofScope<T extends Scope>(items: readonly T[], scope: Scope): T[] {
  return items.filter((item) => scopeName(item) === scopeName(scope))
}

/** Carries out what was planned for one scope. What has become needed meanwhile, or cannot be deleted, is left and said. */
export async function pruneScope(app: App, scope: Scope, look: PruneLook, asked: Asked): Promise<ScopePruned> {
  const { service, environment } = scope
  const removals = ofScope(look.plan.removals, scope)
  const gone = ofScope(look.plan.gone, scope).map(({ number }) => number)
  const before = { service, environment, skipped: ofScope(look.skipped, scope) }
  if (removals.length + gone.length === 0) return { ...before, transactionId: null, removed: [], gone: [] }
  const told = ({ removed, skipped, gone: marked }: Omit<ScopePruned, 'transactionId' | keyof Scope>) => ({
    detail: { removed: removed.length, skipped: skipped.length, gone: marked.map(releaseName) },
  })
  const { transactionId, result } = await unleased(
    app,
    scope,
    'prune',
    asked,
    (operation) => carryOut(app, operation, look, removals, gone),
    told,
  )
  return { ...before, transactionId, ...result, skipped: [...before.skipped, ...result.skipped] }
}

async function carryOut(
  app: App,
  operation: Unleased,
  { known: { nowAt } }: PruneLook,
  removals: readonly Removal[],
  planned: readonly number[],
): Promise<Pick<ScopePruned, 'removed' | 'skipped' | 'gone'>> {
  const { store } = app
  const gone = store.transaction(() => {
    const marked = planned.filter((number) => {
      const release = store.releases.get(operation, number)
      return release !== null && !isNeededNow(app, store.releases.withImage(release.configDigest), nowAt)
    })
    for (const number of marked) store.releases.setPruned(operation, number, nowAt)
    return new Set(marked)
  })
  const removed: Removal[] = []
  const skipped: Skipped[] = []
  for (const removal of removals) {
    operation.signal.throwIfAborted()
    const { service, environment, release } = removal
    const why = await removeOne(app, operation, removal, nowAt)
    if (why === null) {
      removed.push(removal)
      continue
    }
    skipped.push({ service, environment, release, what: whatOf(removal), reason: why })
    store.transaction(() => {
      for (const { number } of ofScope(concerned(app, removal), operation)) {
        if (gone.delete(number)) store.releases.setPruned(operation, number, null)
      }
    })
  }
  return { removed, skipped, gone: [...gone] }
}

/** `null`: it is done; else why it is left. */
async function removeOne(app: App, operation: Unleased, removal: Removal, plannedAt: number): Promise<string | null> {
  if (isHeldNow(app, operation, app.clock.now())) return 'an operation holds the service'
  if (isNeededNow(app, concerned(app, removal), plannedAt)) return 'it is needed again'
  const detail = { what: whatOf(removal), why: removal.why, ...ofRelease(removal) }
  const left = { reason: null as string | null }
  try {
    await operation.step(
      `remove_${removal.kind}`,
      detail,
      async () => void (left.reason = await deleted(app, operation, removal)),
      () => (left.reason === null ? {} : { left: left.reason }),
    )
    return left.reason
  } catch (error) {
    operation.signal.throwIfAborted()
    return reasonOf(error)
  }
}

async function deleted(app: App, operation: Unleased, removal: Removal): Promise<string | null> {
  switch (removal.kind) {
    case 'containers':
      return retire(app, operation, removal.release!)
    case 'manifest':
      return removeFromRegistry(app, removal, operation.signal)
    case 'archive':
      await (await app.archive()).remove([removal.id])
      return null
    case 'image':
      return removeImage(app, removal)
    case 'facts':
      app.store.transaction(() => app.store.trials.removeFacts(removal.transactionId))
      return null
  }
}

/** By the ladder, which holds the lease while it does so. */
async function retire(app: App, { service, environment, signal }: Unleased, release: number): Promise<string | null> {
  const scope = { service, environment }
  await climb(app, scope, { look: false, signal, retire: new Set([release]) })
  const left = app.store.replicas.of(scope).some((replica) => replica.release === release && replica.level !== 'absent')
  return left ? 'an operation holds the service' : null
}

async function removeFromRegistry(app: App, manifest: Manifest, signal: AbortSignal): Promise<string | null> {
  const registry = await app.registry()
  const moved = await movedTag(registry, manifest, signal)
  if (moved !== null) return `${moved} stands for something else now`
  await removeManifest(registry, manifest, signal)
  return null
}

/** Its names, and then, where nobody else has given it one, the image itself: an engine keeps what has no name. */
async function removeImage(
  app: App,
  { id, names, whole }: Extract<Removal, { kind: 'image' }>,
): Promise<string | null> {
  const images = await app.images()
  for (const reference of whole ? [...names, id] : names) {
    if ((await images.remove(reference)) === 'in_use') return 'a container was made of it, or it has another name'
  }
  return null
}

/** Releases that it is about: those with its image, or the one whose containers they are. */
function concerned({ store }: App, removal: Removal): (Scope & KnownRelease)[] {
  const { release: number } = removal
  const release = number === null ? null : store.releases.get(removal, number)
  switch (removal.kind) {
    case 'facts':
      return []
    case 'containers':
      return release === null ? [] : [release]
    case 'image':
    case 'archive':
      return store.releases.withImage(removal.id)
    case 'manifest': {
      const tag = store.tags.get(removal.repository, removal.tags[0] ?? '')
      const id = release?.configDigest ?? tag?.configDigest
      return id === undefined ? [] : store.releases.withImage(id)
    }
  }
}

/** For people and the journal. */
export function whatOf(removal: Removal): string {
  switch (removal.kind) {
    case 'containers':
      return `containers of ${releaseName(removal.release!)}`
    case 'manifest':
      return removal.tags.map((tag) => `${removal.repository}:${tag}`).join(', ')
    case 'archive':
      return `copy of ${removal.id}`
    case 'image':
      return removal.names.filter((name) => !name.includes('@')).join(', ') || removal.id
    case 'facts':
      return `facts of ${removal.transactionId}`
  }
}

function ofRelease({ release }: Removal): { readonly release?: string } {
  return release === null ? {} : { release: releaseName(release) }
}
