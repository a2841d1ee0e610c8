// Overdue work, done by a command after its own. `astern tend` is what a rollback leaves behind in the background; people never need to type it.
import { scopeName } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { doOverdue, isOverdue } from '../operations/overdue.ts'
import type { Context } from './context.ts'
import { paint } from './paint.ts'

/** Does what is overdue. `look`: also what the engine has lost unnoticed. What cannot be done now is said, and changes no exit code. */
export async function tend(context: Context, app: App, { look } = { look: false }): Promise<void> {
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
  await tend(context, await context.open())
  return 0
}
