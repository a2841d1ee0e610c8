// Pushes a tag that was built here, or carries it to the engine that runs it where there is no registry. Invariants: a tag that the registry has is never
// pushed over; what arrived is asked for again before it counts; pointers move last, and only for the newest tag.
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { BuiltImage, Watched } from '../ports/builder.ts'
import type { ManifestSeen } from '../ports/registry.ts'
import type { BuiltTag } from '../store/tags.ts'
import type { App, Asked } from './app.ts'
import { buildOf, referenceOf } from './build.ts'
import { carryImage } from './carry.ts'
import { hasRegistry, isSame, knownTag, movedManifest, movedOnHost, type TagKnown } from './tag-standing.ts'
import { type Unleased, unleased } from './unleased.ts'

const TAGS_NAMED = 5

export type PushAsked = Asked &
  Pick<Watched, 'onLine'> & {
    /** `null`: the newest. */
    readonly tag: string | null
    /** Engines, where there is no registry: where it was built, and where it is to run. `null`: the one of the user's Docker environment. */
    readonly from: string | null
    readonly to: string | null
  }

export type PushPlanned = {
  readonly built: BuiltTag
  /** Those that will move. */
  readonly pointers: readonly string[]
  /** The newest tag, when that is another one: pointers stay with it. */
  readonly newer: string | null
}

export type Pushed = PushPlanned & {
  readonly transactionId: string
  readonly durationMs: number
  /** `noop`: it was there before, and nothing moved. */
  readonly outcome: 'succeeded' | 'noop'
  /** `null`: no registry has it. */
  readonly digest: string | null
  /** What went from engine to engine; `null`: it went to a registry. */
  readonly bytes: number | null
}

/** Errors: NOTHING_BUILT, TAG_UNKNOWN, REGISTRY_NEEDED. */
export function planPush(app: App, definition: Definition, { tag }: Pick<PushAsked, 'tag'>): PushPlanned {
  const { service, environment, image: repository } = definition
  const tags = app.store.tags.list(definition, TAGS_NAMED).filter((one) => one.repository === repository)
  const [newest] = tags
  const named = tag === null ? newest : app.store.tags.get(repository, tag)
  if (named == null) {
    const known = tags.map((one) => one.tag).join(', ')
    if (tag === null || known === '') throw fail('NOTHING_BUILT', { service, environment })
    throw fail('TAG_UNKNOWN', { tag, service, environment, known })
  }
  if (definition.registry === 'none') return { built: named, pointers: [], newer: null }
  if (!hasRegistry(definition)) throw fail('REGISTRY_NEEDED', { image: repository })
  const isNewest = newest === undefined || newest.tag === named.tag
  const pointers = buildOf(definition).pointers.filter((pointer) => pointer !== named.tag)
  return { built: named, pointers: isNewest ? pointers : [], newer: isNewest ? null : newest.tag }
}

/** Errors: those of `planPush`, of the builder and of the registry; TAG_MOVED, IMAGE_NOT_FOUND. `begun` hears the transaction. */
export async function pushTag(
  app: App,
  definition: Definition,
  asked: PushAsked,
  begun: (transactionId: string, planned: PushPlanned) => void = () => {},
): Promise<Pushed> {
  const planned = planPush(app, definition, asked)
  const { result, ...ended } = await unleased(
    app,
    definition,
    'push',
    asked,
    (operation) => {
      begun(operation.transactionId, planned)
      return definition.registry === 'none'
        ? carry(app, definition, planned, asked, operation)
        : send(app, planned, asked, operation)
    },
    ({ outcome, digest, bytes }) => ({ outcome, detail: { image: referenceOf(planned.built), digest, bytes } }),
  )
  return { ...planned, ...result, ...ended }
}

type Sent = Pick<Pushed, 'outcome' | 'digest' | 'bytes'>

async function send(
  app: App,
  { built, pointers }: PushPlanned,
  { onLine }: PushAsked,
  operation: Unleased,
): Promise<Sent> {
  const { repository, tag } = built
  const { signal } = operation
  const reference = referenceOf(built)
  const known = knownTag(app, repository, tag)!
  const [builder, registry] = await Promise.all([app.builder(), app.registry()])
  const before = await operation.step('check_tag', { image: reference }, async () => {
    refuseMoved(known, await builder.inspect(reference))
    return there(known, await registry.resolve(repository, tag, signal))
  })
  const said =
    before !== null
      ? before.digest
      : await operation.step(
          'push',
          { image: reference },
          () => builder.push(reference, { signal, ...(onLine === undefined ? {} : { onLine }) }),
          (digest) => ({ digest }),
        )
  const { digest } = await operation.step(
    'verify_digest',
    { image: reference },
    async () => {
      const seen = before ?? (await registry.resolve(repository, tag, signal))
      if (seen === null) throw fail('IMAGE_NOT_PUSHED', { image: reference, reason: 'the registry does not have it' })
      if (said !== null && seen.digest !== said) {
        throw movedManifest({ ...known, digest: said }, seen.digest)
      }
      return there({ ...known, digest: said }, seen)!
    },
    (seen) => ({ digest: seen.digest }),
    (seen) => app.store.tags.pushed(repository, tag, seen.digest, app.clock.now()),
  )
  const behind = await behindOf(pointers, (pointer) => registry.resolve(repository, pointer, signal), digest)
  if (behind.length > 0) {
    await operation.step('point', { tags: behind, digest }, async () => {
      for (const pointer of behind) await registry.point(repository, pointer, digest, signal)
    })
  }
  return { outcome: before === null || behind.length > 0 ? 'succeeded' : 'noop', digest, bytes: null }
}

/** From engine to engine, with its digest checked there. */
async function carry(
  app: App,
  definition: Definition,
  { built }: PushPlanned,
  { from, to }: PushAsked,
  operation: Unleased,
): Promise<Sent> {
  const reference = referenceOf(built)
  const wanted = { configDigest: built.configDigest, reference, from, to }
  const { outcome, bytes } = await operation.step(
    'carry',
    { image: reference, from, to },
    () => carryImage(app, definition, wanted, { signal: operation.signal }),
    (carried) => ({ bytes: carried.bytes, config_digest: carried.configDigest }),
  )
  return { outcome: outcome === 'carried' ? 'succeeded' : 'noop', digest: null, bytes }
}

/** Errors: IMAGE_NOT_FOUND, TAG_MOVED. */
function refuseMoved(known: TagKnown, image: BuiltImage | null): void {
  const reference = referenceOf(known)
  if (image === null) throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'it was built here, and is gone' })
  const elsewhere = movedOnHost(known, image)
  if (elsewhere !== null) throw elsewhere
}

/** What the registry has, when that is surely what is to be pushed. Error: TAG_MOVED. */
function there(known: TagKnown, seen: ManifestSeen | null): ManifestSeen | null {
  if (seen === null || isSame(known, seen) === true) return seen
  throw movedManifest(known, seen.digest)
}

async function behindOf(
  pointers: readonly string[],
  resolve: (pointer: string) => Promise<ManifestSeen | null>,
  digest: string,
): Promise<string[]> {
  const behind: string[] = []
  for (const pointer of pointers) if ((await resolve(pointer))?.digest !== digest) behind.push(pointer)
  return behind
}
