// `npm run check`: everything that needs neither Docker nor HAProxy, one line each; only what fails shows its output.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countVitest } from './count.ts'
import { resultsFolder, root, run, seconds, type Run } from './run.ts'

type Check = { name: string; command: string[] }

const limitMs = 180_000
const atOnce = 2
const folders = ['src', 'test', 'bench', 'sim', 'script'].filter((folder) => existsSync(join(root, folder)))
const unitResults = join(resultsFolder, 'unit.json')

// The longest first: with two at once the short ones fill the gap.
const checks: Check[] = [
  {
    name: 'unit tests',
    command: [
      'vitest',
      'run',
      '--project',
      'unit',
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${unitResults}`,
    ],
  },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', ...folders] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'format', command: ['oxfmt', '--check', ...folders] },
  { name: 'docs up to date', command: ['node', 'script/lib/generate-docs.ts', '--check'] },
].filter(({ command }) => command[0] !== 'node' || existsSync(join(root, String(command[1]))))

function report({ name }: Check, { status, output, durationMs }: Run): boolean {
  console.log(`${status === 0 ? '✓' : '✗'} ${name.padEnd(16)} ${seconds(durationMs)}`)
  if (status !== 0) console.log(output.trimEnd().replaceAll(/^/gm, '    '))
  return status === 0
}

const startedAt = performance.now()
mkdirSync(resultsFolder, { recursive: true })
rmSync(unitResults, { force: true })
const waiting = [...checks]
const failed: string[] = []
async function work(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    if (!report(check, await run(check.command, { limitMs, show: false }))) failed.push(check.name)
  }
}
await Promise.all(Array.from({ length: atOnce }, work))

// The unit tests are counted one by one, each other check as one.
const unit = countVitest(unitResults, failed.includes('unit tests') ? 1 : 0)
const others = failed.filter((name) => name !== 'unit tests').length
const passed = unit.passed + checks.length - 1 - others
writeFileSync(join(resultsFolder, 'check.json'), JSON.stringify({ passed, failed: unit.failed + others }))
console.log(
  `${checks.length - failed.length} of ${checks.length} checks passed, ${unit.passed} unit tests (${seconds(performance.now() - startedAt)})`,
)
process.exitCode = failed.length === 0 ? 0 : 1
