// Builds a service's image under a tag that was never anything else. Invariants: the image has no name until it is finished and the tag was found free;
// name and record come last, so that a build that dies anywhere leaves nothing but an image without a name.
import { type Advice, adviseOn } from '../core/advice.ts'
import type { BuildDefinition } from '../core/build.ts'
import { declaredArgs, type Dockerfile, parseDockerfile } from '../core/dockerfile.ts'
import { fail, isAsternError } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import { dateOf, renderTag, timeAsBuild } from '../core/tag.ts'
import type { BuiltImage, Watched } from '../ports/builder.ts'
import type { ManifestSeen } from '../ports/registry.ts'
import type { App, Asked } from './app.ts'
import { sourceOf, type SourceWarning } from './build-source.ts'
import {
  knownTag,
  movedImage,
  movedInRegistry,
  movedOnHost,
  hasRegistry,
  taken,
  type TagKnown,
} from './tag-standing.ts'
import { type Unleased, unleased } from './unleased.ts'

const REVISION_LABEL = 'org.opencontainers.image.revision'
/** Of the image before the one that serves, this many tags are looked at for its size. */
const TAGS_LOOKED_AT = 10

export type BuildAsked = Asked &
  Pick<Watched, 'onLine'> & {
    /** Instead of the configuration's. */
    readonly template: string | null
    /** Instead of what git says. */
    readonly version: string | null
    readonly fresh: boolean
    /** What CI says of itself. */
    readonly ci: { readonly build: string | null; readonly branch: string | null }
  }

/** What deserves to be said, in words of i18n. */
export type BuildWarning =
  | SourceWarning
  | { readonly code: 'registry_silent'; readonly details: Readonly<Record<string, string>> }

export type BuildPlanned = {
  readonly repository: string
  readonly tag: string
  readonly build: BuildDefinition
  readonly version: string
  /** Marked when files differ from it. */
  readonly revision: string | null
  readonly isDirty: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly args: Readonly<Record<string, string>>
  readonly dockerfile: Dockerfile
  readonly hasDockerignore: boolean
  readonly warnings: readonly BuildWarning[]
}

export type Built = BuildPlanned & {
  readonly transactionId: string
  readonly durationMs: number
  /** `noop`: the tag was that very image before. */
  readonly outcome: 'succeeded' | 'noop'
  readonly image: BuiltImage
  readonly digest: string | null
  readonly previousSizeBytes: number | null
  readonly advice: readonly Advice[]
}

/** What a build would be called and be told. Errors: DOCKERFILE_MISSING, TAG_IMPOSSIBLE. */
export async function planBuild(app: App, definition: Definition, asked: BuildAsked): Promise<BuildPlanned> {
  const build = buildOf(definition)
  const { dockerfile, hasDockerignore } = await readFiles(app, definition)
  const source = await sourceOf(await app.vcs(), definition, build.context, asked.version)
  const { version, revision } = source
  const nowAt = app.clock.now()
  const template = asked.template ?? build.tag
  const rendered = renderTag(template, {
    version,
    env: definition.environment,
    build: asked.ci.build ?? timeAsBuild(nowAt),
    sha: source.sha,
    branch: source.branch ?? asked.ci.branch,
    date: dateOf(nowAt),
  })
  if ('problem' in rendered) throw fail('TAG_IMPOSSIBLE', { template, problem: rendered.problem })
  const declared = declaredArgs(dockerfile)
  const known = { VERSION: version, REVISION: revision ?? '' }
  return {
    repository: definition.image,
    tag: rendered.tag,
    build,
    version,
    revision,
    isDirty: source.isDirty,
    labels: {
      'org.opencontainers.image.version': version,
      ...(revision === null ? {} : { [REVISION_LABEL]: revision }),
      ...(source.url === null ? {} : { 'org.opencontainers.image.source': source.url }),
      'org.opencontainers.image.created': new Date(nowAt).toISOString(),
    },
    args: { ...Object.fromEntries(Object.entries(known).filter(([name]) => declared.has(name))), ...build.args },
    dockerfile,
    hasDockerignore,
    warnings: source.warnings,
  }
}

/** Says what is to be said without building anything. Error: DOCKERFILE_MISSING. */
export async function checkBuild(app: App, definition: Definition): Promise<readonly Advice[]> {
  const files = await readFiles(app, definition)
  return adviseOn({ ...files, target: buildOf(definition).target, image: null })
}

