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
export type OperationFilter = { readonly service: string | null; readonly environment: string | null }

/** These hold no lease, so nobody takes over from them and nobody resumes them. */
const WITHOUT_LEASE = `('exec', 'run', 'schedule')`

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
      if (filter.service === null && filter.environment === null) {
        return db.all('SELECT * FROM operations ORDER BY started_at DESC LIMIT ?', limit).map(toOperation)
      }
      const sql = `SELECT * FROM operations WHERE service = coalesce(?, service) AND environment = coalesce(?, environment)
         ORDER BY started_at DESC LIMIT ?`
      return db.all(sql, filter.service, filter.environment, limit).map(toOperation)
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
