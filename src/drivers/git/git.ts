// Asks git about repositories, and lets it commit, tag and push there. What is asked before a deploy changes nothing and fetches nothing.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../../core/errors.ts'
import type { Vcs } from '../../ports/vcs.ts'
import { committedAt } from './commit-times.ts'
import { readCommits } from './commits.ts'
import { pushRevert } from './revert.ts'
import { createRunner, type Environment, type Git, told } from './run-git.ts'

/** A deploy waits no longer to hear what was built on what. */
const GLANCE_MS = 5_000
/** Hashes, and names of tags and branches. It begins with no dash, so git cannot take it for an option. */
const REVISION = /^\w[\w./-]{0,255}$/
const NOT_A_REPOSITORY = /not a git repository|No such file or directory/

export function createGit(given: { readonly env: Environment }): Vcs {
  const { env } = given
  const git = createRunner(env)
  return {
    isAncestor: (revision, of, folder) => isAncestor(git, revision, of, folder),

    async checkout(folder) {
      if (!existsSync(folder)) return null
      const [place, head, branch] = await Promise.all([
        git.run(folder, ['rev-parse', '--is-shallow-repository', '--show-prefix', '--show-toplevel']),
        git.run(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']),
        git.run(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD']),
      ])
      if (place.exit !== 0) {
        if (NOT_A_REPOSITORY.test(place.err)) return null
        throw fail('GIT_FAILED', { command: 'rev-parse', reason: told(place.err) })
      }
      const [shallow, prefix = '', ...root] = place.out.trimEnd().split('\n')
      return {
        root: root.join('\n'),
        within: prefix.replace(/\/$/, ''),
        head: head.exit === 0 ? head.out.trim() : null,
        branch: branch.exit === 0 ? branch.out.trim() : null,
        shallow: shallow === 'true',
      }
    },

    committedAt: (revisions, folder) => committedAt(git, revisions, folder),

    async tags(root, prefix) {
      const all = await listTags(git, root, prefix, [])
      if (all.length === 0) return []
      const history = new Set((await listTags(git, root, prefix, ['--merged=HEAD'])).map(({ name }) => name))
      return all.map((tag) => ({ ...tag, inHistory: history.has(tag.name) }))
    },

    commits: (root, range) => readCommits(env, root, range),

    async changes(root) {
      const out = await git.read(root, ['status', '--porcelain=v1', '-z', '--no-renames'])
      const entries = out.split('\0').filter((entry) => entry !== '')
      const pathsOf = (unknown: boolean) =>
        entries.filter((entry) => entry.startsWith('??') === unknown).map((entry) => entry.slice(3))
      return { changed: pathsOf(false), unknown: pathsOf(true) }
    },

    async file(root, path) {
      const { exit, out } = await git.run(root, ['cat-file', 'blob', `HEAD:${path}`])
      return { committed: exit === 0 ? out : null, now: readIfThere(join(root, path)) }
    },

    async commitFile(root, { path, text, message }) {
      const file = join(root, path)
      const before = readIfThere(file)
      try {
        writeWhole(file, text)
        await git.read(root, ['add', '--', `:(top,literal)${path}`])
        const words = ['commit', '--quiet', '--cleanup=verbatim', '--file=-', '--', `:(top,literal)${path}`]
        await git.read(root, words, { input: message })
      } catch (error) {
        await git.run(root, ['reset', '--quiet', '--', `:(top,literal)${path}`])
        if (before === null) rmSync(file, { force: true })
        else writeWhole(file, before)
        throw error
      }
      return (await git.read(root, ['rev-parse', 'HEAD'])).trim()
    },

    async tag(root, { name, commit, message }) {
      const words = ['tag', '--annotate', '--cleanup=verbatim', '--file=-', name, commit]
      await git.read(root, words, { input: message })
    },

    async remote(folder) {
      if (!existsSync(folder)) return null
      try {
        const listed = await git.run(folder, ['remote'])
        if (listed.exit !== 0) return null
        const names = listed.out.split('\n').filter((name) => name !== '')
        const branch = await git.run(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD'])
        const upstream = await git.run(folder, ['config', '--get', `branch.${branch.out.trim()}.remote`])
        const wanted = [upstream.out.trim(), 'origin'].find((name) => names.includes(name))
        const name = wanted ?? (names.length === 1 ? names[0]! : null)
        if (name === null) return null
        const url = await git.run(folder, ['remote', 'get-url', '--', name])
        return url.exit === 0 ? { name, url: url.out.trim() } : null
      } catch {
        return null // there is no git: then nothing can be said of its remote
      }
    },

    async remoteTags(root, remote, prefix) {
      const words = ['ls-remote', '--quiet', '--tags', '--', remote, `refs/tags/${prefix}*`]
      const commits = new Map<string, string>()
      // A line with ^{} follows that of an annotated tag, with the commit.
      for (const line of (await git.read(root, words, { remote: true })).split('\n')) {
        const [commit, ref] = line.split('\t')
        if (ref !== undefined) commits.set(ref.slice('refs/tags/'.length).replace(/\^\{\}$/, ''), commit!)
      }
      return [...commits].flatMap(([name, commit]) => (name.startsWith(prefix) ? [{ name, commit }] : []))
    },

    async push(root, remote, { branch, tag }) {
      const target = (await upstreamOf(git, root, branch)) ?? branch
      const refs = [`HEAD:refs/heads/${target}`, `refs/tags/${tag}`]
      const { exit, err } = await git.run(root, ['push', '--quiet', '--atomic', '--', remote, ...refs], {
        remote: true,
      })
      if (exit !== 0) throw fail('PUSH_FAILED', { what: `${target} with ${tag}`, remote, reason: told(err) })
    },

    pushRevert: (root, wanted) => pushRevert(git, root, wanted),
  }
}

async function isAncestor(git: Git, revision: string, of: string, folder: string): Promise<boolean | null> {
  const quick = async (...args: readonly string[]) => {
    try {
      return await git.run(folder, args, { limitMs: GLANCE_MS })
    } catch {
      return { exit: null, out: '' } // no git, no folder: nobody to ask
    }
  }
  /** The whole hash of a commit; `null`: the repository does not have it. */
  const commit = async (name: string): Promise<string | null> => {
    if (!REVISION.test(name)) return null
    const { exit, out } = await quick('rev-parse', '--verify', '--quiet', `${name}^{commit}`)
    return exit === 0 && out !== '' ? out.trim() : null
  }
  const [older, newer] = await Promise.all([commit(revision), commit(of)])
  if (older === null || newer === null) return null
  if (older === newer) return false
  const { exit } = await quick('merge-base', '--is-ancestor', older, newer)
  return exit === 0 ? true : exit === 1 ? false : null
}

async function listTags(git: Git, root: string, prefix: string, only: readonly string[]) {
  const format = '%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)'
  const words = ['for-each-ref', `--format=${format}`, ...only, `refs/tags/${prefix}*`]
  return (await git.read(root, words)).split('\n').flatMap((line) => {
    const [ref, type, object, inner, commit] = line.split('\0')
    if (ref === undefined || ref === '') return []
    const name = ref.slice('refs/tags/'.length)
    if (type === 'commit') return [{ name, commit: object! }]
    return inner === 'commit' ? [{ name, commit: commit! }] : []
  })
}

/** The name that a branch has at its remote. */
async function upstreamOf(git: Git, root: string, branch: string): Promise<string | null> {
  const { exit, out } = await git.run(root, ['config', '--get', `branch.${branch}.merge`])
  return exit === 0 && out.startsWith('refs/heads/') ? out.trim().slice('refs/heads/'.length) : null
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

/** A reader, and whoever comes after a crash, finds the old text or the new one. */
function writeWhole(path: string, text: string): void {
  const temporary = `${path}.astern`
  writeFileSync(temporary, text)
  renameSync(temporary, path)
}
