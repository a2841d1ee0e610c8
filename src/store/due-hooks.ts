// Hooks that follow an operation: committed with its success, claimed by one process, forgotten when they were run.
// Invariant: at any moment one living process at most has claimed a hook.
import type { HookName, Outcome, Scope } from '../core/model.ts'
import type { Owner, ProcessTable } from '../ports/process-table.ts'
import type { Database, Row } from './database.ts'

export type DueHook = Scope & {
  readonly transactionId: string
  readonly hook: HookName
  readonly place: number
  /** The release that serves after the operation. */
  readonly release: number
  readonly outcome: Outcome
  /** Somebody began it, and died. */
  readonly begun: boolean
}

export function createDueHooks(db: Database, processes: ProcessTable) {
  const which = 'WHERE transaction_id = ? AND hook = ? AND place = ?'
  const isWaiting = ({ owner }: Row) =>
    owner === null || processes.liveness(JSON.parse(String(owner)) as Owner) === 'dead'
  return {
    insert(due: Omit<DueHook, 'begun'>): void {
      db.run(
        `INSERT INTO due_hooks (transaction_id, hook, place, service, environment, release, outcome)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        due.transactionId,
        due.hook,
        due.place,
        due.service,
        due.environment,
        due.release,
        due.outcome,
      )
    },

    /** Those that nobody alive has begun, in the order of their places. */
    waiting(scope: Scope): DueHook[] {
      return db
        .all(
          'SELECT * FROM due_hooks WHERE service = ? AND environment = ? ORDER BY transaction_id, hook, place',
          scope.service,
          scope.environment,
        )
        .filter(isWaiting)
        .map(toDueHook)
    },

    /** Within a transaction. `false`: somebody else has it, or it is done. */
    claim({ transactionId, hook, place }: DueHook): boolean {
      const row = db.get(`SELECT owner FROM due_hooks ${which}`, transactionId, hook, place)
      if (row === undefined || !isWaiting(row)) return false
      db.run(`UPDATE due_hooks SET owner = ? ${which}`, JSON.stringify(processes.self()), transactionId, hook, place)
      return true
    },

    /** It could not be begun now. */
    giveBack({ transactionId, hook, place }: DueHook): void {
      db.run(`UPDATE due_hooks SET owner = NULL ${which}`, transactionId, hook, place)
    },

    remove({ transactionId, hook, place }: DueHook): void {
      db.run(`DELETE FROM due_hooks ${which}`, transactionId, hook, place)
    },
  }
}

function toDueHook(row: Row): DueHook {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    transactionId: String(row['transaction_id']),
    hook: row['hook'] as HookName,
    place: Number(row['place']),
    release: Number(row['release']),
    outcome: row['outcome'] as Outcome,
    begun: row['owner'] !== null,
  }
}
