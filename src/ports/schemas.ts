// Asks a database which version its schema has, as the tool keeps it that migrates it.
import type { SchemaTool } from '../core/migration.ts'
import type { SchemaVersion } from '../core/schema.ts'
import type { Secret } from '../core/secret.ts'

export type SchemaQuestion = {
  readonly tool: Exclude<SchemaTool, 'command'>
  /** `postgres://user:password@host:5432/name`, or `host=… user=… dbname=…`. */
  readonly url: Secret
  /** Where the tool keeps the version; `null`: in its own table. */
  readonly table: string | null
  readonly limitMs: number
  readonly signal?: AbortSignal
  /** The address of a host that this one does not know by its name. */
  readonly addressOf: (host: string) => Promise<string | null>
}

export interface Schemas {
  /** Rejects with an error that says why it cannot be told, and never holds the password; with the signal's reason when that aborts. */
  version(question: SchemaQuestion): Promise<SchemaVersion>
}
