// Replicas, and what the proxy should do with each: the committed traffic intent is read from here.
import { ordinalOf } from '../core/replica-name.ts'
import type { Level, Replica, Scope } from '../core/model.ts'
import type { TrafficWanted } from '../ports/traffic.ts'
import type { Database, Row } from './database.ts'
import type { Meta } from './meta.ts'
import type { Services } from './services.ts'
import { readWanted } from './wanted.ts'

export const FULL_WEIGHT = 100

export type StoredReplica = Replica & {
  readonly attached: boolean
  readonly weight: number
  readonly mode: 'ready' | 'maintenance'
  readonly checked: boolean
}

export type NewReplica = Omit<Replica, 'level'> & { readonly port: number; readonly healthPath: string | null }

export function createReplicas(db: Database, services: Services, meta: Meta) {
  const where = 'WHERE service = ? AND environment = ?'
  /** The proxy may send requests there: it neither rests nor is it frozen. */
  const able = `attached = 1 AND mode = 'ready' AND checked = 1`
  const touch = () => db.run(`UPDATE meta SET value = value + 1 WHERE key = 'generation'`)
  let last: { readonly version: string; readonly wanted: TrafficWanted } | null = null
  return {
    of(scope: Scope): StoredReplica[] {
      return db
        .all(`SELECT * FROM replicas ${where} ORDER BY release, name`, scope.service, scope.environment)
        .map(toReplica)
    },

    get(scope: Scope, name: string): StoredReplica | null {
      const row = db.get(`SELECT * FROM replicas ${where} AND name = ?`, scope.service, scope.environment, name)
      return row === undefined ? null : toReplica(row)
    },

    /** Addresses held in the whole installation. */
    addresses(): Set<string> {
      return new Set(db.all('SELECT address FROM replicas').map((row) => String(row['address'])))
    },

    /** The number after the highest that a replica of this release ever had: names are never used twice. */
    nextOrdinal(scope: Scope, release: number): number {
      const sql = `SELECT next_ordinal FROM releases ${where} AND number = ?`
      return Number(db.get(sql, scope.service, scope.environment, release)?.['next_ordinal'] ?? 1)
    },

    /** Notes a container that is about to be created. */
    insert(replica: NewReplica): void {
      db.run(
        `INSERT INTO replicas (service, environment, name, release, process, address, level, secrets_hash, port, health_path)
         VALUES (?, ?, ?, ?, ?, ?, 'absent', ?, ?, ?)`,
        replica.service,
        replica.environment,
        replica.name,
        replica.release,
        replica.process,
        replica.address,
        replica.secretsHash,
        replica.port,
        replica.healthPath,
      )
      db.run(
        `UPDATE releases SET next_ordinal = max(next_ordinal, ?) ${where} AND number = ?`,
        ordinalOf(replica.name) + 1,
        replica.service,
        replica.environment,
        replica.release,
      )
    },

    /** Its container is gone, and the proxy has forgotten it already. */
    remove(scope: Scope, name: string): void {
      db.run(`DELETE FROM replicas ${where} AND name = ?`, scope.service, scope.environment, name)
    },

    setLevel(scope: Scope, name: string, level: Level): void {
      db.run(`UPDATE replicas SET level = ? ${where} AND name = ?`, level, scope.service, scope.environment, name)
    },

    /** The proxy knows it and checks it; it takes requests when its release is the active one. */
    attach(scope: Scope, name: string, activeRelease: number | null): void {
      db.run(
        `UPDATE replicas SET attached = 1, mode = 'ready', checked = 1, weight = CASE WHEN release = ? THEN ${FULL_WEIGHT} ELSE 0 END
         ${where} AND name = ?`,
        activeRelease ?? -1,
        scope.service,
        scope.environment,
        name,
      )
      touch()
    },

    /** No new requests; what is in flight goes on. */
    rest(scope: Scope, name: string): void {
      db.run(`UPDATE replicas SET weight = 0 ${where} AND name = ?`, scope.service, scope.environment, name)
      touch()
    },

    /** No new requests; the proxy checks it no more. */
    uncheck(scope: Scope, name: string): void {
      db.run(
        `UPDATE replicas SET checked = 0, weight = 0 ${where} AND name = ?`,
        scope.service,
        scope.environment,
        name,
      )
      touch()
    },

    maintain(scope: Scope, name: string): void {
      const set = `UPDATE replicas SET mode = 'maintenance', checked = 0, weight = 0 ${where} AND name = ?`
      db.run(set, scope.service, scope.environment, name)
      touch()
    },

    /** The proxy forgets it. */
    detach(scope: Scope, name: string): void {
      db.run(
        `UPDATE replicas SET attached = 0, weight = 0 ${where} AND name = ?`,
        scope.service,
        scope.environment,
        name,
      )
      touch()
    },

    /** All new requests go to the attached replicas of this release that are awake, none to any other. `null`: to nobody. */
    shift(scope: Scope, release: number | null): void {
      db.run(
        `UPDATE replicas SET weight = CASE WHEN release = ? AND ${able} THEN ${FULL_WEIGHT} ELSE 0 END ${where}`,
        release ?? -1,
        scope.service,
        scope.environment,
      )
      touch()
    },

    /** Each replica of `to` gets this weight, each of `from` what is left to the full one. */
    ramp(scope: Scope, from: number, to: number, weight: number): void {
      db.run(
        `UPDATE replicas SET weight = CASE WHEN NOT (${able}) THEN 0 WHEN release = ? THEN ? WHEN release = ? THEN ? ELSE 0 END ${where}`,
        to,
        weight,
        from,
        FULL_WEIGHT - weight,
        scope.service,
        scope.environment,
      )
      touch()
    },

    /** All that the proxy should do, as committed. */
    wanted(): TrafficWanted {
      const version = db.version()
      if (version === null) return readWanted(db, services, meta)
      if (last?.version !== version) last = { version, wanted: readWanted(db, services, meta) }
      return last.wanted
    },
  }
}

function toReplica(row: Row): StoredReplica {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    name: String(row['name']),
    release: Number(row['release']),
    process: String(row['process']),
    address: String(row['address']),
    level: row['level'] as Level,
    secretsHash: String(row['secrets_hash']),
    attached: row['attached'] === 1,
    weight: Number(row['weight']),
    mode: row['mode'] as StoredReplica['mode'],
    checked: row['checked'] === 1,
  }
}
