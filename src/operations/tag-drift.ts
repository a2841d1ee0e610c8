// Looks whether tags still mean what they meant here: those of releases that have containers, and the newest that were built. Nothing is changed.
import { type AsternError, fail, isAsternError, reasonOf } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import { parseReference } from '../core/reference.ts'
import type { App } from './app.ts'
import { withContainers } from './releases.ts'
import { hasRegistry, knownTag, movedInRegistry, movedOnHost, type TagKnown } from './tag-standing.ts'

const BUILT_LOOKED_AT = 10

export type Drift = {
  readonly looked: number
  /** TAG_MOVED, one for each place where a tag has moved. */
  readonly moved: readonly AsternError[]
  /** Why the registry could not be asked; `null`: it was, or there is none. */
  readonly unasked: AsternError | null
}

/** Errors: those of the engine. */
export async function lookForDrift(app: App, definition: Definition, signal?: AbortSignal): Promise<Drift> {
  const known = tagsThatMatter(app, definition)
  const runtime = await app.runtime()
  const moved: AsternError[] = []
  let unasked: AsternError | null = null
  for (const one of known) {
    const image = await runtime.image(`${one.repository}:${one.tag}`, { pull: false })
    const onHost = image === null ? null : movedOnHost(one, image)
    if (onHost !== null) moved.push(onHost)
    if (unasked !== null || !hasRegistry({ ...definition, image: one.repository })) continue
    try {
      const seen = await (await app.registry()).resolve(one.repository, one.tag, signal)
      const inRegistry = seen === null ? null : movedInRegistry(one, seen)
      if (inRegistry !== null) moved.push(inRegistry)
    } catch (error) {
      unasked = isAsternError(error) ? error : fail('INTERNAL', { reason: reasonOf(error) }, error)
    }
  }
  return { looked: known.length, moved, unasked }
}

function tagsThatMatter(app: App, definition: Definition): TagKnown[] {
  const { replicas, releases, tags } = app.store
  const numbers = [...withContainers(replicas.of(definition))]
  const deployed = releases.some(definition, numbers).map(({ image }) => image)
  const built = tags.list(definition, BUILT_LOOKED_AT).map(({ repository, tag }) => `${repository}:${tag}`)
  return [...new Set([...deployed, ...built])].flatMap((image) => {
    const parsed = parseReference(image)
    if (parsed?.kind !== 'name' || parsed.tag === null || parsed.digest !== null) return []
    return knownTag(app, image.slice(0, -parsed.tag.length - 1), parsed.tag) ?? []
  })
}
