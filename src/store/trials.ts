// Releases on trial, and every fact that their verdicts rest on.
// Invariants: at most one trial of a scope has no end; facts are only appended; two who look at the same moment append once.
import type { Scope } from '../core/model.ts'
import type { TrialPolicy } from '../core/trial.ts'
import type { Fact } from '../core/verdict/case.ts'
import type { Calibration } from '../core/verdict/evidence.ts'
import type { Rule } from '../core/verdict/judge.ts'
import type { Database, Row } from './database.ts'
import { numberOrNull, remembering } from './rows.ts'

export type TrialPhase = 'staged' | 'canary' | 'bake'
/** What somebody wants of it: all at once, the next step, or none of it. */
export type TrialAsked = 'promote' | 'go_on' | 'abort'
export type TrialVerdict = 'pass' | 'fail' | 'undecided'

export type Trial = Scope & {
  /** Of the deploy that it belongs to. */
  readonly transactionId: string
  readonly release: number
  /** The release that it is compared with; `null`: there is none. */
  readonly against: number | null
  readonly policy: TrialPolicy
  /** How the errors of the other release cluster; `null`: nobody has looked yet. */
  readonly calibration: Calibration | null
  readonly phase: TrialPhase
  /** Of the canary, from 0. */
  readonly step: number
  readonly stepSince: number
  /** Of 10,000 requests, by a draw; 0: nobody draws. */
  readonly share: number
  readonly startedAt: number
  readonly endedAt: number | null
  /** What was counted at the last look, as JSON of whoever looks. */
  readonly last: string | null
  readonly looks: number
  readonly lookedAt: number | null
  readonly asked: TrialAsked | null
  readonly askedBy: string | null
  readonly verdict: TrialVerdict | null
  readonly rule: Rule | null
  /** Why, in one sentence. */
  readonly reason: string | null
  /** `advised`, `asked`, or the transaction of the rollback. */
  readonly acted: string | null
}

export type NewTrial = Scope &
  Pick<Trial, 'transactionId' | 'release' | 'against' | 'policy' | 'phase' | 'share' | 'startedAt'>

