// Decides what retention lets go. Pure: everything that is known goes in; what to delete and what stays come out, each with its reason.
// Invariants: an image goes only when nobody who stays needs it; what Astern did not make, deploy or push is never touched.
import { releaseName, type Scope, scopeName } from './model.ts'
import { parseReference } from './reference.ts'
import {
  type GoneWhy,
  type Judged,
  judgeReleases,
  type KeptWhy,
  type KnownRelease,
  type KnownScope,
  type KnownTag,
} from './retention.ts'

/** An image on the host. */
export type HostImage = {
  /** `sha256:…` */
  readonly id: string
  /** `shop:v1.0.0` */
  readonly tags: readonly string[]
  /** `registry.example.com/shop@sha256:…` */
  readonly digests: readonly string[]
  /** With the layers that it shares with others. */
  readonly sizeBytes: number
}

/** A container of whoever, running or not, by the image that it was made of. `ours`: a replica of this installation. */
export type ImageUse = { readonly id: string; readonly container: string; readonly ours: boolean }

export type ArchivedImage = { readonly id: string; readonly sizeBytes: number }

export type Known = {
  readonly nowAt: number
  /** Every service in every environment: images are shared. */
  readonly scopes: readonly KnownScope[]
  /** `null`: the engine cannot be asked, so nothing of it goes. */
  readonly host: { readonly images: readonly HostImage[]; readonly uses: readonly ImageUse[] } | null
  readonly archive: readonly ArchivedImage[]
  /** Every tag of each repository; one that was not listed is left alone. */
  readonly registry: ReadonlyMap<string, readonly string[]>
  /** Manifests (`repository@digest`) that have turned out to be more than Astern knows: they stay. */
  readonly untouchable: ReadonlySet<string>
  /** The least that is free of the disks of engine and state, of 10,000 parts; `null`: not known. */
  readonly free: number | null
}

/** Whose fault it is that something goes: the release, `null` where there is none, and why. */
type Because = Scope & { readonly release: number | null; readonly why: GoneWhy }

export type Removal = Because &
  (
    | { readonly kind: 'containers' }
    | {
        readonly kind: 'manifest'
        readonly repository: string
        readonly digest: string
        /** Tags that stand for it as far as Astern knows, and those under which signers have put something beside it. */
        readonly tags: readonly string[]
        readonly signatures: readonly string[]
      }
    | { readonly kind: 'archive'; readonly id: string; readonly sizeBytes: number }
    | {
        readonly kind: 'image'
        readonly id: string
        /** Those that Astern knows. */
        readonly names: readonly string[]
        /** It has no other names: all of it goes. */
        readonly whole: boolean
        readonly sizeBytes: number
      }
    | { readonly kind: 'facts'; readonly transactionId: string }
  )

/** `of`: the release, the tag or the container that needs its image. */
export type Kept = Scope & { readonly release: number; readonly why: KeptWhy; readonly of: string | null }

export type ReleaseOf = Scope & { readonly number: number }

export type PrunePlan = {
  /** In the order in which they are carried out. */
  readonly removals: readonly Removal[]
  readonly kept: readonly Kept[]
  /** Releases of which nothing is left after this: no rollback can go there any more. */
  readonly gone: readonly ReleaseOf[]
  /** Those that stay although there is no copy of them anywhere: somebody else has deleted it. */
  readonly lost: readonly ReleaseOf[]
  /** Image IDs of which a copy is to be kept here, and is not. */
  readonly toArchive: readonly string[]
  /** Scopes in which the disk is too full to keep more than a rollback needs. */
  readonly pressure: readonly Scope[]
}

type Scoped = { readonly scope: KnownScope; readonly pressure: boolean; readonly judged: readonly Judged[] }

