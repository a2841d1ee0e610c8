// `astern hold -m WHY`: automated deploys are refused until somebody resumes.
import { placeHold } from '../operations/hold.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'
import { onEach } from './on-each.ts'

export function run(context: Context, args: Arguments): Promise<number> {
  const { t, actor } = context
  return onEach(context, args, (app, scope) => {
    const held = placeHold(app, scope, { actor, reason: args.text('message') })
    const line = labelled(t('held'), t('held_by_hand_line', { environment: scope.environment }))
    return { ...held, line }
  })
}
