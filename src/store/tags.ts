// Tags that were built here, and what each of them means: the word of this installation, which nothing outside can change.
import type { Scope } from '../core/model.ts'
import type { Database, Row } from './database.ts'
import { numberOrNull, textOrNull } from './rows.ts'

export type BuiltTag = Scope & {
  /** As in references: `registry.example.com/shop/gin-shop`. */
  readonly repository: string
  readonly tag: string
  /** The image ID. */
  readonly configDigest: string
  /** The registry's manifest digest; `null`: it was never pushed. */
  readonly digest: string | null
  readonly version: string | null
  readonly gitRevision: string | null
  /** On the host, uncompressed; `null`: not known. */
  readonly sizeBytes: number | null
  readonly builtAt: number
  readonly pushedAt: number | null
  readonly transactionId: string
}

export function createTags(db: Database) {
  return {
    get(repository: string, tag: string): BuiltTag | null {
      const row = db.get('SELECT * FROM tags WHERE repository = ? AND tag = ?', repository, tag)
      return row === undefined ? null : toTag(row)
    },

    /** The one that was built last for a service in an environment; `null`: none was. */
    newest(scope: Scope): BuiltTag | null {
      const [newest] = this.list(scope, 1)
      return newest ?? null
    },

    /** Newest first. */
    list(scope: Scope, limit: number): BuiltTag[] {
      const sql = 'SELECT * FROM tags WHERE service = ? AND environment = ? ORDER BY built_at DESC, tag DESC LIMIT ?'
      return db.all(sql, scope.service, scope.environment, limit).map(toTag)
    },

    /** Where a registry has an image, as it was pushed from here last; `null`: it was not. */
    pushedAs(configDigest: string): { readonly repository: string; readonly digest: string } | null {
      const sql = `SELECT repository, digest FROM tags WHERE config_digest = ? AND digest IS NOT NULL ORDER BY pushed_at DESC LIMIT 1`
      const row = db.get(sql, configDigest)
      return row === undefined ? null : { repository: String(row['repository']), digest: String(row['digest']) }
    },

    /** A tag means one image for ever: that it does not mean another one yet is the caller's to see, in the same transaction. */
    built(tag: Omit<BuiltTag, 'digest' | 'pushedAt'>): void {
      db.run(
        `INSERT INTO tags (repository, tag, service, environment, config_digest, version, git_revision, size_bytes, built_at, transaction_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (repository, tag) DO UPDATE SET built_at = excluded.built_at, transaction_id = excluded.transaction_id`,
        tag.repository,
        tag.tag,
        tag.service,
        tag.environment,
        tag.configDigest,
        tag.version,
        tag.gitRevision,
        tag.sizeBytes,
        tag.builtAt,
        tag.transactionId,
      )
    },

    pushed(repository: string, tag: string, digest: string, nowAt: number): void {
      db.run(
        'UPDATE tags SET digest = ?, pushed_at = ? WHERE repository = ? AND tag = ?',
        digest,
        nowAt,
        repository,
        tag,
      )
    },

    remove(repository: string, tag: string): void {
      db.run('DELETE FROM tags WHERE repository = ? AND tag = ?', repository, tag)
    },
  }
}

function toTag(row: Row): BuiltTag {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    repository: String(row['repository']),
    tag: String(row['tag']),
    configDigest: String(row['config_digest']),
    digest: textOrNull(row['digest']),
    version: textOrNull(row['version']),
    gitRevision: textOrNull(row['git_revision']),
    sizeBytes: numberOrNull(row['size_bytes']),
    builtAt: Number(row['built_at']),
    pushedAt: numberOrNull(row['pushed_at']),
    transactionId: String(row['transaction_id']),
  }
}
