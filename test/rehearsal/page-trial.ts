// The part of the page about the two releases on trial. Pure.
import { count, duration, percent } from './numbers.ts'
import { rangeOf, trialChart } from './page-trial-chart.ts'
import { chart, legend, section, text, tile } from './page-parts.ts'
import type { Report } from './report.ts'

export function trialPart({ trials }: Report): string {
  const { bad, good } = trials
  const range = rangeOf([bad, good])
  const gets = bad.users.gets + good.users.gets
  const failed = bad.users.gets_failed + good.users.gets_failed
  const took = bad.bad_for_ms === null ? '–' : duration(bad.bad_for_ms)
  return `<h2 class="act">It goes back by itself</h2>
<p>Afterwards ${text(bad.version)} (<code>${text(bad.faults ?? '')}</code>) was deployed as a release on trial, under the same load, with nobody at the keyboard; then ${text(good.version)}, which is good. The evidence is drawn as it follows, look by look, from what the proxy counted.</p>
<div class="tiles">
${tile('GETs that failed for users', count(failed), `of ${count(gets)} in both trials; POSTs: ${count(bad.users.posts_failed)} of ${count(bad.users.posts)} with ${bad.version}`, failed === 0 ? 'fine' : 'wrong')}
${tile(`Share that ${bad.version} got`, text(percent(bad.greatest_share)), 'of the requests at most')}
${tile('Requests that it saw', count(bad.requests), `it failed ${count(bad.failures)} of them`)}
${tile(`Back to 100 % on ${bad.against}`, text(took), 'from its first bad answer')}
</div>
${section(
  `${bad.version}: ${bad.exit === 4 ? 'taken back' : 'not taken back'}, exit code ${bad.exit}`,
  `“${text(bad.says ?? 'Nothing was said of it.')}”`,
  keys('bad') + chart((size) => trialChart(bad, range, 'bad', size)),
)}
${section(
  `${good.version}: ${good.active === good.version ? 'promoted' : 'not promoted'}, exit code ${good.exit}`,
  `“${text(good.says ?? 'Nothing was said of it.')}”`,
  keys('good') + chart((size) => trialChart(good, range, 'good', size)),
)}
`
}

function keys(kind: 'bad' | 'good'): string {
  return legend([
    ['line', kind, 'evidence against it, as odds to 1'],
    ['dashes', 'failed', 'enough to go back'],
    ['square', kind, 'its share of the requests'],
  ])
}
