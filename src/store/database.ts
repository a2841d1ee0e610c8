// One SQLite file, opened durable: WAL with synchronous=FULL, so a commit that returned survives a power cut.
// Invariants: transactions are IMMEDIATE and hold no await; a newer or damaged file is left as it is; a full disk costs the reserve, not the commit.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { fail, isAsternError, reasonOf } from '../core/errors.ts'
import { migrations } from './schema.ts'

const BUSY_TIMEOUT_MS = 5_000
const RESERVE_BYTES = 4 * 1024 * 1024

// SQLite's primary result codes (https://sqlite.org/rescode.html)
const SQLITE_PERM = 3
const SQLITE_READONLY = 8
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

export type Row = Record<string, null | number | bigint | string | Uint8Array>

export class Database {
  readonly path: string
  #db: DatabaseSync
  #depth = 0
  #statements = new Map<string, StatementSync>()
  #afterCommit: (() => void)[] = []

  private constructor(path: string, db: DatabaseSync) {
    this.path = path
    this.#db = db
  }

  /** Opens or creates. Errors: STATE_CORRUPTED, STATE_NEWER, STATE_PERMISSION, DISK_FULL. */
  static open(path: string): Database {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o770 })
      const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
      db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
      const database = new Database(path, db)
      database.#migrate()
      return database
    } catch (error) {
      throw mapError(error, path)
    }
  }

  #migrate(): void {
    const version = () => Number((this.#db.prepare('PRAGMA user_version').get() as Row)['user_version'])
    if (version() === migrations.length) return
    if (version() > migrations.length) {
      throw fail('STATE_NEWER', { path: this.path, found: version(), known: migrations.length })
    }
    this.transaction(() => {
      for (let next = version(); next < migrations.length; next++) {
        this.#db.exec(migrations[next]!)
        this.#db.exec(`PRAGMA user_version=${next + 1}`)
      }
    })
  }

  /**
   * Runs `work` in one transaction; a transaction inside another joins it. When the disk is full the reserve is given up and `work` runs again,
   * so it must change nothing but the database.
   */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work()
    try {
      return this.#attempt(work)
    } catch (error) {
      if (sqliteCode(error) !== SQLITE_FULL || !this.releaseReserve()) throw mapError(error, this.path)
    }
    try {
      return this.#attempt(work)
    } catch (error) {
      throw mapError(error, this.path)
    }
  }

  #attempt<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    this.#depth++
    try {
      const result = work()
      this.#db.exec('COMMIT')
      this.#depth--
      for (const callback of this.#afterCommit.splice(0)) callback()
      return result
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#db.exec('ROLLBACK')
        this.#depth--
      }
      this.#afterCommit = []
      throw error
    }
  }

  /** Runs `callback` once what is written now is durable; never when it is rolled back. */
  afterCommit(callback: () => void): void {
    if (this.#depth > 0) this.#afterCommit.push(callback)
    else callback()
  }

  /** Another one after every change, by whomever: what was read may be kept as long as it is the same. `null`: within a transaction. */
  version(): string | null {
    if (this.#depth > 0) return null
    const others = this.get('PRAGMA data_version')?.['data_version']
    const own = this.get('SELECT total_changes() AS changes')?.['changes']
    return `${Number(others)}/${Number(own)}`
  }

  run(sql: string, ...values: (null | number | string)[]): number {
    try {
      return Number(this.#prepare(sql).run(...values).changes)
    } catch (error) {
      throw this.#depth > 0 ? error : mapError(error, this.path)
    }
  }

  get(sql: string, ...values: (null | number | string)[]): Row | undefined {
    return this.#prepare(sql).get(...values)
  }

  all(sql: string, ...values: (null | number | string)[]): Row[] {
    return this.#prepare(sql).all(...values)
  }

  *iterate(sql: string, ...values: (null | number | string)[]): Iterable<Row> {
    yield* this.#db.prepare(sql).iterate(...values) as Iterable<Row>
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  get #reservePath(): string {
    return join(dirname(this.path), 'reserve')
  }

  /** Keeps a few MB aside for the journal of a rollback on a full disk. Silent when there is no room: then there is nothing to keep. */
  keepReserve(): void {
    if (existsSync(this.#reservePath) && statSync(this.#reservePath).size === RESERVE_BYTES) return
    try {
      const file = openSync(this.#reservePath, 'w', 0o660)
      try {
        const chunk = Buffer.alloc(1024 * 1024, 0x2e)
        for (let written = 0; written < RESERVE_BYTES; written += chunk.length) writeSync(file, chunk)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      rmSync(this.#reservePath, { force: true })
      if (errnoOf(error) !== 'ENOSPC') throw mapError(error, this.path)
    }
  }

  /** True when there was something to give up. */
  releaseReserve(): boolean {
    if (!existsSync(this.#reservePath)) return false
    rmSync(this.#reservePath, { force: true })
    return true
  }

  /** Folds the write-ahead log back, off the path of anyone who waits. */
  checkpoint(): void {
    this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  }

  close(): void {
    this.#statements.clear()
    this.#db.close()
  }
}

function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return Number(error.errcode) & 0xff
}

export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

function mapError(error: unknown, path: string): unknown {
  if (isAsternError(error)) return error
  switch (sqliteCode(error)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail('STATE_CORRUPTED', { path, reason: reasonOf(error) }, error)
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return fail('STATE_PERMISSION', { path: dirname(path), reason: reasonOf(error) }, error)
    case SQLITE_FULL:
      return fail('DISK_FULL', { path }, error)
    default:
  }
  switch (errnoOf(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return fail('STATE_PERMISSION', { path: dirname(path), reason: reasonOf(error) }, error)
    case 'ENOSPC':
      return fail('DISK_FULL', { path }, error)
    default:
      return error
  }
}
