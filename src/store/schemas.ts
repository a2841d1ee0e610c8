// Schemas of databases: what each service's was when it was last seen, and what its releases have to do with it.
import type { Migration } from '../core/migration.ts'
import type { Scope } from '../core/model.ts'
import type { SchemaSeen } from '../core/schema.ts'
import type { Contract } from '../core/schema-gate.ts'
import type { Database } from './database.ts'
import type { Meta } from './meta.ts'
import { numberOrNull, textOrNull } from './rows.ts'

/** A release that somebody could be sent to, with the reason why its schema speaks against that; `null`: nothing does. */
export type SchemaMark = { readonly release: number; readonly refused: string | null }

/** A host that only containers know by its name. */
export type FoundHost = { readonly host: string; readonly address: string }

export function createSchemas(db: Database, meta: Meta) {
  const where = 'WHERE service = ? AND environment = ?'
  return {
    /** `null`: it was never seen. */
    seen(scope: Scope): SchemaSeen | null {
      const row = db.get(`SELECT * FROM schemas ${where}`, scope.service, scope.environment)
      if (row === undefined) return null
      return { version: Number(row['version']), dirty: row['dirty'] === 1, seenAt: Number(row['seen_at']) }
    },

    note(scope: Scope, { version, dirty, seenAt }: SchemaSeen, found: FoundHost | null): void {
      db.run(
        `INSERT OR REPLACE INTO schemas (service, environment, version, dirty, seen_at, host, address) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        scope.service,
        scope.environment,
        version,
        dirty ? 1 : 0,
        seenAt,
        found?.host ?? null,
        found?.address ?? null,
      )
    },

    /** Where the host was when it was asked last. */
    foundAt(scope: Scope, host: string): string | null {
      const sql = `SELECT address FROM schemas ${where} AND host = ?`
      return textOrNull(db.get(sql, scope.service, scope.environment, host)?.['address'])
    },

    /** With the release that says so. */
    insertRelease(scope: Scope, release: number, { version, phase }: Migration): void {
      db.run(
        `INSERT INTO release_schemas (service, environment, release, version, contract) VALUES (?, ?, ?, ?, ?)`,
        scope.service,
        scope.environment,
        release,
        version,
        phase === 'contract' ? 1 : 0,
      )
    },

    /** What a release was first found healthy with counts as what it brings, when nobody has said. */
    learn(scope: Scope, release: number, version: number): void {
      const set = `UPDATE release_schemas SET version = ? ${where} AND release = ? AND version IS NULL`
      db.run(set, version, scope.service, scope.environment, release)
    },

    broughtBy(scope: Scope, release: number): number | null {
      const sql = `SELECT version FROM release_schemas ${where} AND release = ?`
      return numberOrNull(db.get(sql, scope.service, scope.environment, release)?.['version'])
    },

    /** The newest release that brings this version or a later one. */
    bringerOf(scope: Scope, version: number): number | null {
      const sql = `SELECT release FROM release_schemas ${where} AND version >= ? ORDER BY release DESC LIMIT 1`
      return numberOrNull(db.get(sql, scope.service, scope.environment, version)?.['release'])
    },

    contracts(scope: Scope): Contract[] {
      const sql = `SELECT release, version FROM release_schemas INDEXED BY release_schemas_contracts ${where} AND contract = 1`
      return db
        .all(sql, scope.service, scope.environment)
        .map((row) => ({ release: Number(row['release']), version: numberOrNull(row['version']) }))
    },

    /** Those that differ are what the proxy has to hear of. Returns whether there were any. */
    mark(scope: Scope, marks: readonly SchemaMark[]): boolean {
      const changed = marks.filter(({ release, refused }) => {
        const sql = `SELECT refused FROM release_schemas ${where} AND release = ?`
        return (db.get(sql, scope.service, scope.environment, release)?.['refused'] ?? null) !== refused
      })
      for (const { release, refused } of changed) {
        db.run(
          `INSERT INTO release_schemas (service, environment, release, contract, refused) VALUES (?, ?, ?, 0, ?)
           ON CONFLICT DO UPDATE SET refused = excluded.refused`,
          scope.service,
          scope.environment,
          release,
          refused,
        )
      }
      if (changed.length > 0) meta.set('generation', String(Number(meta.get('generation')) + 1))
      return changed.length > 0
    },
  }
}
