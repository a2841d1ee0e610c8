// Makes a version: writes its changelog, commits that alone, tags the commit, pushes both where that is asked for.
// Invariants: nothing is written before everything that speaks against it was looked at; the tag comes after the commit, and names it; a run that
// finds a commit without its tag makes the tag, and no second entry.
import { type AsternError, fail, isAsternError, reasonOf } from '../core/errors.ts'
import { compareUrl, kindOfHost, type CodeHostKind, webRepository } from '../core/git-links.ts'
import { CHANGELOG, hasEntry, sameButDates, sectionsOf, withEntry } from '../core/version/changelog.ts'
import { type Change, RELEASE_TRAILER } from '../core/version/commits.ts'
import type { Next } from '../core/version/next.ts'
import type { VersionTag } from '../core/version/tags.ts'
import type { Remote, Vcs } from '../ports/vcs.ts'
import type { App } from './app.ts'
import { lookAtVersion, type Looked, moved, throwIfMoved, toldSince, type VersionAsked } from './next-version.ts'

const NAMED_FILES = 5
const SHOWN_DIGITS = 12

export type ReleaseAsked = VersionAsked & {
  readonly push: boolean
  readonly dryRun: boolean
  /** What kind the remote is, where its name does not tell; `null`: its name has to. */
  readonly host: CodeHostKind | null
}

export type Released = {
  readonly looked: Looked
  /** `noop`: there is nothing to release. `planned`: it was a dry run. */
  readonly outcome: 'released' | 'finished' | 'pushed' | 'planned' | 'noop'
  readonly version: string | null
  readonly tag: string | null
  readonly commit: string | null
  /** From the root; `null`: it was not written. */
  readonly changelog: string | null
  /** What the changelog says of it. */
  readonly notes: string | null
  readonly pushedTo: string | null
  readonly warnings: readonly string[]
  /** The version is made, and what followed failed. */
  readonly error: AsternError | null
}

type Scene = {
  readonly vcs: Vcs
  readonly app: App
  readonly asked: ReleaseAsked
  readonly looked: Looked
  readonly remote: Remote | null
  readonly remoteTags: ReadonlyMap<string, string> | null
  readonly warnings: string[]
}

/** Errors, with nothing changed: those of looking, DETACHED_HEAD, TREE_DIRTY, GIT_TAG_MOVED, VERSION_TAKEN, VERSION_TOO_LOW, PUSH_FAILED. */
export async function releaseVersion(app: App, asked: ReleaseAsked): Promise<Released> {
  const vcs = await app.vcs()
  const looked = await lookAtVersion(vcs, asked)
  const { checkout, unfinished, next } = looked
  if (checkout.branch === null) throw fail('DETACHED_HEAD')
  const remote = await vcs.remote(checkout.root)
  if (asked.push && remote === null) {
    throw fail('PUSH_FAILED', { what: checkout.branch, remote: '-', reason: 'there is no remote' })
  }
  const warnings: string[] = []
  const remoteTags = remote === null ? null : await tagsOf(vcs, looked, remote, asked, warnings)
  const scene: Scene = { vcs, app, asked, looked, remote, remoteTags, warnings }
  await throwIfAnyMoved(scene)
  if (unfinished !== null) {
    const { changes } = looked.told
    const at = changes.findIndex(({ hash }) => hash === unfinished.commit)
    throwIfTaken(scene, unfinished.tag)
    return finish(scene, { ...unfinished, outcome: 'finished', changelog: null, changes: changes.slice(at + 1) })
  }
  if (next.outcome === 'too_low') throw tooLow(next)
  if (next.outcome === 'nothing') return leftToPush(scene)
  return make(scene, next.version)
}

export function tooLow({ version, than }: Extract<Next, { outcome: 'too_low' }>): AsternError {
  return fail('VERSION_TOO_LOW', { version, tag: than.name })
}

/** What the remote has; `null`: it does not say, which is a warning unless it is to be pushed to. */
async function tagsOf(vcs: Vcs, { checkout }: Looked, remote: Remote, asked: ReleaseAsked, warnings: string[]) {
  try {
    const tags = await vcs.remoteTags(checkout.root, remote.name, asked.tagPrefix)
    return new Map(tags.map(({ name, commit }) => [name, commit]))
  } catch (error) {
    if (asked.push) throw error
    warnings.push(`whether a tag was moved at ${remote.name} is not known: ${reasonOf(error)}`)
    return null
  }
}

/** By the remote, by what was seen here before, and by the commits of releases in the history. Error: GIT_TAG_MOVED. */
async function throwIfAnyMoved({ vcs, app, asked, looked, remote, remoteTags }: Scene): Promise<void> {
  const { tags, last, checkout, path } = looked
  const known = app.store.repositories.tags(repositoryName(looked, remote), asked.tagPrefix)
  for (const tag of tags.versions) {
    const there = remoteTags?.get(tag.name)
    if (there !== undefined && there !== tag.commit) throw moved(tag, there, remote!.name)
    const before = known.get(tag.name)
    if (before !== undefined && before !== tag.commit) throw moved(tag, before, "Astern's record")
  }
  const earlier = tags.versions.filter(({ inHistory, pre }) => inHistory && pre.length === 0)[1] ?? null
  if (last !== null) throwIfMoved(await toldSince(vcs, checkout, path, earlier), tags)
}

