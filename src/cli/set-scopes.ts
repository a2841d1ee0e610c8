// The services of a set, as the state knows them: no configuration file is read.
import { fail } from '../core/errors.ts'
import type { Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { knownScopes } from './select.ts'

/** In the order of their deploys. Errors: USAGE, ENVIRONMENT_NEEDED. */
export function scopesOfSet(context: Context, app: App, args: Arguments, set: string): Scope[] {
  const services = knownScopes(context, app, args).map((scope) => app.store.services.get(scope)!)
  const own = services.filter(({ definition }) => set in definition.sets)
  if (own.length === 0) {
    const known = [...new Set(services.flatMap(({ definition }) => Object.keys(definition.sets)))].join(', ') || '-'
    throw fail('USAGE', { problem: context.t('set_unknown', { set, known }), command: args.command })
  }
  const environments = [...new Set(own.map(({ environment }) => environment))]
  if (environments.length > 1) throw fail('ENVIRONMENT_NEEDED', { known: environments.join(', ') })
  return own
    .toSorted((a, b) => a.definition.sets[set]! - b.definition.sets[set]!)
    .map(({ service, environment }) => ({ service, environment }))
}
