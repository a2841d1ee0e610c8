// Builds the versions of the example with the user's own `docker build`, so that its cache serves every later rehearsal.
import { join } from 'node:path'
import { duration } from './numbers.ts'
import { run } from './run.ts'
import { image } from './scratch.ts'
import { paint, print, printCommand, showProgress } from './screen.ts'

export type Version = { readonly tag: string; readonly faults: string | null }

export const good: Version = { tag: 'v1.0.0', faults: null }
/** As real bad releases do, it looks healthy: `/healthz` neither fails nor gets slow. */
export const bad: Version = { tag: 'v1.1.0', faults: 'fail=24%,slow=150ms' }
/** What comes after them, on trial: one more that is bad, and the one that mends it. */
export const badAgain: Version = { tag: 'v1.2.0', faults: 'fail=24%' }
export const mended: Version = { tag: 'v1.3.0', faults: null }

const limitMs = 600_000
const shownLines = 25

/** Throws with the end of what the builder said. */
export async function buildImage(root: string, { tag, faults }: Version, signal: AbortSignal): Promise<void> {
  const reference = `${image}:${tag}`
  const args = [
    'build',
    '--build-arg',
    `VERSION=${tag}`,
    ...(faults === null ? [] : ['--build-arg', `FAULTS=${faults}`]),
    '-t',
    reference,
    join('examples', 'gin-shop'),
  ]
  printCommand(`docker ${args.join(' ')}`)
  const done = showProgress(`building ${reference}`)
  const { exit, output, startMs, endMs } = await run(['docker', ...args], {
    cwd: root,
    output: 'collect',
    limitMs,
    signal,
  }).finally(done)
  if (exit !== 0) {
    const end = output.trimEnd().split('\n').slice(-shownLines).join('\n    ')
    throw new Error(`docker build failed with exit code ${exit}:\n    ${end}`)
  }
  print(`${paint('green', '✓')} ${reference} ${paint('dim', duration(endMs - startMs))}`)
}
