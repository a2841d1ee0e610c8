// Takes revisions back on the newest state of a remote's branch. All of it happens in a folder of its own: what somebody has checked out stays as it is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail } from '../../core/errors.ts'
import type { Reverted, RevertWanted } from '../../ports/vcs.ts'
import { failed, type Git, told } from './run-git.ts'

/** Hooks are for people who work in the repository: at night nobody waits for their tests. */
const WITHOUT_HOOKS = ['-c', 'core.hooksPath=/dev/null']

export async function pushRevert(git: Git, root: string, wanted: RevertWanted): Promise<Reverted> {
  const { remote, branch, good, bad } = wanted
  const base = wanted.base ?? (await defaultBranch(git, root, remote))
  const pushed = await headOf(git, root, remote, branch)
  if (pushed !== null) return { outcome: 'pushed_before', base, head: pushed }
  await git.read(root, ['fetch', '--no-tags', '--quiet', remote, `refs/heads/${base}`], { remote: true })
  const tip = (await git.read(root, ['rev-parse', 'FETCH_HEAD'])).trim()
  const { exit } = await git.run(root, ['merge-base', '--is-ancestor', bad, tip])
  if (exit !== 0) return { outcome: 'nothing', base, why: 'not_in_base' }
  const commits = await revertable(git, root, wanted)
  if (commits.length === 0) return { outcome: 'nothing', base, why: 'reverted_already' }
  const folder = mkdtempSync(join(tmpdir(), 'astern-revert-'))
  try {
    await git.read(root, [...WITHOUT_HOOKS, 'worktree', 'add', '--quiet', '--detach', folder, tip])
    const conflict = await revert(git, folder, commits)
    if (conflict !== null) return { outcome: 'conflict', base, files: conflict }
    const head = (await git.read(folder, ['rev-parse', 'HEAD'])).trim()
    if (head === tip) return { outcome: 'nothing', base, why: 'reverted_already' }
    const refs = `HEAD:refs/heads/${branch}`
    const push = [...WITHOUT_HOOKS, 'push', '--quiet', '--no-verify', remote, refs]
    const { exit, err } = await git.run(folder, push, { remote: true })
    if (exit !== 0) throw fail('PUSH_FAILED', { what: branch, remote, reason: told(err) })
    return { outcome: 'pushed', base, head }
  } finally {
    await git.run(root, ['worktree', 'remove', '--force', folder])
    rmSync(folder, { recursive: true, force: true })
  }

  /** Newest first; a merge stands for all that it brought in. */
  async function revertable(git: Git, root: string, { except }: RevertWanted): Promise<string[]> {
    const words = ['rev-list', '--first-parent', '--invert-grep', `--grep=^${except}`, `${good}..${bad}`]
    return (await git.read(root, words)).split('\n').filter((line) => line !== '')
  }
}

/** The files that stand in the way; `null`: it is done. What was taken back already, or changed nothing, is passed over. */
async function revert(git: Git, folder: string, commits: readonly string[]): Promise<string[] | null> {
  for (const commit of commits) {
    // Of a commit with one parent that is the first one, too.
    const args = [...WITHOUT_HOOKS, 'revert', '--no-edit', '-m', '1', commit]
    const { exit, err, out } = await git.run(folder, args)
    if (exit === 0) continue
    const files = await git.read(folder, ['diff', '--name-only', '--diff-filter=U', '-z'])
    if (files !== '') return files.split('\0').filter((file) => file !== '')
    if (/nothing to commit|nothing added to commit|is now empty/.test(out + err)) {
      await git.run(folder, ['revert', '--skip'])
      continue
    }
    throw failed(args, err || out, exit)
  }
  return null
}

/** `main` */
async function defaultBranch(git: Git, root: string, remote: string): Promise<string> {
  const words = ['ls-remote', '--symref', remote, 'HEAD']
  const out = await git.read(root, words, { remote: true })
  const name = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(out)?.[1]
  if (name === undefined) throw failed(words, `the remote ${remote} names no default branch`, 0)
  return name
}

async function headOf(git: Git, root: string, remote: string, branch: string): Promise<string | null> {
  const out = await git.read(root, ['ls-remote', remote, `refs/heads/${branch}`], { remote: true })
  return /^([0-9a-f]{40,64})\t/.exec(out)?.[1] ?? null
}
