// `astern promote-to ENVIRONMENT --from ENVIRONMENT [RELEASE]`: deploys the very image of a release that served in one environment in another one.
import { fail } from '../core/errors.ts'
import type { Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { promotable } from '../operations/promotion.ts'
import { nameFor } from '../operations/verified.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { bring } from './deploy.ts'
import { formatRelease, labelled } from './format.ts'
import { parseForce } from './options.ts'
import { oneDefinition } from './select.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const [environment = '', name = null] = args.positionals
  const named = args.text('env')
  if (named !== null && named !== environment) throw usage(context.t('promote_env', { value: named, environment }))
  const toThere: Arguments = { ...args, text: (option) => (option === 'env' ? environment : args.text(option)) }
  const definition = await oneDefinition(context, toThere)
  const app = await context.open()
  const from = origin(context, app, definition, args.text('from'))
  const promotes = promotable(app, from, name, parseForce(context, args))
  if (!context.json) {
    const release = formatRelease(promotes)
    context.print(
      labelled(context.t('promoted'), context.t('promoted_from', { release, environment: from.environment })),
    )
  }
  return bring(context, toThere, app, definition, { tag: nameFor(promotes), promotes })
}

/** Where it is to come from: the environment that is named, else the only other one that has the service. Error: USAGE. */
function origin(context: Context, app: App, { service, environment }: Scope, named: string | null): Scope {
  if (named === environment) throw usage(context.t('promote_to_itself', { environment }))
  if (named !== null) return { service, environment: named }
  const others = app.store.services.list().filter((one) => one.service === service && one.environment !== environment)
  const [other] = others
  if (other !== undefined && others.length === 1) return { service, environment: other.environment }
  throw usage(context.t('option_needs_value', { name: 'from', value: 'ENVIRONMENT' }))
}

function usage(problem: string): Error {
  return fail('USAGE', { problem, command: 'promote-to' })
}