export function planPrune(known: Known): PrunePlan {
  const all = known.scopes.map((scope): Scoped => {
    const pressure = known.free !== null && known.free < scope.policy.diskLow
    return { scope, pressure, judged: judgeReleases(scope, known.nowAt, pressure) }
  })
  const needs = needsOf(known, all)
  const letGo = collect(all, needs)
  const removals: Removal[] = [
    ...letGo.containers,
    ...manifestRemovals(known, letGo.manifests, manifestsKept(all, needs)),
    ...archiveRemovals(known, letGo.images, needs),
    ...imageRemovals(known, letGo.images),
    ...known.scopes.flatMap((scope) => factRemovals(scope, known.nowAt)),
  ]
  return {
    removals,
    kept: letGo.kept,
    ...copiesLeft(known, all, needs, removals),
    toArchive: toArchive(known, all),
    pressure: all.filter(({ pressure }) => pressure).map(({ scope }) => scopeOf(scope)),
  }
}

/** Who needs an image, by its ID: the first of those that stay. */
type Needs = ReadonlyMap<string, { readonly why: 'same_image' | 'in_use'; readonly of: string }>

function needsOf(known: Known, all: readonly Scoped[]): Needs {
  const needs = new Map<string, { why: 'same_image' | 'in_use'; of: string }>()
  const need = (id: string, why: 'same_image' | 'in_use', of: string) => {
    if (!needs.has(id)) needs.set(id, { why, of })
  }
  for (const { scope, judged } of all) {
    for (const { release, keep } of judged) {
      if (keep) need(release.configDigest, 'same_image', `${releaseName(release.number)} ${scopeName(scope)}`)
    }
  }
  for (const { scope } of all) {
    for (const [index, tag] of scope.tags.entries()) {
      if (tagStays(scope, index, known.nowAt)) need(tag.configDigest, 'same_image', `${tag.repository}:${tag.tag}`)
    }
  }
  for (const { id, container, ours } of known.host?.uses ?? []) if (!ours) need(id, 'in_use', container)
  return needs
}

/** Built not long ago, or the one that a deploy without a tag would take: they come newest first. */
function tagStays({ tags, policy }: KnownScope, index: number, nowAt: number): boolean {
  return index === 0 || nowAt - tags[index]!.builtAt < policy.unusedForMs
}

type LetGoImage = { readonly because: Because; readonly names: Set<string> }
type LetGoManifest = {
  readonly because: Because
  readonly repository: string
  readonly digest: string
  readonly tags: Set<string>
}
type LetGo = {
  readonly kept: Kept[]
  readonly containers: Removal[]
  /** By image ID. */
  readonly images: Map<string, LetGoImage>
  /** By `repository@digest`; only where the policy says so. */
  readonly manifests: Map<string, LetGoManifest>
}

/** What nobody needs any more. A release whose image is needed stays with it: it costs nothing. */
function collect(all: readonly Scoped[], needs: Needs): LetGo {
  const letGo: LetGo = { kept: [], containers: [], images: new Map(), manifests: new Map() }
  for (const { scope, judged } of all) {
    const of = scopeOf(scope)
    const becauses = new Map<string, Because>()
    for (const { release, keep, why } of judged) {
      const { number, configDigest } = release
      const need = needs.get(configDigest)
      if (keep) letGo.kept.push({ ...of, release: number, why, of: null })
      else if (need !== undefined && release.prunedAt === null) letGo.kept.push({ ...of, release: number, ...need })
      if (keep) continue
      const because = { ...of, release: number, why }
      if (scope.containers.has(number)) letGo.containers.push({ ...because, kind: 'containers' })
      if (need !== undefined) continue
      becauses.set(configDigest, because)
      addRelease(letGo, scope, release, because)
    }
    for (const tag of scope.tags) {
      if (needs.has(tag.configDigest)) continue
      addTag(letGo, scope, tag, becauses.get(tag.configDigest) ?? { ...of, release: null, why: 'never_deployed' })
    }
  }
  return letGo
}

function addRelease(letGo: LetGo, { policy }: KnownScope, release: KnownRelease, because: Because): void {
  const { image, digest, configDigest } = release
  const named = nameOf(image)
  addName(letGo, configDigest, image, because)
  if (digest === configDigest || !policy.registry || named === null) return
  addManifest(letGo, named.repository, digest, named.tag, because)
}

