// Takes over what a configuration file says of a service, if there is room for it behind the proxy.
import { fail } from '../core/errors.ts'
import { listenConflict } from '../core/listen-conflict.ts'
import { type Definition, scopeName } from '../core/model.ts'
import type { App } from './app.ts'

/** Within a transaction. Error: PORT_TAKEN, by another service of this state. */
export function define(app: App, definition: Definition): void {
  const { services } = app.store
  const other = listenConflict(
    definition,
    services.list().map((service) => service.definition),
  )
  if (other !== null)
    throw fail('PORT_TAKEN', { address: definition.listen, by: ` by ${scopeName(other)} (${other.configPath})` })
  services.define(definition)
}