/** Error: VERSION_TAKEN. */
function throwIfTaken({ app, asked, looked, remote, remoteTags }: Scene, tag: string): void {
  const here = looked.tags.versions.find(({ name }) => name === tag)?.commit
  const there = remoteTags?.get(tag)
  const before = app.store.repositories.tags(repositoryName(looked, remote), asked.tagPrefix).get(tag)
  const [where, commit] =
    here !== undefined
      ? ['this repository', here]
      : there !== undefined
        ? [remote!.name, there]
        : ["Astern's record", before]
  if (commit !== undefined) throw fail('VERSION_TAKEN', { tag, there: commit.slice(0, SHOWN_DIGITS), where })
}

async function make(scene: Scene, version: string): Promise<Released> {
  const { vcs, app, asked, looked, remote, warnings } = scene
  const { checkout, path, last, before } = looked
  const tag = `${asked.tagPrefix}${version}`
  throwIfTaken(scene, tag)
  const from: VersionTag | null = version.includes('-') ? (before ?? last) : last
  const { changes } = from === before ? looked.newest : looked.told
  const web = remote === null ? null : webRepository(remote.url)
  const kind = web === null ? null : (asked.host ?? kindOfHost(web.origin))
  const entry = {
    version,
    date: new Date(app.clock.now()).toISOString().slice(0, 10),
    changes,
    compareUrl: web === null || from === null ? null : compareUrl(web, kind, from.name, tag),
  }
  const file = path === null ? CHANGELOG : `${path}/${CHANGELOG}`
  const { committed, now } = await vcs.file(checkout.root, file)
  const text = withEntry(committed, entry)
  // It was written, and not committed: by a run that was killed just there.
  const written = now !== null && now !== committed && sameButDates(now, text)
  const { changed, unknown } = await vcs.changes(checkout.root)
  throwIfDirty(changed.filter((name) => !(written && name === file)))
  const others = unknown.filter((name) => name !== file)
  if (others.length > 0) warnings.push(`not part of it, because git does not know them: ${named(others)}`)
  // A file that nobody has committed yet keeps its text, too.
  const whole = committed === null && now !== null && !written ? withEntry(now, entry) : text
  const needed = committed === null || !hasEntry(committed, version)
  if (asked.dryRun) {
    const planned = { looked, outcome: 'planned', version, tag, commit: null, pushedTo: null, error: null } as const
    return { ...planned, changelog: needed ? file : null, notes: sectionsOf(changes), warnings }
  }
  const message = `chore(release): ${tag}\n\n${RELEASE_TRAILER}: ${tag}\n`
  const commit = needed ? await vcs.commitFile(checkout.root, { path: file, text: whole, message }) : checkout.head
  return finish(scene, { tag, version, commit, outcome: 'released', changelog: needed ? file : null, changes })
}

/** Error: TREE_DIRTY. */
function throwIfDirty(files: readonly string[]): void {
  if (files.length > 0) throw fail('TREE_DIRTY', { count: files.length, files: named(files) })
}

function named(files: readonly string[]): string {
  const shown = files.slice(0, NAMED_FILES).join(', ')
  return files.length > NAMED_FILES ? `${shown}, …` : shown
}

type Made = {
  readonly tag: string
  readonly version: string
  readonly commit: string
  readonly outcome: 'released' | 'finished'
  readonly changelog: string | null
  readonly changes: readonly Change[]
}

/** The commit is there. */
async function finish(scene: Scene, { changes, ...made }: Made): Promise<Released> {
  const { vcs, asked, looked, warnings } = scene
  const { tag, commit } = made
  const notes = sectionsOf(changes)
  if (asked.dryRun) return { ...made, looked, outcome: 'planned', notes, pushedTo: null, warnings, error: null }
  await vcs.tag(looked.checkout.root, { name: tag, commit, message: `${tag}\n\n${notes}` })
  remember(scene, { name: tag, commit })
  return { ...made, looked, notes, warnings, ...(await pushed(scene, tag)) }
}

/** There is no new version; but the last one may not have been pushed yet. */
async function leftToPush(scene: Scene): Promise<Released> {
  const { asked, looked, remoteTags, warnings } = scene
  const last = looked.before ?? looked.last
  const nothing = { looked, version: null, tag: null, commit: null, changelog: null, notes: null, warnings }
  const left = asked.push && last !== null && remoteTags?.has(last.name) === false
  if (!left) return { ...nothing, outcome: 'noop', pushedTo: null, error: null }
  const { version, name, commit } = last
  const push = asked.dryRun ? { pushedTo: null, error: null } : await pushed(scene, name)
  return { ...nothing, outcome: asked.dryRun ? 'planned' : 'pushed', version, tag: name, commit, ...push }
}

async function pushed(
  { vcs, asked, looked, remote }: Scene,
  tag: string,
): Promise<Pick<Released, 'pushedTo' | 'error'>> {
  if (!asked.push) return { pushedTo: null, error: null }
  try {
    await vcs.push(looked.checkout.root, remote!.name, { branch: looked.checkout.branch!, tag })
    return { pushedTo: remote!.name, error: null }
  } catch (error) {
    if (isAsternError(error)) return { pushedTo: null, error }
    throw error
  }
}

/** So that a tag that is moved later is found out. */
function remember({ app, looked, remote }: Scene, made: { readonly name: string; readonly commit: string }): void {
  const { repositories } = app.store
  const seen = looked.tags.versions.filter(({ inHistory }) => inHistory)
  const name = repositoryName(looked, remote)
  app.store.transaction(() => {
    for (const { name: tag, commit } of [...seen, made]) repositories.remember(name, tag, commit, app.clock.now())
  })
}

/** The same for every clone of it, where it is on a host. */
function repositoryName({ checkout }: Looked, remote: Remote | null): string {
  const web = remote === null ? null : webRepository(remote.url)
  return web === null ? checkout.root : `${web.origin}/${web.path}`
}
