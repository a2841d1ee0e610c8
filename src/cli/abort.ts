// `astern abort`: a release on trial is taken back, and the one that served before serves.
import { abort } from '../operations/promote.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { oneScope } from './select.ts'
import { showOutcome } from './show-outcome.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const answered = await abort(app, scope, { actor: context.actor, reason: args.text('message') })
  const exit = await showOutcome(context, answered)
  await tend(context, app)
  return exit
}
