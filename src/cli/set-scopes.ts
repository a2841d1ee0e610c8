// The services of a set, in the order of their deploys.
import { fail } from '../core/errors.ts'
import type { Definition, Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { knownScopes } from './select.ts'

/** As the state knows them: no configuration file is read. Errors: USAGE, ENVIRONMENT_NEEDED. */
export function scopesOfSet(context: Context, app: App, args: Arguments, set: string): Scope[] {
  const known = knownScopes(context, app, args).map((scope) => app.store.services.get(scope)!.definition)
  return definitionsOfSet(context, args, set, known).map(({ service, environment }) => ({ service, environment }))
}

/** Errors: USAGE, ENVIRONMENT_NEEDED. */
export function definitionsOfSet(
  context: Context,
  { command }: Arguments,
  set: string,
  all: readonly Definition[],
): Definition[] {
  const own = all.filter(({ sets }) => set in sets)
  if (own.length === 0) {
    const known = [...new Set(all.flatMap(({ sets }) => Object.keys(sets)))].join(', ') || '-'
    throw fail('USAGE', { problem: context.t('set_unknown', { set, known }), command })
  }
  const environments = [...new Set(own.map(({ environment }) => environment))]
  if (environments.length > 1) throw fail('ENVIRONMENT_NEEDED', { known: environments.join(', ') })
  return own.toSorted((a, b) => a.sets[set]! - b.sets[set]!)
}
