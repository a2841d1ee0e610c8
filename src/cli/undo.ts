// `astern rollback --undo`: brings back what the last rollback took out. It is a deploy, so it takes a deploy's way and loads what a deploy loads.
import { fail } from '../core/errors.ts'
import type { Answer } from '../operations/answer.ts'
import { undo } from '../operations/undo.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { shownDeploy } from './deploy-shown.ts'
import { parseForce } from './options.ts'
import { report } from './report-error.ts'
import { oneScope, scopeAsked } from './select.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  if (args.text('to') !== null) {
    throw fail('USAGE', { problem: context.t('undo_takes_no_target'), command: 'rollback' })
  }
  if (args.text('ramp') !== null) {
    throw fail('USAGE', { problem: context.t('undo_takes_no_ramp'), command: 'rollback' })
  }
  if (args.flag('revert-database')) {
    throw fail('USAGE', { problem: context.t('undo_reverts_nothing'), command: 'rollback' })
  }
  try {
    return await start(context, args)
  } catch (error) {
    return report(context, error, 'deploy')
  }
}

async function start(context: Context, args: Arguments): Promise<number> {
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const manner = args.flag('no-canary') ? 'plain' : 'trial'
  const force = parseForce(context, args)
  if (args.flag('dry-run')) return (await import('./dry-run.ts')).dryRunUndo(context, app, scope, { manner, force })
  const watch = args.text('watch')
  const effect =
    watch === null ? null : await (await import('./watch.ts')).startWatch(context, scopeAsked(context, args), watch)
  const { actor } = context
  let answer: Answer | null = null
  const exit = await shownDeploy(context, app, scope, async (watched) => {
    const answered = await undo(app, scope, { actor, reason: args.text('message'), manner, force, ...watched })
    answer = answered.answer
    return answered
  })
  if (exit === 0 && answer !== null) await effect?.show(answer)
  return exit
}
