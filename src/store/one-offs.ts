// Commands that run beside the replicas: their containers, until they are removed, and who waits for those that hold no lease.
import type { Scope } from '../core/model.ts'
import type { Owner, ProcessTable } from '../ports/process-table.ts'
import type { Database, Row } from './database.ts'

export type OneOff = Scope & {
  /** `run-5f8a7b9c`, the container's name within the scope. */
  readonly name: string
  readonly release: number
  readonly transactionId: string
}

export type SessionOf = Scope & { readonly transactionId: string }

export function createOneOffs(db: Database, processes: ProcessTable) {
  const where = 'WHERE service = ? AND environment = ?'
  const isDead = (row: Row) => processes.liveness(JSON.parse(String(row['owner'])) as Owner) === 'dead'
  return {
    /**
     * Notes a container that is about to be created. Noting it twice is noting it once. `awaited`: its result is wanted although its operation has
     * ended.
     */
    insert(oneOff: OneOff, { awaited } = { awaited: false }): void {
      db.run(
        `INSERT INTO one_offs (service, environment, name, release, transaction_id, awaited) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
        oneOff.service,
        oneOff.environment,
        oneOff.name,
        oneOff.release,
        oneOff.transactionId,
        awaited ? 1 : 0,
      )
    },

    /** Its result is committed: nobody needs the container any more. */
    settle(scope: Scope, name: string): void {
      db.run(`UPDATE one_offs SET settled = 1 ${where} AND name = ?`, scope.service, scope.environment, name)
    },

    of(scope: Scope): OneOff[] {
      return db.all(`SELECT * FROM one_offs ${where} ORDER BY name`, scope.service, scope.environment).map(toOneOff)
    },

    /** Those that nobody needs: the result is committed, or the operation has ended without one. */
    spent(scope: Scope): OneOff[] {
      const sql = `SELECT one_offs.* FROM one_offs LEFT JOIN operations USING (transaction_id)
         WHERE one_offs.service = ? AND one_offs.environment = ? AND (settled = 1 OR (awaited = 0 AND operations.ended_at IS NOT NULL))`
      return db.all(sql, scope.service, scope.environment).map(toOneOff)
    },

    /** Its container is gone. */
    remove(scope: Scope, name: string): void {
      db.run(`DELETE FROM one_offs ${where} AND name = ?`, scope.service, scope.environment, name)
    },

    /** This process waits for an operation that holds no lease. */
    openSession({ service, environment, transactionId }: SessionOf): void {
      db.run(
        'INSERT INTO sessions (transaction_id, service, environment, owner) VALUES (?, ?, ?, ?)',
        transactionId,
        service,
        environment,
        JSON.stringify(processes.self()),
      )
    },

    closeSession(transactionId: string): void {
      db.run('DELETE FROM sessions WHERE transaction_id = ?', transactionId)
    },

    isOpen(transactionId: string): boolean {
      const row = db.get('SELECT owner FROM sessions WHERE transaction_id = ?', transactionId)
      return row !== undefined && !isDead(row)
    },

    /** Operations without a lease whose process died. */
    abandonedSessions(scope: Scope): string[] {
      return db
        .all(`SELECT * FROM sessions ${where}`, scope.service, scope.environment)
        .filter(isDead)
        .map((row) => String(row['transaction_id']))
    },

    /** Where there is something of these. */
    scopes(): Scope[] {
      const sql =
        'SELECT service, environment FROM one_offs UNION SELECT service, environment FROM sessions ORDER BY service, environment'
      return db.all(sql).map((row) => ({ service: String(row['service']), environment: String(row['environment']) }))
    },
  }
}

function toOneOff(row: Row): OneOff {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    name: String(row['name']),
    release: Number(row['release']),
    transactionId: String(row['transaction_id']),
  }
}
