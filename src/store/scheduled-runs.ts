// Runs of schedules: one row for each tick that something was decided for. Invariants: a tick has one row, for ever; whoever changed a run to
// `asked` is the one who starts its container; a run ends once.
import type { Scope } from '../core/model.ts'
import type { Database, Row } from './database.ts'
import { numberOrNull } from './rows.ts'

/** Older ticks are forgotten: nobody asks for them again. */
const TICKS_KEPT = 1_000

/** `skipped`: it was not started at all. `unknown`: its container is gone, and nobody saw how it ended. */
export type RunOutcome = 'succeeded' | 'failed' | 'timed_out' | 'stopped' | 'unknown' | 'skipped'
/** Why it was told to stop. */
export type StopWhy = 'timeout' | 'rollback'

export type Tick = Scope & {
  readonly process: string
  readonly tickAt: number
  readonly release: number
  readonly transactionId: string
  /** Of its container. */
  readonly name: string
}

export type ScheduledRun = Tick & {
  /** `claimed`: its container may be there, and has never run. `asked`: the engine may have been asked to start it. */
  readonly state: 'claimed' | 'asked' | 'ended'
  readonly askedAt: number | null
  readonly stopping: StopWhy | null
  readonly outcome: RunOutcome | null
  readonly exitCode: number | null
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export type RunEnd = Pick<ScheduledRun, 'exitCode' | 'startedAt'> & {
  readonly outcome: RunOutcome
  readonly endedAt: number
}

export function createScheduledRuns(db: Database) {
  const ofProcess = 'WHERE service = ? AND environment = ? AND process = ?'
  const keyOf = ({ service, environment, process, tickAt }: Tick) => [service, environment, process, tickAt] as const
  const changed = (sql: string, ...values: (string | number | null)[]) =>
    db.get(`${sql} RETURNING 1`, ...values) !== undefined

  return {
    /** The last tick that has a row, of those not after now. */
    lastTickAt({ service, environment }: Scope, process: string, nowAt: number): number | null {
      const sql = `SELECT max(tick) AS tick FROM scheduled_runs ${ofProcess} AND tick <= ?`
      return numberOrNull(db.get(sql, service, environment, process, nowAt)?.['tick'])
    },

    /** Within a transaction. False: somebody has decided for this tick. */
    claim(tick: Tick): boolean {
      const { service, environment, process } = tick
      db.run(
        `DELETE FROM scheduled_runs ${ofProcess} AND state = 'ended' AND tick <
           (SELECT tick FROM scheduled_runs ${ofProcess} ORDER BY tick DESC LIMIT 1 OFFSET ${TICKS_KEPT})`,
        service,
        environment,
        process,
        service,
        environment,
        process,
      )
      return changed(
        `INSERT INTO scheduled_runs (service, environment, process, tick, release, transaction_id, name, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'claimed') ON CONFLICT DO NOTHING`,
        ...keyOf(tick),
        tick.release,
        tick.transactionId,
        tick.name,
      )
    },

    /** From here on its container may run. False: somebody else has asked. */
    ask(tick: Tick, askedAt: number): boolean {
      const sql = `UPDATE scheduled_runs SET state = 'asked', asked_at = ? ${ofProcess} AND tick = ? AND state = 'claimed'`
      return changed(sql, askedAt, ...keyOf(tick))
    },

    stop(tick: Tick, why: StopWhy): void {
      const sql = `UPDATE scheduled_runs SET stopping = coalesce(stopping, ?) ${ofProcess} AND tick = ?`
      db.run(sql, why, ...keyOf(tick))
    },

    /** False: it has ended before. */
    end(tick: Tick, { outcome, exitCode, startedAt, endedAt }: RunEnd): boolean {
      return changed(
        `UPDATE scheduled_runs SET state = 'ended', outcome = ?, exit_code = ?, started_at = ?, ended_at = ?
         ${ofProcess} AND tick = ? AND state <> 'ended'`,
        outcome,
        exitCode,
        startedAt,
        endedAt,
        ...keyOf(tick),
      )
    },

    /** Those without an end, of all services. */
    open(): ScheduledRun[] {
      return db
        .all(`SELECT * FROM scheduled_runs INDEXED BY scheduled_runs_open WHERE state <> 'ended' ORDER BY tick`)
        .map(toRun)
    },

    /** The newest of a process, whatever became of it. */
    newest({ service, environment }: Scope, process: string): ScheduledRun | null {
      const row = db.get(
        `SELECT * FROM scheduled_runs ${ofProcess} ORDER BY tick DESC LIMIT 1`,
        service,
        environment,
        process,
      )
      return row === undefined ? null : toRun(row)
    },
  }
}

function toRun(row: Row): ScheduledRun {
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    process: String(row['process']),
    tickAt: Number(row['tick']),
    release: Number(row['release']),
    transactionId: String(row['transaction_id']),
    name: String(row['name']),
    state: row['state'] as ScheduledRun['state'],
    askedAt: numberOrNull(row['asked_at']),
    stopping: row['stopping'] as StopWhy | null,
    outcome: row['outcome'] as RunOutcome | null,
    exitCode: numberOrNull(row['exit_code']),
    startedAt: numberOrNull(row['started_at']),
    endedAt: numberOrNull(row['ended_at']),
  }
}
