// The result as one HTML file that needs nothing else: no network, no library, light and dark, wide and narrow. Pure but for reading
// its own style sheet and script.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { count, milliseconds, percent } from './numbers.ts'
import { answersChart, latencyChart, rollbackChart } from './page-charts.ts'
import { chart, legend, section, text, tile } from './page-parts.ts'
import { trialPart } from './page-trial.ts'
import { backMs, type Report } from './report.ts'

const part = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')
export function pageOf(report: Report): string {
  const { releases, rollback, phases, load, ok } = report
  const { good, bad } = releases
  const data = { good: good.version, bad: bad.version, timeline: report.timeline }
  const title = titleOf(report)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)} · Astern rehearsal</title>
<style>
${part('page.css')}</style>
</head>
<body>
<main>
<p class="eyebrow">Astern rehearsal · ${text(report.started_at.slice(0, 16).replace('T', ' '))} UTC</p>
<h1${ok ? '' : ' class="wrong"'}>${text(title)}</h1>
${ok ? '' : wrongParagraph(report)}
<p>A bad release of a Gin service, ${text(bad.version)} (<code>${text(bad.faults ?? '')}</code>), went out under ${count(load.rate_per_s)} requests per second, half of them POST.
It looked healthy. <code>astern rollback</code> put ${text(good.version)} back. The next bad one, ${text(report.trials.bad.version)}, Astern took back by itself. This is what the users of the service saw.</p>
<div class="tiles">
${tile(`Back on ${good.version} after`, text(milliseconds(backMs(report.rollback))), `from typing the command; no later request met ${bad.version}`)}
${tile('Requests lost', count(load.lost), `of ${count(load.sent)}, both switches included`, load.lost === 0 ? 'fine' : 'wrong')}
${tile('Success rate', change(percent(phases.bad.success_rate), percent(phases.after.success_rate)), `${bad.version} → ${good.version}`)}
${tile('Mean response time', change(milliseconds(phases.bad.mean_ms), milliseconds(phases.after.mean_ms)), `${bad.version} → ${good.version}`)}
</div>
${section(
  'Who answered',
  'Requests per second by when they were sent, and what they got. The grey band is the deploy command at work.',
  legend([
    ['square', 'good', `${good.version} answered`],
    ['square', 'bad', `${bad.version} answered`],
    ['square', 'failed', `${bad.version} failed the request`],
    ['square', 'lost', `lost: ${count(load.lost)}`],
  ]) + chart((size) => answersChart(report, size)),
)}
${section(
  'How long they waited',
  'Response time per 100 ms.',
  legend([
    ['line', 'time', 'median'],
    ['thin', 'time', '99th percentile'],
  ]) + chart((size) => latencyChart(report, size)),
)}
${section(
  'The rollback, request by request',
  `Every request sent around it: where it stands is when it was sent, how high is how long its answer took. Requests that ${text(bad.version)} already had were finished by it. The grey band is the command at work.`,
  legend([
    ['dot', 'good', `answered by ${good.version}`],
    ['dot', 'bad', `answered by ${bad.version}`],
    ['cross', 'failed', `failed by ${bad.version}`],
    ['diamond', 'lost', 'lost'],
  ]) + chart((size) => rollbackChart(report, size)),
)}
${trialPart(report)}<h2 class="act">In numbers</h2>
<div class="two">
${section('What users saw', '', phaseTable(report))}
${section('What the switches cost', 'From the start of each command, the start of its process included.', switchTable(report))}
${section('What must be true', '', checkTable(report))}
${section('Inside the rollback', `Astern's own journal${rollback.transaction_id === null ? '' : ` of <code>${text(rollback.transaction_id)}</code>`}${rollback.in_process_ms === null ? '' : `: ${text(milliseconds(rollback.in_process_ms))} in its steps up to the proof; the rest of the command is the start of its process, on a machine under load`}.`, journalTable(report))}
</div>
${section('What was typed', '', stepTable(report))}
<footer>
<p>${text([machineLine(report), ...report.notes].join(' '))}</p>
<p>Times are taken from outside: by the load generator for every request, from the start of the process for every command.
<code>report.json</code> beside this page has all numbers, <code>requests.csv</code> every request.</p>
</footer>
</main>
<div id="tip" hidden></div>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script type="module">
${part('page-hover.js')}</script>
</body>
</html>
`
}

function titleOf(report: Report): string {
  return report.ok ? `Taken back in ${milliseconds(backMs(report.rollback))}, no request lost` : 'The rehearsal failed'
}

function wrongParagraph({ checks }: Report): string {
  const wrong = checks.filter(({ ok }) => !ok)
  const items = wrong.map(({ title, detail }) => `<li>${text(title)}: ${text(detail)}</li>`)
  return `<p class="wrong">What must be true, and is not:</p><ul class="wrong">${items.join('')}</ul>`
}

/** `153 → 1.15 ms`: a unit that both have is said once. */
function change(from: string, to: string): string {
  const unit = to.slice(to.indexOf(' '))
  const short = from.endsWith(unit) ? from.slice(0, -unit.length) : from
  return `<span class="was">${text(short)} →</span> ${text(to)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const header = head.length === 0 ? '' : `<thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead>`
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')
  return `<div class="scroll"><table${kind === '' ? '' : ` class="${kind}"`}>${header}<tbody>${body}</tbody></table></div>`
}

