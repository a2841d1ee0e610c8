// `astern exec -- CMD…`: a command, or a shell, in a replica that runs: of the release that serves unless another is named.
import { fail } from '../core/errors.ts'
import type { Release, Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { chooseReplica, execCommand } from '../operations/exec.ts'
import { findRelease } from '../operations/releases.ts'
import type { Arguments } from './command.ts'
import { commandWords, inTerminal } from './command-session.ts'
import type { Context } from './context.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const argv = commandWords(context, args, 0)
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const release = releaseMeant(app, scope, args.text('release'))
  const replica = chooseReplica(app, scope, { release, replica: args.text('replica'), process: args.text('process') })
  const told = { ...scope, operation: 'exec', release: replica.release, replica: replica.name } as const
  const asked = { argv, actor: context.actor, reason: args.text('message') }
  const exit = await inTerminal(context, told, (session) => execCommand(app, scope, replica, asked, session))
  await tend(context, app)
  return exit
}

/** The one that is named, else the one that serves. Errors: RELEASE_UNKNOWN. */
export function releaseMeant(app: App, scope: Scope, name: string | null): Release {
  if (name !== null) return findRelease(app, scope, name)
  const { services, releases } = app.store
  const active = services.get(scope)?.active ?? null
  const release = active === null ? null : releases.get(scope, active)
  if (release !== null) return release
  throw fail('RELEASE_UNKNOWN', { service: scope.service, environment: scope.environment, release: 'that serves' })
}
