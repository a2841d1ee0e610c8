// What a tag means: the word of this installation (what it has built, what it has deployed) against what the host and the registry say now.
// Invariant: a tag means one image for ever; whatever says otherwise is TAG_MOVED, with both digests and the releases that have it.
import { type AsternError, fail, isAsternError } from '../core/errors.ts'
import { type Definition, type ImageFacts, releaseName } from '../core/model.ts'
import { parseReference } from '../core/reference.ts'
import type { ManifestSeen } from '../ports/registry.ts'
import type { App } from './app.ts'

const RELEASES_NAMED = 3
const DOCKER = 'Docker'

export type TagKnown = {
  readonly repository: string
  readonly tag: string
  /** The image ID. */
  readonly configDigest: string
  /** The registry's manifest; `null`: it was never pushed or pulled here. */
  readonly digest: string | null
  /** `r41`, of this installation. */
  readonly releases: readonly string[]
}

/** What the tag has meant here; `null`: nobody has built or deployed it. */
export function knownTag(app: App, repository: string, tag: string): TagKnown | null {
  const built = app.store.tags.get(repository, tag)
  const deployed = app.store.releases.ofImage(`${repository}:${tag}`, RELEASES_NAMED)
  const configDigest = built?.configDigest ?? deployed[0]?.configDigest
  if (configDigest === undefined) return null
  const own = deployed.filter((release) => release.configDigest === configDigest)
  const pulled = own.find((release) => release.digest !== release.configDigest)?.digest ?? null
  const releases = own.map(({ number, environment }) => `${releaseName(number)} in ${environment}`)
  return { repository, tag, configDigest, digest: built?.digest ?? pulled, releases }
}

/** Why the host's image of that name is another one; `null`: it is the one that is known. */
export function movedOnHost(known: TagKnown, image: Pick<ImageFacts, 'configDigest'>): AsternError | null {
  return image.configDigest === known.configDigest ? null : movedImage(known, image.configDigest, DOCKER)
}

/**
 * Whether the registry's image is the one that is known. One image may have several manifests (another engine compresses its layers anew), and an engine
 * may call an image by its manifest. `null`: nobody can tell, of an index that was never pushed or pulled here.
 */
export function isSame({ digest, configDigest }: TagKnown, seen: ManifestSeen): boolean | null {
  if (seen.digest === digest || seen.digest === configDigest || seen.configDigest === configDigest) return true
  return seen.configDigest === null && digest === null ? null : false
}

/** Why the registry's image of that name is another one; `null`: it is not, or nobody can tell. */
export function movedInRegistry(known: TagKnown, seen: ManifestSeen): AsternError | null {
  return isSame(known, seen) === false ? movedManifest(known, seen.digest) : null
}

/** Said in image IDs. */
export function movedImage(known: TagKnown, found: string, where: string): AsternError {
  return moved(known, known.configDigest, found, where)
}

/** Said in digests of manifests, as far as one is known. */
export function movedManifest(known: TagKnown, found: string): AsternError {
  return moved(known, known.digest ?? known.configDigest, found, registryOf(known.repository))
}

function moved({ repository, tag, releases }: TagKnown, here: string, found: string, where: string): AsternError {
  const by = releases.length === 0 ? '' : ` (${releases.join(', ')})`
  return fail('TAG_MOVED', { image: `${repository}:${tag}`, known: here + by, found, where })
}

/** A tag that nobody here knows, and the registry has. */
export function taken(repository: string, tag: string, found: string): AsternError {
  return fail('TAG_MOVED', { image: `${repository}:${tag}`, known: '-', found, where: registryOf(repository) })
}

/** `registry.example.com`; for a repository without one, Docker's own. */
function registryOf(repository: string): string {
  const parsed = parseReference(repository)
  return (parsed?.kind === 'name' ? parsed.registry : null) ?? 'docker.io'
}

/** Whether there is a registry that can be asked what a tag means. */
export function hasRegistry({ image, registry }: Pick<Definition, 'image' | 'registry'>): boolean {
  const parsed = parseReference(image)
  return registry !== 'none' && parsed?.kind === 'name' && parsed.registry !== null
}

/**
 * Refuses to deploy a tag that means something else than it did. A registry that does not answer holds no deploy of an image up that is on the host:
 * what is returned deserves a warning. Error: TAG_MOVED.
 */
export async function refuseMovedTag(
  app: App,
  definition: Definition,
  tag: string,
  image: ImageFacts,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { image: repository } = definition
  const known = knownTag(app, repository, tag)
  if (known === null) return []
  const onHost = movedOnHost(known, image)
  if (onHost !== null) throw onHost
  if (!hasRegistry(definition)) return []
  try {
    const registry = await app.registry()
    const seen = await registry.resolve(repository, tag, signal)
    const inRegistry = seen === null ? null : movedInRegistry(known, seen)
    if (inRegistry !== null) throw inRegistry
    return []
  } catch (error) {
    if (!isAsternError(error) || error.code === 'TAG_MOVED') throw error
    return [`${repository}:${tag} could not be compared with its registry: ${error.message}`]
  }
}
