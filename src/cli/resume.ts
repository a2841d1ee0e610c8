// `astern resume`: lifts the hold, and nothing else. What is in quarantine stays there.
import { liftHold } from '../operations/hold.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatAge, formatNoop, labelled, visible } from './format.ts'
import { onEach } from './on-each.ts'

export function run(context: Context, args: Arguments): Promise<number> {
  const { t, actor, language } = context
  return onEach(context, args, (app, scope) => {
    const lifted = liftHold(app, scope, { actor, reason: args.text('message') })
    const { hold, noop } = lifted
    if (hold === null) return { ...lifted, line: labelled(t('noop'), noop === null ? '' : formatNoop(noop, t)) }
    const age = formatAge(context.now() - hold.sinceAt, language)
    const details = { environment: scope.environment, age, by: hold.by, reason: visible(hold.reason) }
    return { ...lifted, line: labelled(t('resumed'), t('resumed_line', details)) }
  })
}
