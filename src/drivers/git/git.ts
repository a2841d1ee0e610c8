// Asks git about the repository that a folder is in. Nothing is changed there, and nothing is fetched.
import { execFile } from 'node:child_process'
import type { Vcs } from '../../ports/vcs.ts'

const LIMIT_MS = 5_000
/** Hashes, and names of tags and branches. It begins with no dash, so git cannot take it for an option. */
const REVISION = /^\w[\w./-]{0,255}$/

export function createGit(given: { readonly env: Readonly<Record<string, string | undefined>> }): Vcs {
  /** What git ends with; `null`: it did not run, or not to its end. */
  const git = (folder: string, ...args: readonly string[]): Promise<{ exit: number | null; out: string }> =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: { ...given.env }, timeout: LIMIT_MS, killSignal: 'SIGKILL' as const }
      execFile('git', args, options, (error, out) => {
        const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : null
        resolve({ exit, out: out.trim() })
      })
    })
  /** The whole hash of a commit; `null`: the repository does not have it. */
  const commit = async (folder: string, revision: string): Promise<string | null> => {
    if (!REVISION.test(revision)) return null
    const { exit, out } = await git(folder, 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`)
    return exit === 0 && out !== '' ? out : null
  }
  return {
    async isAncestor(revision, of, folder) {
      const [older, newer] = await Promise.all([commit(folder, revision), commit(folder, of)])
      if (older === null || newer === null) return null
      if (older === newer) return false
      const { exit } = await git(folder, 'merge-base', '--is-ancestor', older, newer)
      return exit === 0 ? true : exit === 1 ? false : null
    },
  }
}
