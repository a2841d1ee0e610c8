// The last words of a deploy or rollback: the answer for machines, or what people need to know.
import type { Answered } from '../operations/answer.ts'
import type { Context } from './context.ts'
import { gitLines } from './git-lines.ts'
import { formatDuration, labelled, formatNoop } from './format.ts'
import { paint } from './paint.ts'
import { textOf } from './report-error.ts'

/** Returns the exit code. */
export async function showOutcome(context: Context, answered: Answered): Promise<number> {
  const { answer, error, outageMs } = answered
  const text = error === null ? null : await textOf(context, error)
  if (context.json) {
    const spoken = error === null || text === null ? null : { code: error.code, ...text }
    context.print(JSON.stringify({ ...answer, error: spoken }))
    return answered.exit
  }
  const { t } = context
  // what the plan warned of stands above already
  const told = new Set(answered.plan?.warnings)
  for (const warning of answer.warnings.filter((one) => !told.has(one)))
    context.say(`${paint(context, 'yellow', t('warning'))}: ${warning}`)
  if (outageMs !== null) {
    context.print(labelled(t('outage'), t('outage_was', { lasted: formatDuration(outageMs) })))
  }
  if (answer.outcome === 'noop') {
    context.print(labelled(t('noop'), answered.noop === null ? '' : formatNoop(answered.noop, t)))
    return answered.exit
  }
  if (error !== null && text !== null) {
    context.say(`${paint(context, 'red', `${t('error')} ${error.code}`)}: ${text.message}`)
    if (text.hint !== '') context.say(text.hint)
    return answered.exit
  }
  if (answer.verdict != null) context.print(labelled(t('verdict'), t(`verdict_${answer.verdict}`)))
  if (answered.staged) context.print(labelled(t('trial'), t('staged_line', { release: answer.to?.release ?? '' })))
  if (answer.proof !== null) context.print(labelled(t('proof'), t('proof_line', answer.proof)))
  if (answer.operation === 'rollback' && answer.hold !== null)
    context.print(labelled(t('held'), t('held_line', { environment: answer.environment ?? '' })))
  for (const line of gitLines(context, answer.git ?? null)) context.print(line)
  const total = formatDuration(answer.duration_ms.total ?? 0)
  const release = answer.to?.release ?? ''
  context.print(labelled(t('done_in'), t('done_line', { release, total, transaction: answer.transaction_id ?? '' })))
  return answered.exit
}
