// `astern promote`: a staged release goes on, a canary passes its gate or gets everything, a bake ends well.
import { promote } from '../operations/promote.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { shownDeploy } from './deploy-shown.ts'
import { oneScope } from './select.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const asked = { actor: context.actor, reason: args.text('message'), full: args.flag('full') }
  return shownDeploy(context, app, scope, (watched) => promote(app, scope, { ...asked, ...watched }))
}
