// Which of the services in the state a request means, when it names only a part, or none.
import { fail } from '../core/errors.ts'
import { type Scope, scopeName } from '../core/model.ts'
import type { Store } from '../store/store.ts'

export type ScopeAsked = {
  readonly service: string | null
  readonly environment: string | null
  /** Absolute path of the configuration file where the request was made; `null`: none there. */
  readonly configPath: string | null
}

/** Scopes that the request allows; those of its configuration file, when the state knows that. Error: SERVICE_UNKNOWN. */
export function knownScopes(store: Store, asked: ScopeAsked): Scope[] {
  const all = store.services.list()
  const here = all.filter(({ definition }) => definition.configPath === asked.configPath)
  const matching = (here.length > 0 ? here : all)
    .filter(({ service }) => asked.service === null || service === asked.service)
    .filter(({ environment }) => asked.environment === null || environment === asked.environment)
  if (matching.length > 0 || (asked.service === null && asked.environment === null)) {
    return matching.map(({ service, environment }) => ({ service, environment }))
  }
  throw unknown(asked, all)
}

/** The one scope that is meant. Errors: SERVICE_UNKNOWN, SERVICE_NEEDED, ENVIRONMENT_NEEDED. */
export function oneScope(store: Store, asked: ScopeAsked): Scope {
  const scopes = knownScopes(store, asked)
  if (scopes.length === 0) throw unknown(asked, [])
  return one(scopes)
}

/** Errors: SERVICE_NEEDED, ENVIRONMENT_NEEDED. `scopes` is not empty. */
export function one<T extends Scope>(scopes: readonly T[]): T {
  const [first, second] = scopes
  if (first === undefined) throw new Error('one of nothing was asked for')
  if (second === undefined) return first
  const services = [...new Set(scopes.map(({ service }) => service))]
  if (services.length > 1) throw fail('SERVICE_NEEDED', { known: services.join(', ') })
  throw fail('ENVIRONMENT_NEEDED', { known: scopes.map(({ environment }) => environment).join(', ') })
}

export function unknown(asked: Pick<ScopeAsked, 'service' | 'environment'>, known: readonly Scope[]) {
  return fail('SERVICE_UNKNOWN', {
    service: asked.service ?? '*',
    environment: asked.environment ?? '*',
    known: known.map(scopeName).join(', ') || '-',
  })
}
