// The door to the schema of a service's database. Light: where a service says nothing of a database, nothing else of it is loaded.
import type { Definition, Scope } from '../core/model.ts'
import type { SchemaGate } from '../core/schema.ts'
import type { App } from './app.ts'
import { definitionOf } from './see.ts'

export type SchemaCheck = {
  readonly gate: SchemaGate
  /** Within a transaction: what was seen is what counts from now on. Returns whether the proxy has to hear of it. */
  readonly note: () => boolean
}

/** Before a rollback; `hurry`: somebody waits for it. `null`: the service says nothing of a database. */
export async function checkBack(app: App, scope: Scope, hurry: boolean): Promise<SchemaCheck | null> {
  const definition = definitionOf(app, scope)
  return definition?.database === undefined ? null : (await import('./schema-look.ts')).lookBack(app, definition, hurry)
}

type Draft = Parameters<typeof import('./schema-look.ts').lookForward>[2]

/** Before a deploy of this release. */
export async function checkForward(app: App, definition: Definition, draft: Draft): Promise<SchemaCheck | null> {
  if (definition.database === undefined) return null
  return (await import('./schema-look.ts')).lookForward(app, definition, draft)
}
