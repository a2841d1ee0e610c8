// `astern show R --verdict`: what a release was judged by, judged again from everything that was counted.
import type { Release } from '../core/model.ts'
import type { Findings } from '../core/verdict/case.ts'
import type { App } from '../operations/app.ts'
import { recomputed } from '../operations/trial-watch.ts'
import { trialView } from '../operations/status.ts'
import type { Context } from './context.ts'
import { formatRelease, labelled, labelledLines, table } from './format.ts'
import { paint } from './paint.ts'
import { VERDICT_COLOUR } from './trial-lines.ts'

export function showVerdict(context: Context, app: App, release: Release): void {
  const trial = app.store.trials.newestOf(release, release.number)
  const { t } = context
  if (trial === null) {
    if (context.json) context.print(JSON.stringify({ release: `r${release.number}`, trial: null, findings: null }))
    else context.print(t('no_verdict', { release: formatRelease(release) }))
    return
  }
  const findings = recomputed(app, trial)
  if (context.json) {
    const facts = app.store.trials.facts(trial.transactionId)
    // With what the facts were judged by, so that anybody can judge them again.
    const { policy, calibration } = app.store.trials.get(trial.transactionId) ?? trial
    const judged = { trial: trialView(trial), policy, calibration, findings, facts }
    context.print(JSON.stringify({ release: `r${release.number}`, ...judged }))
    return
  }
  const verdict = trial.verdict ?? findings.verdict
  context.print(labelled(`${release.service} · ${release.environment}`, paint(context, 'bold', formatRelease(release))))
  context.print(
    labelled(
      t('verdict'),
      `${paint(context, VERDICT_COLOUR[verdict], t(`verdict_${verdict}`))}: ${trial.reason ?? findings.sentence}`,
    ),
  )
  for (const line of labelledLines(t('stream_head'), table(streamRows(context, findings)))) context.print(line)
  for (const sentence of [findings.memory.sentence])
    if (sentence !== null) context.print(labelled(t('setting_memory'), sentence))
  const count = app.store.trials.facts(trial.transactionId).length
  context.print(
    labelled(t('dispersion'), `φ ${findings.traffic.phi.toFixed(2)} · ${t('evidence_recomputed', { facts: count })}`),
  )
}

/** One row for each stream of evidence. */
function streamRows({ t }: Context, { traffic }: Findings): string[][] {
  return traffic.streams.map((stream) => [
    stream.rule,
    t('evidence_of', { e: stream.candidate.e, n: stream.candidate.n }),
    stream.stable === null ? '' : t('evidence_of', { e: stream.stable.e, n: stream.stable.n }),
    t('evidence_enough', { evidence: short(stream.maximum), threshold: short(stream.threshold) }),
  ])
}

function short(odds: number): string {
  return odds >= 1e6 ? odds.toExponential(1) : odds >= 10 ? odds.toFixed(0) : odds.toPrecision(2)
}