function addTag(letGo: LetGo, { policy }: KnownScope, tag: KnownTag, because: Because): void {
  addName(letGo, tag.configDigest, `${tag.repository}:${tag.tag}`, because)
  if (tag.digest !== null && policy.registry) addManifest(letGo, tag.repository, tag.digest, tag.tag, because)
}

function addName({ images }: LetGo, id: string, reference: string, because: Because): void {
  const image = images.get(id) ?? { because, names: new Set<string>() }
  images.set(id, image)
  const named = nameOf(reference)
  if (named === null) return
  image.names.add(named.repository)
  if (named.tag !== null) image.names.add(`${named.repository}:${named.tag}`)
}

function addManifest({ manifests }: LetGo, repository: string, digest: string, tag: string | null, because: Because) {
  const key = `${repository}@${digest}`
  const manifest = manifests.get(key) ?? { because, repository, digest, tags: new Set<string>() }
  manifests.set(key, manifest)
  if (tag !== null) manifest.tags.add(tag)
}

/** `repository@digest` of every manifest that somebody who stays could be restored from. */
function manifestsKept(all: readonly Scoped[], needs: Needs): ReadonlySet<string> {
  return new Set(
    all.flatMap(({ scope }) => [
      ...scope.releases
        .filter(({ configDigest }) => needs.has(configDigest))
        .map(({ image, digest }) => `${nameOf(image)?.repository}@${digest}`),
      ...scope.tags
        .filter(({ configDigest }) => needs.has(configDigest))
        .map(({ repository, digest }) => `${repository}@${digest}`),
    ]),
  )
}

const SIGNATURE = /^sha256-([0-9a-f]{64})(?:\.[a-z]+)?$/

function manifestRemovals(known: Known, manifests: LetGo['manifests'], kept: ReadonlySet<string>): Removal[] {
  if (manifests.size === 0) return []
  const listed = new Map([...known.registry].map(([repository, tags]) => [repository, readTags(tags)]))
  return [...manifests].flatMap(([key, { because, repository, digest, tags }]): Removal[] => {
    const there = listed.get(repository)
    const found = [...tags].filter((tag) => there?.tags.has(tag) === true)
    if (kept.has(key) || known.untouchable.has(key) || found.length === 0) return []
    const signatures = there?.signatures.get(digest) ?? []
    return [{ ...because, kind: 'manifest', repository, digest, tags: found, signatures }]
  })
}

/** Signers name what they put beside a manifest by its digest: `sha256-….sig`. */
function readTags(tags: readonly string[]): { tags: ReadonlySet<string>; signatures: ReadonlyMap<string, string[]> } {
  const signatures = Map.groupBy(
    tags.filter((tag) => SIGNATURE.test(tag)),
    (tag) => `sha256:${SIGNATURE.exec(tag)![1]}`,
  )
  return { tags: new Set(tags), signatures }
}

function archiveRemovals({ archive, scopes }: Known, images: LetGo['images'], needs: Needs): Removal[] {
  const [first] = scopes
  return archive.flatMap(({ id, sizeBytes }): Removal[] => {
    if (needs.has(id)) return []
    const because = images.get(id)?.because ?? (first && { ...scopeOf(first), release: null, why: 'orphan' as const })
    return because === undefined ? [] : [{ ...because, kind: 'archive', id, sizeBytes }]
  })
}

/** Of a name that others have given an image it keeps that name; a digest is Astern's where its repository is. */
function imageRemovals({ host }: Known, images: LetGo['images']): Removal[] {
  const onHost = new Map((host?.images ?? []).map((image) => [image.id, image]))
  return [...images].flatMap(([id, found]): Removal[] => {
    const image = onHost.get(id)
    if (image === undefined) return []
    const isKnown = (name: string) => found.names.has(name) || found.names.has(name.split('@')[0]!)
    const names = [...image.tags, ...image.digests]
    const known = [...image.tags.filter((tag) => found.names.has(tag)), ...image.digests.filter(isKnown)]
    const whole = known.length === names.length
    if (known.length === 0 && !whole) return []
    return [{ ...found.because, kind: 'image', id: image.id, names: known, whole, sizeBytes: image.sizeBytes }]
  })
}

