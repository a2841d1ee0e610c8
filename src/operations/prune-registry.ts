// What retention has to know of registries before it deletes in them. Deleting a manifest deletes every tag that stands for it, so it must be seen that
// no tag that stays does, and that those that go still mean what Astern knows.
import { reasonOf } from '../core/errors.ts'
import { type Scope, scopeName } from '../core/model.ts'
import { type Known, planPrune, type PrunePlan, type Removal } from '../core/plan-prune.ts'
import { parseReference } from '../core/reference.ts'
import type { Registry } from '../ports/registry.ts'
import type { App } from './app.ts'

export type Skipped = Scope & { readonly release: number | null; readonly what: string; readonly reason: string }

export type RegistrySeen = {
  readonly known: Known
  /** What goes by all that is known now. */
  readonly plan: PrunePlan
  readonly skipped: readonly Skipped[]
  readonly warnings: readonly string[]
}

export type Manifest = Extract<Removal, { readonly kind: 'manifest' }>

const SIGNATURE = /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/
/** So many questions at a time. */
const AT_ONCE = 8
/** Of so many manifests it is said beforehand that a tag of theirs has moved; of the others when their turn comes: each is looked at before it goes. */
const MOST_FORESEEN = 200
/** A repository with more tags that stay is left alone: each of them would have to be looked at. */
const MOST_OTHERS = 20_000

/** Lists the repositories of the scopes whose policy says so. One that cannot be asked is left alone, and said. */
export async function seeRegistries(
  app: App,
  known: Known,
  scopes: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<RegistrySeen> {
  const repositories = repositoriesOf(known, scopes)
  if (repositories.size === 0) return { known, plan: planPrune(known), skipped: [], warnings: [] }
  const registry = await app.registry()
  const warnings: string[] = []
  const listed = new Map<string, readonly string[]>()
  for (const repository of repositories) {
    try {
      listed.set(repository, await tagsOf(registry, repository, signal))
    } catch (error) {
      signal?.throwIfAborted()
      warnings.push(reasonOf(error))
    }
  }
  const found = { ...known, registry: listed }
  const plan = planPrune(found)
  const candidates = plan.removals.filter(
    (removal): removal is Manifest => removal.kind === 'manifest' && scopes.has(scopeName(removal)),
  )
  const skipped: Skipped[] = []
  for (const [repository, manifests] of Map.groupBy(candidates, (manifest) => manifest.repository)) {
    try {
      skipped.push(...(await unsafe(registry, repository, manifests, listed.get(repository) ?? [], signal)))
    } catch (error) {
      signal?.throwIfAborted()
      warnings.push(reasonOf(error))
      listed.delete(repository)
    }
  }
  if (skipped.length === 0 && warnings.length === 0) return { known: found, plan, skipped, warnings }
  const safe = { ...found, untouchable: new Set(skipped.map(({ what }) => what)) }
  return { known: safe, plan: planPrune(safe), skipped, warnings }
}

/** Of what was pushed, or pulled from a registry. */
function repositoriesOf({ scopes }: Known, chosen: ReadonlySet<string>): ReadonlySet<string> {
  const names = scopes
    .filter((scope) => scope.policy.registry && chosen.has(scopeName(scope)))
    .flatMap(({ releases, tags }) => [
      ...releases.filter(({ digest, configDigest }) => digest !== configDigest).map(({ image }) => image),
      ...tags.filter(({ digest }) => digest !== null).map(({ repository }) => repository),
    ])
  const parsed = names.map(parseReference).filter((name) => name?.kind === 'name' && name.registry !== null)
  return new Set(parsed.flatMap((name) => (name?.kind === 'name' ? [name.repository] : [])))
}

async function tagsOf(registry: Registry, repository: string, signal?: AbortSignal): Promise<string[]> {
  const tags: string[] = []
  for await (const page of registry.tags(repository, signal)) tags.push(...page)
  return tags
}

/** Manifests that must not go, each as `repository@digest`, with the reason. */
async function unsafe(
  registry: Registry,
  repository: string,
  manifests: readonly Manifest[],
  listed: readonly string[],
  signal?: AbortSignal,
): Promise<Skipped[]> {
  const skip = ({ service, environment, release, digest }: Manifest, reason: string): Skipped => ({
    service,
    environment,
    release,
    what: `${repository}@${digest}`,
    reason,
  })
  const going = new Set(manifests.flatMap(({ tags }) => tags))
  const others = listed.filter((tag) => !going.has(tag) && !SIGNATURE.test(tag))
  if (others.length > MOST_OTHERS)
    return manifests.map((one) => skip(one, `it has more than ${MOST_OTHERS} other tags`))
  const shared = new Map<string, string>()
  await each(others, async (tag) => {
    const seen = await registry.resolve(repository, tag, signal)
    for (const digest of [seen?.digest, ...(seen?.platforms ?? []).map((platform) => platform.digest)]) {
      if (digest !== undefined) shared.set(digest, tag)
    }
  })
  const moved = new Map<string, string>()
  await each(manifests.slice(0, MOST_FORESEEN), async (manifest) => {
    const tag = await movedTag(registry, manifest, signal)
    if (tag !== null) moved.set(manifest.digest, tag)
  })
  return manifests.flatMap((manifest) => {
    const other = shared.get(manifest.digest)
    if (other !== undefined) return [skip(manifest, `${other} stands for it too, or for more that it is part of`)]
    const tag = moved.get(manifest.digest)
    return tag === undefined ? [] : [skip(manifest, `${tag} stands for something else now`)]
  })
}

/** One of its tags that stands for something else now; `null`: none does. */
export async function movedTag(
  registry: Registry,
  { repository, tags, digest }: Manifest,
  signal?: AbortSignal,
): Promise<string | null> {
  for (const tag of tags) {
    const seen = await registry.resolve(repository, tag, signal)
    if (seen !== null && seen.digest !== digest) return tag
  }
  return null
}

/** Deletes it, after what signers have put beside it: what nothing leads to any more would stay for ever. */
export async function removeManifest(registry: Registry, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const { repository, digest, signatures } = manifest
  for (const tag of signatures) {
    const seen = await registry.resolve(repository, tag, signal)
    if (seen !== null) await registry.remove(repository, seen.digest, signal)
  }
  await registry.remove(repository, digest, signal)
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
