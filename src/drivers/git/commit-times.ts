// Asks git when revisions were committed: all of them at once, however many there are.
import type { Git } from './run-git.ts'

const LIMIT_MS = 10_000
const HASH = /^[0-9a-f]{4,64}$/
const WHOLE_HASH = 40

export async function committedAt(
  git: Git,
  revisions: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, number>> {
  const asked = [...new Set(revisions)].filter((revision) => HASH.test(revision))
  if (asked.length === 0) return new Map()
  const options = ['--no-walk=unsorted', '--ignore-missing', '--timestamp', '--stdin']
  const input = asked.map((revision) => `${revision}\n`).join('')
  // No git, no folder: nobody to ask.
  const { out } = await git
    .run(folder, ['rev-list', ...options], { input, limitMs: LIMIT_MS })
    .catch(() => ({ out: '' }))
  // `1775383200 7c1f…`, with the whole hash, whatever was asked
  const found = out
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [seconds: string, hash: string])
  const whole = new Map(found.map(([seconds, hash]) => [hash, Number(seconds) * 1_000]))
  const wholeOf = (short: string) => [...whole.keys()].find((hash) => hash?.startsWith(short)) ?? short
  return new Map(
    asked.flatMap((revision) => {
      const at = whole.get(revision.length < WHOLE_HASH ? wholeOf(revision) : revision)
      return at === undefined ? [] : [[revision, at] as const]
    }),
  )
}