async function readFiles(
  app: App,
  definition: Definition,
): Promise<Pick<BuildPlanned, 'dockerfile' | 'hasDockerignore'>> {
  const build = buildOf(definition)
  const { dockerfile, hasDockerignore } = await (await app.builder()).sources(build)
  if (dockerfile === null) throw fail('DOCKERFILE_MISSING', { path: build.dockerfile, service: definition.service })
  return { dockerfile: parseDockerfile(dockerfile), hasDockerignore }
}

/** Errors: those of `planBuild` and of the builder; TAG_MOVED. `begun` hears the transaction. */
export async function buildImage(
  app: App,
  definition: Definition,
  asked: BuildAsked,
  begun: (transactionId: string, planned: BuildPlanned) => void = () => {},
): Promise<Built> {
  const planned = await planBuild(app, definition, asked)
  const { result, ...ended } = await unleased(
    app,
    definition,
    'build',
    asked,
    (operation) => {
      begun(operation.transactionId, planned)
      return carryOut(app, definition, planned, asked, operation)
    },
    ({ outcome, image }) => ({ outcome, detail: { image: referenceOf(planned), config_digest: image.configDigest } }),
  )
  return { ...planned, ...result, ...ended }
}

type Result = Omit<Built, keyof BuildPlanned | 'transactionId' | 'durationMs'> & Pick<BuildPlanned, 'warnings'>

async function carryOut(
  app: App,
  definition: Definition,
  planned: BuildPlanned,
  asked: BuildAsked,
  operation: Unleased,
): Promise<Result> {
  const builder = await app.builder()
  const { signal } = operation
  const reference = referenceOf(planned)
  const { build, labels, args, version, revision } = planned
  const { present, known, finished, warnings } = await operation.step('check_tag', { image: reference }, () =>
    lookAtTag(app, definition, planned, signal),
  )
  const make = () =>
    operation.step(
      'build',
      { image: reference, version, revision },
      async () => {
        const { context, dockerfile, target, platforms } = build
        const wanted = { image: reference, context, dockerfile, target, platforms, args, labels, fresh: asked.fresh }
        const id = await builder.build(wanted, {
          signal,
          ...(asked.onLine === undefined ? {} : { onLine: asked.onLine }),
        })
        const image = await builder.inspect(id)
        if (image === null) throw fail('BUILD_FAILED', { image: reference, reason: 'it was built, and is gone again' })
        return image
      },
      (image) => ({ config_digest: image.configDigest, size_bytes: image.sizeBytes }),
    )
  const built = finished ?? (await make())
  const isAgain = finished !== null || present?.content === built.content
  const standing = known ?? asKnown(planned, present)
  if (!isAgain && standing !== null && !isLost(standing, present)) {
    throw movedImage(standing, built.configDigest, 'astern build')
  }
  const image = isAgain ? (finished ?? present!) : built
  const previousSizeBytes = await sizeBefore(app, definition, image)
  await operation
    .step(
      'tag',
      { image: reference },
      () => builder.name(image.configDigest, reference),
      () => ({ config_digest: image.configDigest }),
      () => record(app, definition, planned, image, operation, standing),
    )
    .catch(async (error: unknown) => {
      const first = isAsternError(error, 'TAG_MOVED') ? knownTag(app, planned.repository, planned.tag) : null
      if (first !== null) await builder.name(first.configDigest, reference)
      throw error
    })
  return {
    outcome: isAgain ? 'noop' : 'succeeded',
    image,
    digest: app.store.tags.get(planned.repository, planned.tag)?.digest ?? null,
    previousSizeBytes,
    advice: adviseOn({ ...planned, target: build.target, image: { ...image, previousSizeBytes } }),
    warnings: [...planned.warnings, ...warnings],
  }
}

type Present = {
  readonly present: BuiltImage | null
  readonly known: TagKnown | null
  /** Another host has built it from the same commit, and pushed it: nothing is left to do. */
  readonly finished: BuiltImage | null
  readonly warnings: readonly BuildWarning[]
}

