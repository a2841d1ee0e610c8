// What a build is made from: the commit, the version that its tags say, and what differs from it.
import { join } from 'node:path'
import { UNVERSIONED, versionOfTags } from '../core/built-version.ts'
import { isAsternError } from '../core/errors.ts'
import { webRepository } from '../core/git-links.ts'
import type { Definition } from '../core/model.ts'
import type { Checkout, Vcs } from '../ports/vcs.ts'

const SHA_DIGITS = 12
const DIRTY = '-dirty'
const FILES_NAMED = 3

/** What deserves to be said, in words of i18n. */
export type SourceWarning = {
  readonly code: 'unversioned' | 'unversioned_shallow' | 'no_git' | 'dirty' | 'untracked'
  readonly details: Readonly<Record<string, string>>
}

/** `null`: not known. */
export type BuildSource = {
  readonly version: string
  /** Marked when files differ from it. */
  readonly revision: string | null
  readonly isDirty: boolean
  /** The revision in short, marked as well. */
  readonly sha: string | null
  readonly branch: string | null
  /** Where the source can be looked at. */
  readonly url: string | null
  readonly warnings: readonly SourceWarning[]
}

/**
 * A tree that differs from its commit may be built: at night somebody has to. What comes out does not bear the name of that commit, since a name is
 * given once: version, revision and `{sha}` are marked, as `git describe --dirty` does it. Files that git does not know are said. `asked`: the version,
 * whatever git says. Error: GIT_FAILED.
 */
export async function sourceOf(
  vcs: Vcs,
  { service, configPath, version: policy }: Pick<Definition, 'service' | 'configPath' | 'version'>,
  context: string,
  asked: string | null,
): Promise<BuildSource> {
  const checkout = await checkoutOf(vcs, context)
  if (checkout === null) {
    const version = asked ?? UNVERSIONED
    const warnings = [{ code: 'no_git', details: {} } as const]
    return { version, revision: null, isDirty: false, sha: null, branch: null, url: null, warnings }
  }
  const { root, within, head, branch, shallow } = checkout
  const [tags, changes, remote] = await Promise.all([vcs.tags(root, ''), vcs.changes(root), vcs.remote(root)])
  const own = tags.filter(({ commit }) => commit === head).map(({ name }) => name)
  const tagged = versionOfTags(own, service, policy?.tagPrefix ?? '')
  // How something is built and run is no part of what is built.
  const counts = (path: string) => (within === '' || path.startsWith(`${within}/`)) && join(root, path) !== configPath
  const [changed, unknown] = [changes.changed.filter(counts), changes.unknown.filter(counts)]
  const mark = changed.length > 0 ? DIRTY : ''
  const version = asked ?? (tagged === null ? UNVERSIONED : tagged + mark)
  const unversioned = shallow ? 'unversioned_shallow' : 'unversioned'
  const repository = remote === null ? null : webRepository(remote.url)
  return {
    version,
    revision: head + mark,
    isDirty: mark !== '',
    sha: head.slice(0, SHA_DIGITS) + mark,
    branch,
    url: repository === null ? null : `${repository.origin}/${repository.path}`,
    warnings: [
      ...(asked === null && tagged === null ? [{ code: unversioned, details: { version } } as const] : []),
      ...(changed.length === 0 ? [] : [{ code: 'dirty', details: { files: named(changed) } } as const]),
      ...(unknown.length === 0 ? [] : [{ code: 'untracked', details: { files: named(unknown) } } as const]),
    ],
  }
}

/** `null`: there is no commit, or no git. */
async function checkoutOf(vcs: Vcs, folder: string): Promise<(Checkout & { readonly head: string }) | null> {
  try {
    const found = await vcs.checkout(folder)
    return found?.head == null ? null : { ...found, head: found.head }
  } catch (error) {
    if (isAsternError(error, 'GIT_UNAVAILABLE')) return null
    throw error
  }
}

function named(files: readonly string[]): string {
  const more = files.length > FILES_NAMED ? ` … (${files.length})` : ''
  return files.slice(0, FILES_NAMED).join(', ') + more
}
