// Operations: who asked for what, when, and how it ended. Their steps are in the journal.
import type { OperationKind, Outcome, Scope } from '../core/model.ts'
import type { Database, Row } from './database.ts'
import { numberOrNull } from './rows.ts'

export type Operation = Scope & {
  readonly transactionId: string
  readonly kind: OperationKind
  readonly actor: string
  readonly reason: string | null
  readonly from: number | null
  readonly to: number | null
  /** As JSON: core/plan.ts Plan. `null`: it never got that far. */
  readonly plan: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly outcome: Outcome | null
}

/** `null`: of any. */
export type OperationFilter = {
  readonly service: string | null
  readonly environment: string | null
  /** Those that began from then on, and before. */
  readonly sinceAt?: number | null
  readonly untilAt?: number | null
  /** Part of the reason or of the actor, or the beginning of a transaction; letters in either case. */
  readonly text?: string | null
}

/** These hold no lease, so nobody takes over from them and nobody resumes them. */
const WITHOUT_LEASE = `('exec', 'run', 'schedule', 'build', 'push', 'verify', 'prune', 'pin', 'revert')`

/** As the index operations_that_move has it. */
const MOVING = `kind IN ('deploy', 'rollback', 'promote', 'remove')`

const SPOKEN_OF = `(instr(lower(coalesce(reason, '')), lower(?)) > 0 OR instr(lower(actor), lower(?)) > 0
  OR substr(transaction_id, 1, length(?)) = ?)`

const EVERYTHING: OperationFilter = { service: null, environment: null }

