// `astern version` on a long history against `git log` on the same one, in turns: as whole processes, whose output nobody reads.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { root, run } from '../command.ts'
import { atMost, type Measured, ratio, type Row } from '../report.ts'
import { type Spread, spread } from '../statistics.ts'

const COMMITS = 50_000
/** Of the last version, where there is one. */
const SINCE = 100
const LIMIT = 1.5
const RUNS = { all: 21, quick: 9 }
const KINDS = ['feat', 'fix', 'docs', 'chore', 'perf', 'refactor', 'test', 'update'] as const
const FOLDERS = 50
const MINUTE_S = 60
const FIRST_AT_S = 1_600_000_000

type Measure = Row & { readonly history: string; readonly ms: Spread | null }

type Case = { readonly name: string; readonly words: readonly string[]; readonly file: string }

export async function measureVersion(context: BenchContext): Promise<Measured> {
  const repository = join(context.folder, 'history')
  await makeHistory(context, repository)
  const untagged = await measure(context, repository, 'no version yet')
  await run('git', ['tag', 'v1.0.0', `HEAD~${SINCE}`], { cwd: repository })
  const tagged = await measure(context, repository, `version ${SINCE} commits ago`)
  return {
    rows: [...untagged, ...tagged],
    goals: [untagged, tagged].map(([astern, git]) =>
      atMost(
        `astern version, ${astern!.history}: p50 over p50 of git log, ${COMMITS.toLocaleString('en')} commits`,
        ratio(astern!.ms?.p50, git!.ms?.p50),
        LIMIT,
      ),
    ),
    notes: [
      `git log and astern version are whole processes on ${COMMITS.toLocaleString('en')} commits of one repository without a commit-graph; what they print goes to /dev/null`,
    ],
  }
}

/** One after the other, so that whatever else the machine does meets both. */
async function measure({ quick, signal, say }: BenchContext, repository: string, history: string): Promise<Measure[]> {
  const cases: readonly Case[] = [
    { name: 'astern version', file: join(root, 'bin/astern'), words: ['version'] },
    { name: 'git log', file: 'git', words: ['--no-pager', 'log'] },
  ]
  const samples = cases.map((): number[] => [])
  const runs = quick ? RUNS.quick : RUNS.all
  for (let round = -1; round < runs; round++) {
    for (const [index, one] of cases.entries()) {
      signal.throwIfAborted()
      const durationMs = await timed(one, repository)
      if (round >= 0) samples[index]!.push(durationMs)
    }
  }
  say(`measured: ${history}`)
  return cases.map(({ name }, index) => ({ case: name, history, commits: COMMITS, runs, ms: spread(samples[index]!) }))
}

function timed({ file, words }: Case, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(file, words, { cwd, stdio: 'ignore' })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - startedAt)
      else reject(new Error(`${file} ${words.join(' ')} ended with ${code}`))
    })
  })
}

/** Messages as people write them: of many kinds, some with a body, a few that break something. */
async function makeHistory({ say, signal }: BenchContext, repository: string): Promise<void> {
  mkdirSync(repository)
  await run('git', ['init', '--quiet', '--initial-branch=main'], { cwd: repository })
  const parts = ['blob\nmark :1\ndata 2\na\n\n']
  for (let index = 0; index < COMMITS; index++) parts.push(commitText(index))
  await run('git', ['fast-import', '--quiet'], { cwd: repository, input: parts.join(''), signal })
  say(`${COMMITS} commits made`)
}

function commitText(index: number): string {
  const kind = KINDS[index % KINDS.length]!
  const body = index % 3 === 0 ? '' : `\nA line that says why it was done, and one more.\nRefs #${index}\n`
  const breaking = index % 1_000 === 7 ? '\nBREAKING CHANGE: the old way is gone\n' : ''
  const message = `${kind}(part-${index % FOLDERS}): change number ${index} of the shop\n${body}${breaking}`
  const who = `A Person <person@example.com> ${FIRST_AT_S + index * MINUTE_S} +0000`
  return [
    `commit refs/heads/main`,
    `mark :${index + 2}`,
    `author ${who}`,
    `committer ${who}`,
    `data ${Buffer.byteLength(message)}`,
    message,
    ...(index === 0 ? [] : [`from :${index + 1}`]),
    `M 100644 :1 part-${index % FOLDERS}/${index % 7}.txt`,
    '',
    '',
  ].join('\n')
}
