// Which service and environment a command means. A rollback learns it from the state, without reading any YAML.
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { findConfig } from '../config/find-config.ts'
import type { Definition, Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import * as scopes from '../operations/known-scopes.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'

export function scopeAsked(context: Context, args: Arguments): scopes.ScopeAsked {
  const named = args.text('config')
  const path = named === null ? findConfig(context.cwd) : resolve(context.cwd, named)
  return { service: args.text('service'), environment: args.text('env'), configPath: path === null ? null : real(path) }
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // it is not there: then no service came from it
  }
}

/** Error: SERVICE_UNKNOWN. */
export function knownScopes(context: Context, app: App, args: Arguments): Scope[] {
  return scopes.knownScopes(app.store, scopeAsked(context, args))
}

/** Those of the scopes that are named; all of them when none is. Error: SERVICE_UNKNOWN. */
export function scopesOf(args: Arguments, all: readonly Scope[]): readonly Scope[] {
  const asked = { service: args.text('service'), environment: args.text('env') }
  const matching = all
    .filter(({ service }) => asked.service === null || service === asked.service)
    .filter(({ environment }) => asked.environment === null || environment === asked.environment)
  if (matching.length > 0 || (asked.service === null && asked.environment === null)) return matching
  throw scopes.unknown(asked, all)
}

/** Errors: SERVICE_UNKNOWN, SERVICE_NEEDED, ENVIRONMENT_NEEDED. */
export function oneScope(context: Context, app: App, args: Arguments): Scope {
  return scopes.oneScope(app.store, scopeAsked(context, args))
}

/** Definitions of the configuration file that the arguments allow. What a compose file holds and Astern ignores is said. Errors: CONFIG_…, SERVICE_UNKNOWN. */
export async function definitions(context: Context, args: Arguments): Promise<Definition[]> {
  const { loadConfig } = await import('../config/load-config.ts')
  const path = args.text('config')
  const config = loadConfig({ ...(path === null ? {} : { path }), cwd: context.cwd, variables: context.env })
  await (await import('./compose-notes.ts')).sayNotes(context, args, config)
  const asked = { service: args.text('service'), environment: args.text('env') }
  const matching = config.definitions
    .filter(({ service }) => asked.service === null || service === asked.service)
    .filter(({ environment }) => asked.environment === null || environment === asked.environment)
    .map((definition) => ({ ...definition, configPath: real(definition.configPath) }))
  if (matching.length > 0) return matching
  throw scopes.unknown(asked, config.definitions)
}

/** The one definition that is meant. Errors: as `definitions`, SERVICE_NEEDED, ENVIRONMENT_NEEDED. */
export async function oneDefinition(context: Context, args: Arguments): Promise<Definition> {
  return scopes.one(await definitions(context, args))
}
