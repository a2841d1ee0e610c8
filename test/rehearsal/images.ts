// The versions of the shop: each is a commit in the fresh copy, released by `astern version` and built by `astern build` with the user's own Docker, so
// that its cache serves every later rehearsal.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Astern } from './astern.ts'
import { run } from './run.ts'
import { image, type Scratch } from './scratch.ts'
import { printCommand } from './screen.ts'

export type Version = { readonly tag: string; readonly faults: string | null }

export const good: Version = { tag: 'v1.0.0', faults: null }
/** As real bad releases do, it looks healthy: `/healthz` neither fails nor gets slow. */
export const bad: Version = { tag: 'v1.1.0', faults: 'fail=24%,slow=150ms' }
/** What comes after them, on trial: one more that is bad, and the one that mends it. */
export const badAgain: Version = { tag: 'v1.2.0', faults: 'fail=24%' }
export const mended: Version = { tag: 'v1.3.0', faults: null }

/** The next version follows from the commits; only the first one is named. */
const commits = [
  { version: good, message: 'feat: a shop', as: ['--release-as', '1.0.0'] },
  { version: bad, message: 'feat: recommendations at the checkout', as: [] },
  { version: badAgain, message: 'feat: recommendations, faster', as: [] },
  { version: mended, message: 'feat: recommendations that bear failures', as: [] },
]

const limitMs = 60_000
const FAULTS = /^(\tbuiltInFaults = )".*"$/m

/** Throws with what was said when one of them cannot be made. */
export async function buildVersions(scratch: Scratch, astern: Astern, signal: AbortSignal): Promise<void> {
  await forgetImages(scratch, signal)
  for (const [index, { version, message, as }] of commits.entries()) {
    breakOrMend(scratch.project, version)
    await git(scratch, signal, 'add', '--all')
    await git(scratch, signal, 'commit', '--quiet', '--allow-empty', '--message', message)
    printCommand(`git commit -m "${message}"`)
    await astern.brief(['version', '--release', ...as])
    await astern.brief(['build'])
    // On one server there is nothing to push: that is said once.
    if (index === 0) await astern.brief(['push'])
    await astern.brief(['verify'])
  }
}

export async function git({ project }: Scratch, signal: AbortSignal, ...args: readonly string[]): Promise<void> {
  const { exit, output } = await run(['git', ...args], { cwd: project, output: 'collect', limitMs, signal })
  if (exit !== 0) throw new Error(`git ${args.join(' ')} ended with ${exit}:\n${output.trimEnd()}`)
}

/** What is wrong with a version stands in its source. */
function breakOrMend(project: string, { faults }: Version): void {
  const file = join(project, 'main.go')
  const source = readFileSync(file, 'utf8')
  if (!FAULTS.test(source)) throw new Error('main.go does not say which faults it was built with')
  writeFileSync(
    file,
    source.replace(FAULTS, (_, declares: string) => `${declares}"${faults ?? ''}"`),
  )
}

/** A tag means one image for ever: what an earlier rehearsal called so is not what this one builds. */
async function forgetImages({ folder }: Scratch, signal: AbortSignal): Promise<void> {
  const names = commits.map(({ version }) => `${image}:${version.tag}`)
  await run(['docker', 'image', 'rm', '--force', ...names, `${image}:latest`], {
    cwd: folder,
    output: 'collect',
    limitMs,
    signal,
  })
}
