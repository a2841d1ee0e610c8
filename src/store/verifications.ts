// Which images have passed the checks of which environments, and which releases were made of one of another environment.
import type { Scope } from '../core/model.ts'
import type { Database, Row } from './database.ts'

/** `configDigest` is the image ID: what a tag means by now does not matter. */
export type Verification = Scope & {
  readonly configDigest: string
  readonly outcome: 'passed' | 'failed'
  readonly at: number
  readonly transactionId: string
}

/** A release of the same service in another environment. */
export type Origin = { readonly environment: string; readonly release: number }

export function createVerifications(db: Database) {
  return {
    /** Takes the place of an earlier result. */
    record({ service, configDigest, environment, outcome, at, transactionId }: Verification): void {
      db.run(
        `INSERT INTO verifications (service, config_digest, environment, outcome, at, transaction_id) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET outcome = excluded.outcome, at = excluded.at, transaction_id = excluded.transaction_id`,
        service,
        configDigest,
        environment,
        outcome,
        at,
        transactionId,
      )
    },

    /** Of an image of a service, by environment. */
    of(service: string, configDigest: string): Verification[] {
      const sql = 'SELECT * FROM verifications WHERE service = ? AND config_digest = ? ORDER BY environment'
      return db.all(sql, service, configDigest).map(toVerification)
    },

    promoted({ service, environment }: Scope, release: number, from: Origin): void {
      db.run(
        'INSERT INTO promotions (service, environment, release, from_environment, from_release) VALUES (?, ?, ?, ?, ?)',
        service,
        environment,
        release,
        from.environment,
        from.release,
      )
    },

    /** Where a release came from; `null`: it was deployed by itself. */
    origin({ service, environment }: Scope, release: number): Origin | null {
      const sql = 'SELECT * FROM promotions WHERE service = ? AND environment = ? AND release = ?'
      const row = db.get(sql, service, environment, release)
      if (row === undefined) return null
      return { environment: String(row['from_environment']), release: Number(row['from_release']) }
    },
  }
}

function toVerification(row: Row): Verification {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    configDigest: String(row['config_digest']),
    outcome: row['outcome'] as Verification['outcome'],
    at: Number(row['at']),
    transactionId: String(row['transaction_id']),
  }
}