export function createOperations(db: Database) {
  return {
    insert(
      operation: Scope & {
        transactionId: string
        kind: OperationKind
        actor: string
        reason: string | null
        startedAt: number
      },
    ): void {
      db.run(
        'INSERT INTO operations (transaction_id, kind, service, environment, actor, reason, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        operation.transactionId,
        operation.kind,
        operation.service,
        operation.environment,
        operation.actor,
        operation.reason,
        operation.startedAt,
      )
    },

    setPlan(transactionId: string, from: number | null, to: number | null, plan: string | null): void {
      db.run(
        'UPDATE operations SET from_release = ?, to_release = ?, plan = ? WHERE transaction_id = ?',
        from,
        to,
        plan,
        transactionId,
      )
    },

    /** The release that it is about, where there is nothing to plan. */
    setRelease(transactionId: string, release: number): void {
      db.run('UPDATE operations SET to_release = ? WHERE transaction_id = ?', release, transactionId)
    },

    end(transactionId: string, outcome: Outcome, endedAt: number): void {
      db.run(
        'UPDATE operations SET outcome = ?, ended_at = ? WHERE transaction_id = ?',
        outcome,
        endedAt,
        transactionId,
      )
    },

    get(transactionId: string): Operation | null {
      const row = db.get('SELECT * FROM operations WHERE transaction_id = ?', transactionId)
      return row === undefined ? null : toOperation(row)
    },

    /** The parts of a transaction that concerns several services, by the names of the services. */
    parts(transactionId: string): Operation[] {
      const sql = 'SELECT * FROM operations WHERE transaction_id > ? AND transaction_id < ? ORDER BY transaction_id'
      // the character after the dot: a range of the primary key
      return db.all(sql, `${transactionId}.`, `${transactionId}/`).map(toOperation)
    },

    /** The newest deploy of a service that succeeded. */
    newestDeploy(scope: Scope): Operation | null {
      const sql = `SELECT * FROM operations WHERE service = ? AND environment = ? AND kind = 'deploy' AND outcome = 'succeeded'
         ORDER BY started_at DESC LIMIT 1`
      const row = db.get(sql, scope.service, scope.environment)
      return row === undefined ? null : toOperation(row)
    },

    /** Those of a lease without an end, oldest first. */
    unfinished(scope: Scope): Operation[] {
      const sql = `SELECT * FROM operations INDEXED BY operations_unfinished
         WHERE service = ? AND environment = ? AND ended_at IS NULL AND kind NOT IN ${WITHOUT_LEASE}`
      const found = db.all(sql, scope.service, scope.environment).map(toOperation)
      return found.sort((a, b) => a.startedAt - b.startedAt)
    },

    /** Releases that operations without an end are about, with a lease or without one. */
    releasesInUse(scope: Scope): number[] {
      const sql = `SELECT from_release, to_release FROM operations INDEXED BY operations_unfinished
         WHERE service = ? AND environment = ? AND ended_at IS NULL`
      const found = db.all(sql, scope.service, scope.environment)
      const numbers = found.flatMap((row) => [numberOrNull(row['from_release']), numberOrNull(row['to_release'])])
      return numbers.filter((number) => number !== null)
    },

    /** Where these are. */
    unfinishedScopes(): Scope[] {
      return db
        .all(
          `SELECT DISTINCT service, environment FROM operations INDEXED BY operations_unfinished
           WHERE ended_at IS NULL AND kind NOT IN ${WITHOUT_LEASE}`,
        )
        .map((row) => ({ service: String(row['service']), environment: String(row['environment']) }))
    },

    /** Newest first; of one service, of one environment, or of all. */
    list(limit: number, filter: OperationFilter = EVERYTHING): Operation[] {
      const { service, environment, sinceAt = null, untilAt = null, text = null } = filter
      const term = (sql: string, value: string | number | null, times = 1) =>
        value === null ? [] : [{ sql, values: Array.from({ length: times }, () => value) }]
      const terms = [
        ...term('service = ?', service),
        ...term('environment = ?', environment),
        ...term('started_at >= ?', sinceAt),
        ...term('started_at < ?', untilAt),
        ...term(SPOKEN_OF, text, 4),
      ]
      const index = service !== null && environment !== null ? 'operations_of_service' : 'operations_by_time'
      const where = terms.length === 0 ? '' : `WHERE ${terms.map(({ sql }) => sql).join(' AND ')}`
      const sql = `SELECT * FROM operations INDEXED BY ${index} ${where} ORDER BY started_at DESC LIMIT ?`
      return db.all(sql, ...terms.flatMap(({ values }) => values), limit).map(toOperation)
    },

    /** Those that may have moved users and began at that time or before, newest first; read one by one, as far as somebody wants to know. */
    *movingBefore({ service, environment }: Scope, at: number): Iterable<Operation> {
      const sql = `SELECT * FROM operations INDEXED BY operations_that_move
         WHERE service = ? AND environment = ? AND started_at <= ? AND ${MOVING} ORDER BY started_at DESC`
      for (const row of db.iterate(sql, service, environment, at)) yield toOperation(row)
    },

    /** Those that began later, oldest first. */
    *movingAfter({ service, environment }: Scope, at: number): Iterable<Operation> {
      const sql = `SELECT * FROM operations INDEXED BY operations_that_move
         WHERE service = ? AND environment = ? AND started_at > ? AND ${MOVING} ORDER BY started_at`
      for (const row of db.iterate(sql, service, environment, at)) yield toOperation(row)
    },

    /** Where anything was ever done, by name; also services that were removed since. */
    scopes(): Scope[] {
      // From one to the next along the index: as many looks as there are scopes. A comparison of pairs would read every row of a service.
      const from = 'SELECT service, environment FROM operations INDEXED BY operations_of_service WHERE'
      const inService = `${from} service = ? AND environment > ? ORDER BY environment LIMIT 1`
      const beyond = `${from} service > ? ORDER BY service, environment LIMIT 1`
      const found: Scope[] = []
      for (let last: Scope = { service: '', environment: '' }; ; found.push(last)) {
        const row = db.get(inService, last.service, last.environment) ?? db.get(beyond, last.service)
        if (row === undefined) return found
        last = { service: String(row['service']), environment: String(row['environment']) }
      }
    },

    /** The deploy that a release was made by. */
    madeBy({ service, environment }: Scope, release: number): Operation | null {
      const sql = `SELECT * FROM operations INDEXED BY operations_to
         WHERE service = ? AND environment = ? AND to_release = ? AND kind = 'deploy' ORDER BY started_at LIMIT 1`
      const row = db.get(sql, service, environment, release)
      return row === undefined ? null : toOperation(row)
    },

    /** What the rollback took out in which a release became active at that time; `null`: there is none, or it took out nothing. */
    takenOut(scope: Scope, to: number, activeAt: number): number | null {
      const sql = `SELECT from_release FROM operations INDEXED BY operations_to
         WHERE service = ? AND environment = ? AND to_release = ? AND started_at <= ?
           AND kind = 'rollback' AND (ended_at IS NULL OR ended_at >= ?)
         ORDER BY started_at DESC LIMIT 1`
      const row = db.get(sql, scope.service, scope.environment, to, activeAt, activeAt)
      return numberOrNull(row?.['from_release'])
    },

    /** Those that went from or to a release, newest first. */
    withRelease(scope: Scope, release: number, limit: number): Operation[] {
      const sql = `SELECT * FROM operations WHERE service = ? AND environment = ? AND (from_release = ? OR to_release = ?)
         ORDER BY started_at DESC LIMIT ?`
      return db.all(sql, scope.service, scope.environment, release, release, limit).map(toOperation)
    },
  }
}

function toOperation(row: Row): Operation {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    transactionId: String(row['transaction_id']),
    kind: row['kind'] as OperationKind,
    actor: String(row['actor']),
    reason: row['reason'] as string | null,
    from: numberOrNull(row['from_release']),
    to: numberOrNull(row['to_release']),
    plan: row['plan'] as string | null,
    startedAt: Number(row['started_at']),
    endedAt: numberOrNull(row['ended_at']),
    outcome: row['outcome'] as Outcome | null,
  }
}
