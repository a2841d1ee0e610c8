// `astern rollback --revert-database`: asks first, and shows what would be run where.
import type { RollbackMessage } from '../api/rollback-request.ts'
import { fail } from '../core/errors.ts'
import { releaseName } from '../core/model.ts'
import { oneScope } from '../operations/known-scopes.ts'
import { planRollbackOf } from '../operations/rollback.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { revertLine } from './head-lines.ts'

/** Errors: USAGE, when nobody said yes; as planning a rollback. */
export async function askFirst(context: Context, args: Arguments, message: RollbackMessage): Promise<void> {
  if (args.flag('yes')) return
  const app = await context.open()
  const scope = oneScope(app.store, message.scope)
  const plan = await planRollbackOf(app, scope, { ...message, force: new Set(message.force) })
  if (plan.outcome === 'refused') throw fail(plan.code, plan.details)
  const step = plan.outcome === 'plan' ? plan.steps.find(({ kind }) => kind === 'database_revert') : undefined
  if (step?.kind !== 'database_revert') return
  const command = app.store.services.get(scope)?.definition.database?.revert ?? []
  const lines = [
    ...revertLine(context, { steps: [step] }),
    context.t('revert_runs', {
      release: releaseName(step.release),
      command: command.map((word) => word.replaceAll('{version}', String(step.to))).join(' '),
    }),
    context.t('ask_revert', { from: step.from, to: step.to }),
  ]
  if ((await context.confirm(lines.join('\n'))) === true) return
  throw fail('USAGE', { problem: context.t('revert_unanswered'), command: 'rollback' })
}
