// Shows the result and writes it: out/demo/report.json, report.html, and requests.csv with every request.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Answer, fateOf } from './answer.ts'
import { pageOf } from './page.ts'
import type { Rehearsed } from './rehearse.ts'
import { reportOf } from './report.ts'
import { resultLines, trialLine, verdictLine } from './report-table.ts'
import { heading, paint, print } from './screen.ts'
import { badIn } from './trial.ts'

/** Returns whether everything was as it must be. */
export function publish(root: string, { findings, answers, trials }: Rehearsed): boolean {
  const { analysis, versions, checks } = findings
  const report = reportOf(findings)
  const folder = join(root, 'out', 'demo')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(folder, 'report.html'), pageOf(report))
  const rows = [
    ...rowsOf(answers, findings.loadStartMs, versions.bad),
    ...trials.flatMap((tried) => rowsOf(tried.answers, findings.loadStartMs, badIn(tried.trial))),
  ]
  writeFileSync(join(folder, 'requests.csv'), `sent_ms,took_ms,method,code,version,fate,error\n${rows.join('\n')}\n`)

  heading('Result')
  for (const line of resultLines(analysis, versions, findings.trials, checks)) print(line)
  print(`\n${verdictLine(report)}`)
  const byItself = trialLine(report)
  print(byItself === null ? '' : `${byItself}\n`)
  for (const note of report.notes) print(`${paint('yellow', '!')} ${note}\n`)
  const shown = relative(process.cwd(), folder)
  print(`As a picture      ${join(shown, 'report.html')}`)
  print(`For machines      ${join(shown, 'report.json')}, every request in ${join(shown, 'requests.csv')}`)
  return report.ok
}

function rowsOf(answers: readonly Answer[], loadStartMs: number, badVersion: string): string[] {
  return answers
    .toSorted((a, b) => a.sentMs - b.sentMs)
    .map((answer) => {
      const { sentMs, tookMs, method, code, version, error } = answer
      const fate = fateOf(answer, badVersion)
      const words = fate === 'lost' ? `"${error.replaceAll('"', '""').replaceAll('\n', ' ')}"` : ''
      return [(sentMs - loadStartMs).toFixed(3), tookMs.toFixed(3), method, code, version ?? '', fate, words].join(',')
    })
}
