// Overdue work, done by a command after its own. `astern tend` is what a rollback leaves behind in the background; people never need to type it.
import { scopeName } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { doOverdue, isOverdue } from '../operations/overdue.ts'
import { doRetention, retentionIsDue } from '../operations/retention.ts'
import type { Context } from './context.ts'
import { paint } from './paint.ts'

/**
 * Does what is overdue. `look`: also what the engine has lost unnoticed. What cannot be done now is said, and changes no exit code. Retention is left to
 * a process of its own.
 */
export async function tend(context: Context, app: App, { look } = { look: false }): Promise<void> {
  await doWhatIsOverdue(context, app, look)
  if (retentionIsDue(app)) await context.tendLater()
}

async function doWhatIsOverdue(context: Context, app: App, look: boolean): Promise<void> {
  if (!look && !isOverdue(app)) return
  const { left, failed } = await doOverdue(app, { look })
  for (const { scope, reason } of left) {
    context.say(
      `${paint(context, 'yellow', context.t('warning'))}: ${context.t('overdue_left', { scope: scopeName(scope), reason })}`,
    )
  }
  for (const { scope, reason } of failed)
    context.say(`${paint(context, 'yellow', context.t('warning'))}: ${scopeName(scope)}: ${reason}`)
}

export async function run(context: Context): Promise<number> {
  const app = await context.open()
  await doWhatIsOverdue(context, app, false)
  const { troubles } = await doRetention(app)
  for (const trouble of troubles) context.say(`${paint(context, 'yellow', context.t('warning'))}: ${trouble}`)
  return 0
}
