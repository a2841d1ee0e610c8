// The result for the terminal: what users saw, what the two switches cost, what must be true. Pure: lines come out.
import type { Analysis, Phase, Switch, Versions } from './analyse.ts'
import type { Check } from './checks.ts'
import type { Trials } from './checks-trial.ts'
import { count, duration, milliseconds, percent } from './numbers.ts'
import { backMs, type Report } from './report.ts'
import { padEnd, padStart, paint } from './screen.ts'
import type { Trial } from './trial.ts'

export function resultLines(
  analysis: Analysis,
  versions: Versions,
  trials: Trials,
  checks: readonly Check[],
): string[] {
  const { phases, deploy, rollback } = analysis
  return [
    paint('bold', 'What the users saw'),
    ...table([
      ['', 'requests', 'failed', 'success', 'mean', 'p50', 'p95', 'p99'],
      phaseRow(`${versions.good} before`, phases.before),
      phaseRow(`${versions.bad} the bad release`, phases.bad),
      phaseRow(`${versions.good} after the rollback`, phases.after),
    ]),
    '',
    paint('bold', 'What the switches cost'),
    ...table([
      ['from the start of the command', 'it returned', 'first answer', 'last of the other', 'requests lost'],
      switchRow(`astern deploy ${versions.bad}`, deploy),
      switchRow('astern rollback', rollback),
    ]),
    '',
    paint('bold', 'What two releases on trial did, with nobody at the keyboard'),
    ...table([
      ['', 'share', 'answered', 'failed', 'users: GETs failed', 'POSTs failed', 'verdict', 'exit'],
      trialRow(trials.bad),
      trialRow(trials.good),
    ]),
    ...[trials.bad, trials.good].flatMap(({ told }) => (told === null ? [] : [paint('dim', told.sentence)])),
    '',
    paint('bold', 'What must be true'),
    ...checks.map(({ title, ok, detail }) => {
      const mark = ok ? paint('green', '✓') : paint('red', '✗')
      return `${mark} ${padEnd(title, 32)}${detail}`
    }),
  ]
}

function phaseRow(name: string, phase: Phase): string[] {
  const { requests, failed, successRate, meanMs, p50Ms, p95Ms, p99Ms } = phase
  const times = [meanMs, p50Ms, p95Ms, p99Ms].map(milliseconds)
  return [name, count(requests), count(failed), percent(successRate), ...times]
}

function switchRow(name: string, { commandMs, firstNewMs, lastOldMs, lost, requests }: Switch): string[] {
  return [name, ...[commandMs, firstNewMs, lastOldMs].map(milliseconds), `${count(lost)} of ${count(requests)}`]
}

/** Its share is the most that it got. */
function trialRow({ version, greatestShare, told, users, exit }: Trial): string[] {
  return [
    `${version} on trial`,
    percent(greatestShare),
    count(told?.requests ?? 0),
    count(told?.failures ?? 0),
    `${count(users.getsFailed)} of ${count(users.gets)}`,
    `${count(users.postsFailed)} of ${count(users.posts)}`,
    told?.verdict ?? 'none',
    String(exit),
  ]
}

/** … and one for what went without them. */
export function trialLine({ trials: { bad, good }, ok }: Report): string | null {
  if (!ok || bad.bad_for_ms === null) return null
  return paint(
    'green',
    `And by itself: ${bad.version} got ${percent(bad.greatest_share)} of the requests, and was gone ${duration(bad.bad_for_ms)} after its first bad answer; ` +
      `${count(bad.users.gets_failed + good.users.gets_failed)} GETs failed. ${good.version} is promoted.`,
  )
}

/** One sentence for whoever reads nothing else. */
export function verdictLine({ ok, checks, phases, rollback, load }: Report): string {
  if (!ok) {
    const wrong = checks.filter((check) => !check.ok).map(({ title, detail }) => `\n  ${title}: ${detail}`)
    return paint('red', `The rehearsal failed. What must be true, and is not:${wrong.join('')}`)
  }
  const { bad, after } = phases
  return paint(
    'green',
    `Taken back in ${milliseconds(backMs(rollback))} from typing the command: ` +
      `success ${percent(bad.success_rate)} → ${percent(after.success_rate)}, ` +
      `mean response time ${milliseconds(bad.mean_ms)} → ${milliseconds(after.mean_ms)}, ` +
      `${count(load.lost)} of ${count(load.sent)} requests lost.`,
  )
}

/** The first column to the left, the others to the right; the first row is the header. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row, index) => {
    const line = row
      .map((cell, column) => (column === 0 ? padEnd : padStart)(cell, widths[column] ?? 0))
      .join('   ')
      .trimEnd()
    return index === 0 ? paint('dim', line) : line
  })
}
