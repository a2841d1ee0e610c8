// All tests one after the other, for script/test. Ends with one plain line, `N passed, N failed`; fails when one fails or nothing ran.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { countVitest, type Count } from './count.ts'
import { resultsFolder, run, seconds } from './run.ts'

type Part = { name: string; command: string[]; limitMinutes: number; count: (status: number) => Count }

// All of it, set-up from nothing included, should stay below 20 minutes.
const wholeLimitMs = 19 * 60_000

const asOne = (status: number): Count => ({ passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 })

function vitest(project: string, limitMinutes: number): Part {
  const file = join(resultsFolder, `${project}.json`)
  return {
    name: project,
    command: [
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    limitMinutes,
    count: (status) => countVitest(file, status),
  }
}

function countChecks(): Count {
  try {
    const { passed, failed } = JSON.parse(readFileSync(join(resultsFolder, 'check.json'), 'utf8')) as Count
    return { passed, failed, skipped: 0 }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const parts: Part[] = [
  { name: 'check', command: ['node', 'script/lib/check.ts'], limitMinutes: 4, count: countChecks },
  { name: 'package', command: ['bash', 'script/lib/package-test.sh'], limitMinutes: 3, count: asOne },
  { name: 'sim', command: ['node', 'sim/main.ts', 'verdict', '--quick'], limitMinutes: 3, count: asOne },
  vitest('real', 8),
  vitest('e2e', 13),
]

const startedAt = performance.now()
rmSync(resultsFolder, { recursive: true, force: true })
mkdirSync(resultsFolder, { recursive: true })
const sum: Count = { passed: 0, failed: 0, skipped: 0 }
const lines: string[] = []
for (const { name, command, limitMinutes, count } of parts) {
  console.log(`\n── ${name}`)
  const limitMs = Math.min(limitMinutes * 60_000, wholeLimitMs - (performance.now() - startedAt))
  const { status, durationMs, timedOut } = await run(command, { limitMs: Math.max(limitMs, 1), show: true })
  if (timedOut) console.log(`✗ ${name}: stopped after ${seconds(durationMs)}, its limit`)
  const { passed, failed, skipped } = count(status)
  sum.passed += passed
  sum.failed += failed
  sum.skipped += skipped
  lines.push(
    `${failed === 0 ? '✓' : '✗'} ${name.padEnd(8)} ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''} (${seconds(durationMs)})`,
  )
}
console.log(`\n${lines.join('\n')}\ntook ${seconds(performance.now() - startedAt)}`)
console.log(`${sum.passed} passed, ${sum.failed} failed`)
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1
