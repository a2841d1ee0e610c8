// Tells the next version of a repository, or of one folder in it, and why. Nothing is changed, and nobody but git is asked.
import { fail } from '../core/errors.ts'
import { createReading, type Told } from '../core/version/commits.ts'
import { type Ask, lastPreRelease, lastVersion, type Next, nextVersion } from '../core/version/next.ts'
import { type VersionTag, versionTags, type VersionTags } from '../core/version/tags.ts'
import type { Checkout, Vcs } from '../ports/vcs.ts'

const SHOWN_DIGITS = 12

export type VersionAsked = Ask & {
  /** A folder in the repository. */
  readonly folder: string
  /** Only what touches that folder counts. */
  readonly folderOnly: boolean
  readonly tagPrefix: string
}

/** What is to be known of a repository. */
export type Looked = {
  readonly checkout: Checkout & { readonly head: string }
  /** Only what touches it counts, from the root; `null`: everything does. */
  readonly path: string | null
  readonly tags: VersionTags
  readonly last: VersionTag | null
  readonly before: VersionTag | null
  /** Since the last version. */
  readonly told: Told
  /** Since the pre-release that followed it; the same where none did. */
  readonly newest: Told
  readonly next: Next
  /** A release was committed and never tagged. */
  readonly unfinished: { readonly tag: string; readonly version: string; readonly commit: string } | null
}

/** Errors: NOT_A_REPOSITORY, NO_COMMITS, SHALLOW_CLONE, GIT_TAG_MOVED, GIT_UNAVAILABLE, GIT_FAILED. */
export async function lookAtVersion(vcs: Vcs, asked: VersionAsked): Promise<Looked> {
  const { folder, folderOnly, tagPrefix } = asked
  const found = await vcs.checkout(folder)
  if (found === null) throw fail('NOT_A_REPOSITORY', { folder })
  const { head, root, shallow } = found
  if (head === null) throw fail('NO_COMMITS', { folder: root })
  const checkout = { ...found, head }
  const path = folderOnly && checkout.within !== '' ? checkout.within : null
  const tags = versionTags(await vcs.tags(root, tagPrefix), tagPrefix)
  const last = lastVersion(tags.versions)
  const before = lastPreRelease(tags.versions)
  const told = await toldSince(vcs, checkout, path, last)
  const newest = before === null ? told : await toldSince(vcs, checkout, path, before)
  if (shallow && last === null) throw fail('SHALLOW_CLONE', { since: root })
  throwIfMoved(told, tags)
  return {
    checkout,
    path,
    tags,
    last,
    before,
    told,
    newest,
    next: nextVersion({ tags: tags.versions, told, newest }, asked),
    unfinished: unfinishedIn(told, tags, tagPrefix),
  }
}

/** Errors: SHALLOW_CLONE, and those of the port. */
export async function toldSince(
  vcs: Vcs,
  { root, shallow }: Pick<Checkout, 'root' | 'shallow'>,
  path: string | null,
  since: Pick<VersionTag, 'name'> | null,
): Promise<Told> {
  const reading = createReading()
  for await (const commits of vcs.commits(root, { since: since?.name ?? null, path })) {
    // What looks like the first commit is only the last one that was fetched.
    if (shallow && commits.some(({ parents }) => parents === 0)) {
      throw fail('SHALLOW_CLONE', { since: since?.name ?? root })
    }
    reading.add(commits)
  }
  return reading.told()
}

/** The commit of a release says which tag it was made for. Error: GIT_TAG_MOVED. */
export function throwIfMoved({ changes }: Told, { versions }: VersionTags): void {
  const made = changes.filter(({ release }) => release !== null)
  for (const { release, hash } of made) {
    const tag = versions.find(({ name }) => name === release)
    if (tag !== undefined && tag.commit !== hash) throw moved(tag, hash, "the history's own commit of that release")
  }
}

export function moved(tag: VersionTag, there: string, where: string) {
  const [here, elsewhere] = [tag.commit.slice(0, SHOWN_DIGITS), there.slice(0, SHOWN_DIGITS)]
  return fail('GIT_TAG_MOVED', { tag: tag.name, here, there: elsewhere, where })
}

function unfinishedIn({ changes }: Told, { versions }: VersionTags, prefix: string): Looked['unfinished'] {
  const made = changes.find(({ release }) => release !== null)
  const tag = made?.release ?? null
  if (made === undefined || tag === null || versions.some(({ name }) => name === tag)) return null
  const read = versionTags([{ name: tag, commit: made.hash, inHistory: true }], prefix).versions[0]
  return read === undefined ? null : { tag, version: read.version, commit: made.hash }
}
