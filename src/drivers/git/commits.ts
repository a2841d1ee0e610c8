// Reads a history while git writes it: a long one is never in memory as text, and costs little more than `git log` itself.
import { spawn } from 'node:child_process'
import { fail, reasonOf } from '../../core/errors.ts'
import type { Commit } from '../../core/version/commits.ts'
import { type Environment, failed, gitEnvironment } from './run-git.ts'

const MAX_ERROR_CHARACTERS = 10_000

/** One record for each commit, ended by a NUL, which no message can hold. What users configure for `git log` must not change it. */
const FORMAT = ['-z', '--format=%H%n%P%n%B', '--encoding=UTF-8', '--no-show-signature', '--no-color', '--no-mailmap']

/** Errors: GIT_UNAVAILABLE, GIT_FAILED. */
export async function* readCommits(
  env: Environment,
  root: string,
  range: { readonly since: string | null; readonly path: string | null },
): AsyncGenerator<readonly Commit[]> {
  const revisions = ['HEAD', ...(range.since === null ? [] : [`^refs/tags/${range.since}`])]
  const args = ['log', ...FORMAT, ...revisions, '--', ...(range.path === null ? [] : [`:(top,literal)${range.path}`])]
  // Without it git hands over each commit by itself, and the two of them spend their time on that.
  const quiet = { ...gitEnvironment(env), GIT_FLUSH: '0' }
  const git = spawn('git', args, { cwd: root, env: quiet, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    git.on('close', resolve)
    git.on('error', (error) => reject(fail('GIT_UNAVAILABLE', { reason: reasonOf(error) }, error)))
  })
  // It is waited for below; until then its failure must not count as nobody's.
  ended.catch(() => {})
  let err = ''
  git.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-MAX_ERROR_CHARACTERS)))
  git.stdout.setEncoding('utf8')
  let rest = ''
  try {
    for await (const text of git.stdout as AsyncIterable<string>) {
      const records = (rest + text).split('\0')
      rest = records.pop()!
      yield records.map(toCommit)
    }
    const exit = await ended
    if (exit !== 0) throw failed(args, err, exit)
  } finally {
    git.kill()
  }
}

function toCommit(record: string): Commit {
  const hashEnd = record.indexOf('\n')
  const parentsEnd = record.indexOf('\n', hashEnd + 1)
  const parents = record.slice(hashEnd + 1, parentsEnd)
  return {
    hash: record.slice(0, hashEnd),
    parents: parents === '' ? 0 : parents.split(' ').length,
    message: record.slice(parentsEnd + 1),
  }
}