export function createTrials(db: Database) {
  const open = 'service = ? AND environment = ? AND ended_at IS NULL'
  const touch = () => db.run(`UPDATE meta SET value = value + 1 WHERE key = 'generation'`)
  return {
    /** The one without an end. */
    open(scope: Scope): Trial | null {
      const row = db.get(`SELECT * FROM trials INDEXED BY trials_open WHERE ${open}`, scope.service, scope.environment)
      return row === undefined ? null : toTrial(row)
    },

    openAll(): Trial[] {
      return db.all('SELECT * FROM trials INDEXED BY trials_open WHERE ended_at IS NULL').map(toTrial)
    },

    get(transactionId: string): Trial | null {
      const row = db.get('SELECT * FROM trials WHERE transaction_id = ?', transactionId)
      return row === undefined ? null : toTrial(row)
    },

    /** The newest of a release. */
    newestOf(scope: Scope, release: number): Trial | null {
      const sql = `SELECT * FROM trials INDEXED BY trials_of_release WHERE service = ? AND environment = ? AND release = ?
         ORDER BY started_at DESC LIMIT 1`
      const row = db.get(sql, scope.service, scope.environment, release)
      return row === undefined ? null : toTrial(row)
    },

    insert(trial: NewTrial): void {
      db.run(
        `INSERT INTO trials (transaction_id, service, environment, release, against, policy, phase, step_since, share, started_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        trial.transactionId,
        trial.service,
        trial.environment,
        trial.release,
        trial.against,
        JSON.stringify(trial.policy),
        trial.phase,
        trial.startedAt,
        trial.share,
        trial.startedAt,
      )
      if (trial.share > 0) touch()
    },

    /** The next part of it begins. What somebody asked for is done with. */
    enter(
      transactionId: string,
      { phase, step, share, since }: Pick<Trial, 'phase' | 'step' | 'share'> & { since: number },
    ): void {
      const sql = `UPDATE trials SET phase = ?, step = ?, share = ?, step_since = ?,
         asked = CASE WHEN asked = 'go_on' THEN NULL ELSE asked END WHERE transaction_id = ?`
      db.run(sql, phase, step, share, since, transactionId)
      touch()
    },

    calibrate(transactionId: string, calibration: Calibration): void {
      const sql = 'UPDATE trials SET calibration = ? WHERE transaction_id = ? AND calibration IS NULL'
      db.run(sql, JSON.stringify(calibration), transactionId)
    },

    /** Nobody draws any more: everything goes by weights. */
    stopDrawing(scope: Scope): void {
      db.run(`UPDATE trials SET share = 0 WHERE ${open}`, scope.service, scope.environment)
    },

    ask(transactionId: string, asked: TrialAsked, by: string): void {
      db.run('UPDATE trials SET asked = ?, asked_by = ? WHERE transaction_id = ?', asked, by, transactionId)
    },

    /** Appends what was seen, unless somebody else has looked since `looks`: then nothing, and false. */
    look(
      { transactionId, looks }: Pick<Trial, 'transactionId' | 'looks'>,
      { last, at, facts }: { last: string; at: number; facts: readonly Fact[] },
    ): boolean {
      const row = db.get(
        `UPDATE trials SET last = ?, looked_at = ?, looks = looks + 1
         WHERE transaction_id = ? AND looks = ? AND ended_at IS NULL RETURNING looks`,
        last,
        at,
        transactionId,
        looks,
      )
      if (row === undefined) return false
      const newest = db.get('SELECT max(seq) AS seq FROM trial_facts WHERE transaction_id = ?', transactionId)
      const first = Number(newest?.['seq'] ?? 0) + 1
      for (const [index, fact] of facts.entries()) {
        db.run(
          'INSERT INTO trial_facts (transaction_id, seq, fact) VALUES (?, ?, ?)',
          transactionId,
          first + index,
          JSON.stringify(fact),
        )
      }
      return true
    },

    /** In their order, from the one after `seq` on. */
    facts(transactionId: string, seq = 0): { readonly seq: number; readonly fact: Fact }[] {
      const sql = 'SELECT seq, fact FROM trial_facts WHERE transaction_id = ? AND seq > ? ORDER BY seq'
      return db
        .all(sql, transactionId, seq)
        .map((row) => ({ seq: Number(row['seq']), fact: JSON.parse(String(row['fact'])) as Fact }))
    },

    /** Trials that have ended and whose facts are still there. */
    withFacts(scope: Scope): { readonly transactionId: string; readonly endedAt: number }[] {
      const sql = `SELECT transaction_id, ended_at FROM trials t WHERE service = ? AND environment = ? AND ended_at IS NOT NULL
         AND EXISTS (SELECT 1 FROM trial_facts f WHERE f.transaction_id = t.transaction_id)`
      return db
        .all(sql, scope.service, scope.environment)
        .map((row) => ({ transactionId: String(row['transaction_id']), endedAt: Number(row['ended_at']) }))
    },

    /** What was found in them stays. */
    removeFacts(transactionId: string): void {
      db.run('DELETE FROM trial_facts WHERE transaction_id = ?', transactionId)
    },

    judge(transactionId: string, verdict: TrialVerdict, rule: Rule | null, reason: string): void {
      const sql = 'UPDATE trials SET verdict = ?, rule = ?, reason = ? WHERE transaction_id = ?'
      db.run(sql, verdict, rule, reason, transactionId)
    },

    act(transactionId: string, acted: string): void {
      db.run('UPDATE trials SET acted = ? WHERE transaction_id = ?', acted, transactionId)
    },

    /** The one that is open, if any. What was said of it stands; `reason` is for one of which nothing was said. */
    end(scope: Scope, at: number, reason: string | null = null): void {
      const trial = this.open(scope)
      if (trial === null) return
      const sql = `UPDATE trials SET ended_at = ?, share = 0, verdict = coalesce(verdict, 'undecided'), reason = coalesce(reason, ?)
         WHERE transaction_id = ?`
      db.run(sql, at, reason, trial.transactionId)
      if (trial.share > 0) touch()
    },
  }
}

export const readPolicy = remembering((text) => JSON.parse(text) as TrialPolicy)

function toTrial(row: Row): Trial {
  const text = (key: string) => row[key] as string | null
  return {
    service: String(row['service']),
    environment: String(row['environment']),
    transactionId: String(row['transaction_id']),
    release: Number(row['release']),
    against: numberOrNull(row['against']),
    policy: readPolicy(String(row['policy'])),
    calibration: row['calibration'] === null ? null : (JSON.parse(String(row['calibration'])) as Calibration),
    phase: row['phase'] as TrialPhase,
    step: Number(row['step']),
    stepSince: Number(row['step_since']),
    share: Number(row['share']),
    startedAt: Number(row['started_at']),
    endedAt: numberOrNull(row['ended_at']),
    last: text('last'),
    looks: Number(row['looks']),
    lookedAt: numberOrNull(row['looked_at']),
    asked: row['asked'] as TrialAsked | null,
    askedBy: text('asked_by'),
    verdict: row['verdict'] as TrialVerdict | null,
    rule: row['rule'] as Rule | null,
    reason: text('reason'),
    acted: text('acted'),
  }
}