/** What the tag is now; anything but one and the same image, here and there, is refused before anything is built. */
async function lookAtTag(
  app: App,
  definition: Definition,
  planned: BuildPlanned,
  signal: AbortSignal,
): Promise<Present> {
  const { repository, tag } = planned
  const builder = await app.builder()
  const known = knownTag(app, repository, tag)
  const present =
    (await builder.inspect(`${repository}:${tag}`)) ?? (known && (await builder.inspect(known.configDigest)))
  const onHost = known !== null && present !== null ? movedOnHost(known, present) : null
  if (onHost !== null) throw onHost
  const { seen, warnings } = hasRegistry(definition)
    ? await askRegistry(app, planned, signal)
    : { seen: null, warnings: [] }
  const standing = known ?? asKnown(planned, present)
  const elsewhere = seen === null || standing === null ? null : movedInRegistry(standing, seen)
  if (elsewhere !== null) throw elsewhere
  const isTheirs = seen !== null && standing === null
  const finished = isTheirs ? await builtElsewhere(app, planned, signal) : null
  if (isTheirs && finished === null) throw taken(repository, tag, seen.digest)
  return { present, known, finished, warnings }
}

/** One that does not answer holds no build up: what is pushed is looked at again. */
async function askRegistry(
  app: App,
  { repository, tag }: BuildPlanned,
  signal: AbortSignal,
): Promise<{ readonly seen: ManifestSeen | null; readonly warnings: readonly BuildWarning[] }> {
  try {
    return { seen: await (await app.registry()).resolve(repository, tag, signal), warnings: [] }
  } catch (error) {
    signal.throwIfAborted()
    if (!isAsternError(error)) throw error
    const details = { image: `${repository}:${tag}`, reason: error.message }
    return { seen: null, warnings: [{ code: 'registry_silent', details }] }
  }
}

/** The registry's image, when it says that it is of this very commit: so it is where CI runs again on a host that remembers nothing. */
async function builtElsewhere(app: App, planned: BuildPlanned, signal: AbortSignal): Promise<BuiltImage | null> {
  const { revision, isDirty } = planned
  if (revision === null || isDirty) return null
  const reference = referenceOf(planned)
  const pulled = await (await app.runtime()).image(reference, { pull: true, signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    if (isAsternError(error)) return null // what cannot be looked at is somebody else's
    throw error
  })
  if (pulled === null) return null
  const image = await (await app.builder()).inspect(reference)
  return image?.labels[REVISION_LABEL] === revision ? image : null
}

/** An image that somebody else has put on this host under that name. */
function asKnown({ repository, tag }: Pick<BuildPlanned, 'repository' | 'tag'>, present: BuiltImage | null) {
  if (present === null) return null
  return { repository, tag, configDigest: present.configDigest, digest: null, releases: [] }
}

/** Nobody has it any more, and nobody ever had but this host: the tag is as good as new. */
function isLost({ digest, releases }: TagKnown, present: BuiltImage | null): boolean {
  return present === null && digest === null && releases.length === 0
}

/** Within a transaction. Error: TAG_MOVED, when another build has taken the tag meanwhile. */
function record(
  app: App,
  { service, environment }: Definition,
  { repository, tag, version, revision }: BuildPlanned,
  { configDigest, sizeBytes }: BuiltImage,
  { transactionId }: Unleased,
  lost: TagKnown | null,
): void {
  const { tags } = app.store
  const known = knownTag(app, repository, tag)
  if (known !== null && known.configDigest !== configDigest) {
    if (known.configDigest !== lost?.configDigest) throw movedImage(known, configDigest, 'astern build')
    tags.remove(repository, tag)
  }
  const builtAt = app.clock.now()
  const what = { repository, tag, configDigest, version, gitRevision: revision, sizeBytes, builtAt, transactionId }
  tags.built({ service, environment, ...what })
}

/** Of the image that serves, else of the newest that was built before. */
async function sizeBefore(app: App, definition: Definition, image: BuiltImage): Promise<number | null> {
  const { services, releases, tags } = app.store
  const active = services.get(definition)?.active ?? null
  const serving = active === null ? null : releases.get(definition, active)
  const builder = await app.builder()
  const seen = serving === null ? null : await builder.inspect(serving.configDigest)
  if (seen !== null) return seen.sizeBytes
  const before = tags.list(definition, TAGS_LOOKED_AT).find(({ configDigest }) => configDigest !== image.configDigest)
  return before?.sizeBytes ?? null
}

export function buildOf({ build, service }: Definition): BuildDefinition {
  // A definition from a configuration file always says.
  if (build === undefined) throw new Error(`the definition of ${service} says nothing of its build`)
  return build
}

export function referenceOf({ repository, tag }: Pick<BuildPlanned, 'repository' | 'tag'>): string {
  return `${repository}:${tag}`
}
