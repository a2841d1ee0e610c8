// One operation per service and environment at a time: a lease with an epoch that only grows.
// Invariant: whoever does not hold the newest epoch can write nothing (`fence`).
import { fail } from '../core/errors.ts'
import type { OperationKind, Scope } from '../core/model.ts'
import type { ProcessTable, Owner } from '../ports/process-table.ts'
import type { Database } from './database.ts'

export const LEASE_MS = 30_000
export const LEASE_RENEWAL_MS = 5_000

export type Lease = Scope & { readonly epoch: number; readonly transactionId: string }

export type LeaseHolder = {
  readonly transactionId: string
  readonly kind: OperationKind
  readonly actor: string
  readonly sinceAt: number
  readonly alive: boolean
}

/** Who may take the lease from whom while its owner lives: a rollback from anything but a rollback; anyone from the ladder, and from a search. */
export function mayPreempt(taker: OperationKind, holder: OperationKind): boolean {
  if (holder === 'ladder' || holder === 'bisect') return taker !== 'ladder' && taker !== holder
  return taker === 'rollback' && holder !== 'rollback'
}

export function createLeases(db: Database, processes: ProcessTable) {
  const where = 'WHERE service = ? AND environment = ?'
  return {
    holder(scope: Scope, nowAt: number): LeaseHolder | null {
      const row = db.get(
        `SELECT l.transaction_id, l.owner, l.since, l.expires_at, o.kind, o.actor
         FROM leases l JOIN operations o USING (transaction_id) WHERE l.service = ? AND l.environment = ?`,
        scope.service,
        scope.environment,
      )
      if (row === undefined) return null
      const owner = JSON.parse(String(row['owner'])) as Owner
      return {
        transactionId: String(row['transaction_id']),
        kind: row['kind'] as OperationKind,
        actor: String(row['actor']),
        sinceAt: Number(row['since']),
        alive:
          processes.liveness(owner) === 'alive' ||
          (processes.liveness(owner) === 'unknown' && Number(row['expires_at']) > nowAt),
      }
    },

    /** Takes the lease, within the caller's transaction. Error: BUSY when a living operation holds it that `kind` may not pre-empt. */
    take(scope: Scope, kind: OperationKind, transactionId: string, nowAt: number): Lease {
      const holder = this.holder(scope, nowAt)
      if (holder !== null && holder.alive && !mayPreempt(kind, holder.kind)) {
        throw fail('BUSY', {
          operation: holder.kind,
          transaction: holder.transactionId,
          actor: holder.actor,
          service: scope.service,
          environment: scope.environment,
          since: new Date(holder.sinceAt).toISOString(),
        })
      }
      const row = db.get(
        `INSERT INTO leases (service, environment, epoch, transaction_id, owner, since, expires_at) VALUES (?, ?, 1, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET epoch = epoch + 1, transaction_id = excluded.transaction_id, owner = excluded.owner,
           since = excluded.since, expires_at = excluded.expires_at RETURNING epoch`,
        scope.service,
        scope.environment,
        transactionId,
        JSON.stringify(processes.self()),
        nowAt,
        nowAt + LEASE_MS,
      )
      return { service: scope.service, environment: scope.environment, epoch: Number(row!['epoch']), transactionId }
    },

    /** True while nobody else has taken it. */
    holds(lease: Lease): boolean {
      const row = db.get(`SELECT epoch, transaction_id FROM leases ${where}`, lease.service, lease.environment)
      return row !== undefined && row['epoch'] === lease.epoch && row['transaction_id'] === lease.transactionId
    },

    /** Within a transaction, before anything is written. Error: LEASE_LOST. */
    fence(lease: Lease): void {
      if (!this.holds(lease)) throw fail('LEASE_LOST')
    },

    renew(lease: Lease, nowAt: number): void {
      db.run(
        `UPDATE leases SET expires_at = ? ${where} AND epoch = ? AND transaction_id = ?`,
        nowAt + LEASE_MS,
        lease.service,
        lease.environment,
        lease.epoch,
        lease.transactionId,
      )
    },

    release(lease: Lease): void {
      db.run(
        `UPDATE leases SET transaction_id = NULL, owner = NULL ${where} AND epoch = ? AND transaction_id = ?`,
        lease.service,
        lease.environment,
        lease.epoch,
        lease.transactionId,
      )
    },
  }
}