function phaseTable({ phases: { before, bad, after }, releases }: Report): string {
  const head = (version: string, when: string, colour: string) =>
    `<span class="swatch" style="background:var(--${colour})"></span><b>${text(version)}</b><br>${text(when)}`
  const row = (name: string, of: (phase: Report['phases']['bad']) => string) => [
    name,
    ...[before, bad, after].map((phase) => text(of(phase))),
  ]
  return table(
    [
      '',
      head(releases.good.version, 'before', 'good'),
      head(releases.bad.version, 'bad release', 'bad'),
      head(releases.good.version, 'after rollback', 'good'),
    ],
    [
      row('success rate', ({ success_rate }) => percent(success_rate)),
      row('mean time', ({ mean_ms }) => milliseconds(mean_ms)),
      row('p50', ({ p50_ms }) => milliseconds(p50_ms)),
      row('p95', ({ p95_ms }) => milliseconds(p95_ms)),
      row('p99', ({ p99_ms }) => milliseconds(p99_ms)),
      row('requests', ({ requests }) => count(requests)),
      row('failed', ({ failed }) => count(failed)),
    ],
  )
}

function switchTable({ deploy, rollback, releases: { bad } }: Report): string {
  const lost = ({ lost, requests }: { lost: number; requests: number }) =>
    `<span class="${lost === 0 ? 'fine' : 'wrong'}">${count(lost)}</span> of ${count(requests)}`
  const ms = (value: number | null) => text(milliseconds(value))
  return table(
    ['', `<code>deploy ${text(bad.version)}</code>`, '<code>rollback</code>'],
    [
      [`first answer of the release it brings`, ms(deploy.first_new_ms), ms(rollback.first_old_ms)],
      [`last request that met the other`, ms(deploy.last_old_ms), ms(rollback.last_bad_ms)],
      ['the command returned', ms(deploy.command_ms), ms(rollback.command_ms)],
      ['requests lost', lost(deploy), lost(rollback)],
    ],
  )
}

function checkTable({ checks }: Report): string {
  const rows = checks.map(({ title, ok, detail }) => [
    `<span class="${ok ? 'fine' : 'wrong'}">${ok ? '✓' : '✗'}</span> ${text(title)}`,
    text(detail),
  ])
  return table([], rows, 'words')
}

function journalTable({ rollback }: Report): string {
  if (rollback.journal.length === 0) return ''
  const rows = rollback.journal.map(({ step, status, at_ms, duration_ms }) => [
    `<span class="${status === 'failed' ? 'wrong' : 'fine'}">${status === 'failed' ? '✗' : '✓'}</span> ${text(step.replaceAll('_', ' '))}`,
    text(milliseconds(duration_ms)),
    text(`+${Math.max(0, Math.round(at_ms - rollback.at_ms))} ms`),
  ])
  return table(['step', 'took', 'done'], rows)
}

function stepTable({ steps }: Report): string {
  const rows = steps.map(({ command, at_ms, duration_ms, exit }) => [
    `<code>$ ${text(command)}</code>`,
    text(`${at_ms < 0 ? '−' : '+'}${(Math.abs(at_ms) / 1_000).toFixed(2)} s`),
    text(milliseconds(duration_ms)),
    `<span class="${exit === 0 ? '' : 'wrong'}">${exit}</span>`,
  ])
  return table(['command', 'when', 'took', 'exit code'], rows)
}

function machineLine({ machine, load }: Report): string {
  const rate =
    load.achieved_per_s === null
      ? ''
      : `; ${count(Math.round(load.achieved_per_s))} requests/s for ${load.seconds.toFixed(0)} s`
  const docker = machine.docker === null ? '' : `, Docker ${machine.docker}`
  return `${machine.cpu}, ${machine.cores} cores, ${count(machine.memory_mib)} MiB, ${machine.system}, Linux ${machine.kernel}${docker}, Node ${machine.node}${rate}.`
}
