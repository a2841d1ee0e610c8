// `astern pin RELEASE`: retention never lets it go.
import { fail } from '../core/errors.ts'
import { pin } from '../operations/pins.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { showPin } from './show-pin.ts'

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._:/#-]{0,99}$/u

export function run(context: Context, args: Arguments): Promise<number> {
  const { t, actor } = context
  const name = args.text('name')
  if (name !== null && !NAME.test(name)) {
    const problem = t('value_invalid', { name: 'name', expected: 'before-black-friday', value: name })
    throw fail('USAGE', { problem, command: 'pin' })
  }
  return showPin(
    context,
    args,
    (app, scope) => pin(app, scope, args.positionals[0]!, name, { actor, reason: args.text('message') }),
    (release) => [t('pinned_head'), t('pinned_line', { release, name: args.positionals[0]! })],
  )
}
