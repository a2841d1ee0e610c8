// `astern rollback --set NAME`: several services as one, to where they stood before the last deploy of the set. It learns the set from the state.
import { fail } from '../core/errors.ts'
import { planRollbackSet, rollbackSet } from '../operations/rollback-set.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { parseForce } from './options.ts'
import { scopesOfSet } from './set-scopes.ts'
import { showSet, showWhileItRuns } from './set-progress.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const set = args.text('set')!
  for (const other of ['to', 'watch', 'ramp'] as const) {
    if (args.text(other) === null) continue
    throw fail('USAGE', { problem: context.t('not_with_set', { option: `--${other}` }), command: 'rollback' })
  }
  for (const other of ['undo', 'revert-database'] as const) {
    if (!args.flag(other)) continue
    throw fail('USAGE', { problem: context.t('not_with_set', { option: `--${other}` }), command: 'rollback' })
  }
  const app = await context.open()
  const scopes = scopesOfSet(context, app, args, set)
  const asked = { force: parseForce(context, args), actor: context.actor, reason: args.text('message') }
  if (args.flag('dry-run')) {
    const { showRollback } = await import('./dry-run.ts')
    const decided = await planRollbackSet(app, scopes, asked)
    const exits = decided.map(({ scope, decision }) => showRollback(context, app, scope, decision))
    return Math.min(...exits)
  }
  const stopInterrupts = context.onInterrupt(() => context.say(context.t('interrupting_rollback')))
  const stopShowing = showWhileItRuns(context, app, scopes, 'rollback')
  const answered = await rollbackSet(app, scopes, asked).finally(() => {
    stopInterrupts()
    stopShowing()
  })
  const exit = await showSet(context, set, 'rollback', answered)
  if (answered.answers.some(({ answer }) => answer.outcome === 'succeeded')) await context.tendLater()
  return exit
}
