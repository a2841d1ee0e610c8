// Releases, their sealed secrets, and the quarantine of identities. Queries over a long history name their index: without statistics SQLite would
// rather walk the primary key in the wanted order.
import type { OperationKind, Release, ReleaseConfig, Scope } from '../core/model.ts'
import type { KnownRelease } from '../core/retention.ts'
import type { Database, Row } from './database.ts'
import { numberOrNull, textOrNull } from './rows.ts'

export type QuarantineEntry = {
  readonly identity: string
  readonly release: number
  readonly sinceAt: number
  readonly actor: string
  readonly reason: string
}

/** Values of secrets by name, each sealed. */
export type SealedSecrets = Readonly<Record<string, string>>

export type NewRelease = Omit<
  Release,
  'state' | 'stable' | 'rolledBack' | 'pinned' | 'pinName' | 'prunedAt' | 'activeAt' | 'activeBy' | 'standbySince'
>

export function createReleases(db: Database) {
  const where = 'WHERE service = ? AND environment = ?'
  return {
    insertCandidate(release: NewRelease, sealed: SealedSecrets, transactionId: string): void {
      db.run(
        `INSERT INTO releases (service, environment, number, version, image, digest, config_digest, identity, config, sealed,
           git_revision, created_at, transaction_id, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'candidate')`,
        release.service,
        release.environment,
        release.number,
        release.version,
        release.image,
        release.digest,
        release.configDigest,
        release.identity,
        JSON.stringify(release.config),
        JSON.stringify(sealed),
        release.gitRevision,
        release.createdAt,
        transactionId,
      )
    },

    get(scope: Scope, number: number): Release | null {
      const row = db.get(`SELECT * FROM releases ${where} AND number = ?`, scope.service, scope.environment, number)
      return row === undefined ? null : toRelease(row)
    },

    /** Those that served at some time, newest number first. */
    thatServed(scope: Scope, limit: number): Release[] {
      const sql = `SELECT * FROM releases INDEXED BY releases_that_served ${where} AND active_at IS NOT NULL ORDER BY number DESC LIMIT ?`
      return db.all(sql, scope.service, scope.environment, limit).map(toRelease)
    },

    /** Those of a version, newest number first. */
    ofVersion(scope: Scope, version: string, limit: number): Release[] {
      const sql = `SELECT * FROM releases INDEXED BY releases_by_version ${where} AND version = ? ORDER BY number DESC LIMIT ?`
      return db.all(sql, scope.service, scope.environment, version, limit).map(toRelease)
    },

    /** Those that were deployed by this reference, in every service and environment, newest first. */
    ofImage(image: string, limit: number): Release[] {
      const sql = 'SELECT * FROM releases INDEXED BY releases_of_image WHERE image = ? ORDER BY created_at DESC LIMIT ?'
      return db.all(sql, image, limit).map(toRelease)
    },

    /** The one that stopped serving last. */
    lastStandby(scope: Scope): Release | null {
      const sql = `SELECT * FROM releases INDEXED BY releases_by_time ${where} AND standby_since IS NOT NULL ORDER BY standby_since DESC, number DESC LIMIT 1`
      const row = db.get(sql, scope.service, scope.environment)
      return row === undefined ? null : toRelease(row)
    },

    /** Those of the numbers given, in no order. */
    some(scope: Scope, numbers: readonly number[]): Release[] {
      return numbers.flatMap((number) => this.get(scope, number) ?? [])
    },

    /** Newest first. */
    list(scope: Scope, limit: number): Release[] {
      const sql = `SELECT * FROM releases ${where} ORDER BY number DESC LIMIT ?`
      return db.all(sql, scope.service, scope.environment, limit).map(toRelease)
    },

    sealed(scope: Scope, number: number): SealedSecrets {
      const row = db.get(
        `SELECT sealed FROM releases ${where} AND number = ?`,
        scope.service,
        scope.environment,
        number,
      )
      return row === undefined ? {} : (JSON.parse(String(row['sealed'])) as SealedSecrets)
    },

    /** Of every release of the installation. */
    sealAnew(anew: (name: string, sealed: string) => string): void {
      for (const row of db.all(`SELECT service, environment, number, sealed FROM releases WHERE sealed <> '{}'`)) {
        const before = Object.entries(JSON.parse(String(row['sealed'])) as SealedSecrets)
        const sealed = Object.fromEntries(before.map(([name, value]) => [name, anew(name, value)]))
        db.run(
          `UPDATE releases SET sealed = ? ${where} AND number = ?`,
          JSON.stringify(sealed),
          String(row['service']),
          String(row['environment']),
          Number(row['number']),
        )
      }
    },

    /** It serves from now on. */
    markActive(scope: Scope, number: number, by: OperationKind, nowAt: number): void {
      db.run(
        `UPDATE releases SET state = 'active', active_at = ?, active_by = ?, standby_since = NULL ${where} AND number = ?`,
        nowAt,
        by,
        scope.service,
        scope.environment,
        number,
      )
    },

    /** It served until now. */
    markStandby(scope: Scope, number: number, nowAt: number): void {
      db.run(
        `UPDATE releases SET state = 'standby', standby_since = ? ${where} AND number = ?`,
        nowAt,
        scope.service,
        scope.environment,
        number,
      )
    },

    markFailed(scope: Scope, number: number): void {
      db.run(
        `UPDATE releases SET state = 'failed', stable = 0 ${where} AND number = ?`,
        scope.service,
        scope.environment,
        number,
      )
    },

    markStable(scope: Scope, number: number): void {
      db.run(
        `UPDATE releases SET stable = 1, rolled_back = 0 ${where} AND number = ?`,
        scope.service,
        scope.environment,
        number,
      )
    },

    markRolledBack(scope: Scope, number: number): void {
      db.run(
        `UPDATE releases SET stable = 0, rolled_back = 1 ${where} AND number = ?`,
        scope.service,
        scope.environment,
        number,
      )
    },

    /** `name`: why, if somebody said. */
    setPinned(scope: Scope, number: number, pinned: boolean, name: string | null): void {
      db.run(
        `UPDATE releases SET pinned = ?, pin_name = ? ${where} AND number = ?`,
        pinned ? 1 : 0,
        name,
        scope.service,
        scope.environment,
        number,
      )
    },

    /** When the last copy of its image was let go; `null`: there is one after all. */
    setPruned(scope: Scope, number: number, at: number | null): void {
      db.run(`UPDATE releases SET pruned_at = ? ${where} AND number = ?`, at, scope.service, scope.environment, number)
    },

    /** All of a scope, newest first, as far as retention asks: a configuration is a hundred times as long as the rest. */
    known(scope: Scope): KnownRelease[] {
      const sql = `SELECT ${KNOWN} FROM releases ${where} ORDER BY number DESC`
      return db.all(sql, scope.service, scope.environment).map(toKnown)
    },

    /** Of every scope. */
    withImage(configDigest: string): (Scope & KnownRelease)[] {
      const sql = `SELECT service, environment, ${KNOWN} FROM releases WHERE config_digest = ?`
      return db
        .all(sql, configDigest)
        .map((row) => ({ service: String(row['service']), environment: String(row['environment']), ...toKnown(row) }))
    },

    quarantine(scope: Scope, entry: QuarantineEntry): void {
      db.run(
        `INSERT INTO quarantine (service, environment, identity, release, since, actor, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET release = excluded.release, since = excluded.since, actor = excluded.actor, reason = excluded.reason`,
        scope.service,
        scope.environment,
        entry.identity,
        entry.release,
        entry.sinceAt,
        entry.actor,
        entry.reason,
      )
    },

    liftQuarantine(scope: Scope, identity: string): void {
      db.run(`DELETE FROM quarantine ${where} AND identity = ?`, scope.service, scope.environment, identity)
    },

    quarantined(scope: Scope, identity: string): QuarantineEntry | null {
      const row = db.get(
        `SELECT * FROM quarantine ${where} AND identity = ?`,
        scope.service,
        scope.environment,
        identity,
      )
      if (row === undefined) return null
      return {
        identity,
        release: Number(row['release']),
        sinceAt: Number(row['since']),
        actor: String(row['actor']),
        reason: String(row['reason']),
      }
    },
  }
}

const KNOWN = `number, version, image, digest, config_digest, created_at, state, stable, rolled_back, pinned, pruned_at, active_at, standby_since`

function toKnown(row: Row): KnownRelease {
  return {
    number: Number(row['number']),
    version: textOrNull(row['version']),
    image: String(row['image']),
    digest: String(row['digest']),
    configDigest: String(row['config_digest']),
    createdAt: Number(row['created_at']),
    state: row['state'] as Release['state'],
    stable: row['stable'] === 1,
    rolledBack: row['rolled_back'] === 1,
    pinned: row['pinned'] === 1,
    prunedAt: numberOrNull(row['pruned_at']),
    activeAt: numberOrNull(row['active_at']),
    standbySince: numberOrNull(row['standby_since']),
  }
}

function toRelease(row: Row): Release {
  return {
    ...toKnown(row),
    service: String(row['service']),
    environment: String(row['environment']),
    identity: String(row['identity']),
    // one that was stored before there were other processes
    config: { processes: [], ...(JSON.parse(String(row['config'])) as Omit<ReleaseConfig, 'processes'>) },
    gitRevision: textOrNull(row['git_revision']),
    pinName: textOrNull(row['pin_name']),
    activeBy: row['active_by'] as OperationKind | null,
  }
}