function factRemovals(scope: KnownScope, nowAt: number): Removal[] {
  return scope.trials
    .filter(({ endedAt }) => nowAt - endedAt >= scope.policy.forMs)
    .map(({ transactionId }) => ({ ...scopeOf(scope), kind: 'facts', release: null, why: 'age', transactionId }))
}

function copiesLeft(
  known: Known,
  all: readonly Scoped[],
  needs: Needs,
  removals: readonly Removal[],
): Pick<PrunePlan, 'gone' | 'lost'> {
  if (known.host === null) return { gone: [], lost: [] }
  const away = new Set(
    removals.flatMap((removal) => {
      if (removal.kind === 'manifest') return [`${removal.repository}@${removal.digest}`]
      return removal.kind === 'archive' || (removal.kind === 'image' && removal.whole)
        ? [`${removal.kind} ${removal.id}`]
        : []
    }),
  )
  const copies = new Set(
    [
      ...known.host.images.map(({ id }) => ['image', id] as const),
      ...known.archive.map(({ id }) => ['archive', id] as const),
    ].flatMap(([kind, id]) => (away.has(`${kind} ${id}`) ? [] : [id])),
  )
  // What was pushed is taken to be there still, unless it goes now: whoever goes back finds out.
  const listed = new Map([...known.registry].map(([repository, tags]) => [repository, new Set(tags)]))
  const inRegistry = (repository: string, digest: string, tag: string | null) =>
    !away.has(`${repository}@${digest}`) && (tag === null || listed.get(repository)?.has(tag) !== false)
  for (const { scope } of all) {
    for (const { image, digest, configDigest } of scope.releases) {
      const named = digest === configDigest ? null : nameOf(image)
      if (named !== null && inRegistry(named.repository, digest, named.tag)) copies.add(configDigest)
    }
    for (const { repository, tag, digest, configDigest } of scope.tags) {
      if (digest !== null && inRegistry(repository, digest, tag)) copies.add(configDigest)
    }
  }
  const without = (stays: boolean) =>
    all.flatMap(({ scope }) =>
      scope.releases
        .filter(({ configDigest, prunedAt }) => prunedAt === null && needs.has(configDigest) === stays)
        .filter(({ configDigest, activeAt }) => !copies.has(configDigest) && (!stays || activeAt !== null))
        .map(({ number }) => ({ ...scopeOf(scope), number })),
    )
  return { gone: without(false), lost: without(true) }
}

/** Of releases that stay and could be gone back to. A disk that is nearly full gets no copies. */
function toArchive(known: Known, all: readonly Scoped[]): string[] {
  const onHost = new Set((known.host?.images ?? []).map(({ id }) => id))
  const archived = new Set(known.archive.map(({ id }) => id))
  const pushed = new Set(
    all.flatMap(({ scope }) => scope.tags.filter(({ digest }) => digest !== null).map((tag) => tag.configDigest)),
  )
  const wanted = all.flatMap(({ scope: { policy }, pressure, judged }) =>
    judged
      .filter(({ keep, release }) => keep && !pressure && release.activeAt !== null && policy.archive !== 'off')
      .map(({ release }) => release)
      .filter(
        ({ digest, configDigest }) =>
          policy.archive === 'all' || (digest === configDigest && !pushed.has(configDigest)),
      )
      .map(({ configDigest }) => configDigest),
  )
  return [...new Set(wanted)].filter((id) => onHost.has(id) && !archived.has(id))
}

function nameOf(reference: string): { readonly repository: string; readonly tag: string | null } | null {
  const parsed = parseReference(reference)
  return parsed?.kind === 'name' ? parsed : null
}

function scopeOf({ service, environment }: Scope): Scope {
  return { service, environment }
}
