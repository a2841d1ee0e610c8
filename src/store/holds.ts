// Holds: why automated deploys of a service to an environment are refused until somebody resumes. A rollback places one, and people may place one by
// hand; each replaces only its own kind, so that undoing a rollback leaves what somebody said for another reason.
import type { Scope } from '../core/model.ts'
import type { Database, Row } from './database.ts'
import { numberOrNull } from './rows.ts'

export type Hold = {
  readonly placedBy: 'rollback' | 'hand'
  readonly sinceAt: number
  readonly by: string
  readonly reason: string
  /** What the rollback took out; `null`: nothing, or it was placed by hand. */
  readonly release: number | null
  /** What the rollback went back to. */
  readonly backTo: number | null
  readonly transactionId: string
}

export function createHolds(db: Database) {
  const where = 'WHERE service = ? AND environment = ?'
  return {
    /** The one that was placed last. */
    get(scope: Scope): Hold | null {
      const sql = `SELECT * FROM holds ${where} ORDER BY since DESC LIMIT 1`
      const row = db.get(sql, scope.service, scope.environment)
      return row === undefined ? null : toHold(row)
    },

    /** Of every kind. */
    all(scope: Scope): Hold[] {
      return db.all(`SELECT * FROM holds ${where}`, scope.service, scope.environment).map(toHold)
    },

    place(scope: Scope, hold: Hold): void {
      db.run(
        `INSERT OR REPLACE INTO holds (service, environment, placed_by, since, actor, reason, release, back_to, transaction_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        scope.service,
        scope.environment,
        hold.placedBy,
        hold.sinceAt,
        hold.by,
        hold.reason,
        hold.release,
        hold.backTo,
        hold.transactionId,
      )
    },

    /** What is not there is lifted already. */
    lift(scope: Scope, placedBy: readonly Hold['placedBy'][] = ['rollback', 'hand']): void {
      for (const kind of placedBy)
        db.run(`DELETE FROM holds ${where} AND placed_by = ?`, scope.service, scope.environment, kind)
    },
  }
}

function toHold(row: Row): Hold {
  return {
    placedBy: row['placed_by'] as Hold['placedBy'],
    sinceAt: Number(row['since']),
    by: String(row['actor']),
    reason: String(row['reason']),
    release: numberOrNull(row['release']),
    backTo: numberOrNull(row['back_to']),
    transactionId: String(row['transaction_id']),
  }
}
