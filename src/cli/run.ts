// `astern run RELEASE -- CMD…`: a command in a container of its own, as that very release has it: image, environment, secrets, mounts, limits.
import { parseDuration } from '../core/duration.ts'
import { fail } from '../core/errors.ts'
import { runCommand } from '../operations/run.ts'
import type { Arguments } from './command.ts'
import { commandWords, inTerminal } from './command-session.ts'
import type { Context } from './context.ts'
import { releaseMeant } from './exec.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const named =
    args.rest === null ? args.positionals.slice(0, 1) : args.positionals.slice(0, -args.rest.length || undefined)
  const surplus = named[1]
  if (surplus !== undefined) {
    throw fail('USAGE', { problem: context.t('positional_surplus', { value: surplus }), command: 'run' })
  }
  const argv = commandWords(context, args, 1)
  const timeoutMs = parseTimeout(context, args)
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const release = releaseMeant(app, scope, named[0] ?? null)
  const told = { ...scope, operation: 'run', release: release.number, replica: null } as const
  const asked = { argv, process: args.text('process'), actor: context.actor, reason: args.text('message') }
  const exit = await inTerminal(context, told, (session) => runCommand(app, release, asked, { ...session, timeoutMs }))
  await tend(context, app)
  return exit
}

function parseTimeout(context: Context, args: Arguments): number | null {
  const text = args.text('timeout')
  if (text === null) return null
  const ms = parseDuration(text)
  if (ms !== null && ms > 0) return ms
  const problem = context.t('value_invalid', { name: 'timeout', expected: '5m', value: text })
  throw fail('USAGE', { problem, command: 'run' })
}
