// `astern unpin RELEASE`: it is kept like any other again.
import { unpin } from '../operations/pins.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { showPin } from './show-pin.ts'

export function run(context: Context, args: Arguments): Promise<number> {
  const { t, actor } = context
  return showPin(
    context,
    args,
    (app, scope) => unpin(app, scope, args.positionals[0]!, { actor, reason: args.text('message') }),
    (release) => [t('unpinned_head'), t('unpinned_line', { release })],
  )
}
