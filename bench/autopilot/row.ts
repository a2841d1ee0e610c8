// Rows of this benchmark. The names are a contract.
import type { Spread } from '../statistics.ts'

export type BadCase = 'fails 100 %' | 'fails 24 %' | 'fails 5 %' | '10 times slower' | 'answers 404'

/** What is known of the stable release's errors when another one is tried: nothing, or that they come alone. */
export type Known = 'nothing' | 'alone'

export type TrialRow = {
  readonly case: BadCase | 'good'
  readonly subject: 'astern'
  /** Requests a second. */
  readonly load: number
  readonly stable_errors: Known
  /** By which the evidence is tempered when a trial begins. */
  readonly phi: number
  readonly runs: number
  readonly taken_back: number
  /** From the candidate's first bad answer, to its last answer. */
  readonly first_bad_to_back_ms: Spread | null
  /** That it saw until then. */
  readonly candidate_requests: Spread | null
  /** From the candidate's first bad answer, until a rollback was asked for. */
  readonly decided_ms: Spread | null
  /** No answer or 5xx, other than what the stable release failed by itself. */
  readonly user_failures_get: number
  readonly user_failures_post: number
  /** 404 is an answer, and no shield helps against it. */
  readonly user_404: number
  readonly stable_failures: number
  readonly sent: number
}

export type KilledRow = {
  readonly case: 'all replicas killed'
  readonly subject: 'astern' | 'astern+serve'
  readonly load: number
  readonly runs: number
  readonly failed: Spread | null
  /** From the order to kill, to the first answer of the standby. */
  readonly first_standby_ms: Spread | null
  /** From the order to kill, until a rollback is in the journal; `null`: nobody is there to write it. */
  readonly written_down_ms: Spread | null
  readonly sent: number
}

export type OverheadRow = {
  readonly case: 'overhead'
  readonly subject: 'no rules' | 'rules' | 'trial by weight' | 'trial' | 'bake by weight' | 'bake'
  readonly runs: number
  readonly requests_per_s: Spread | null
  /** Of HAProxy alone, all its threads. */
  readonly cpu_us_per_request: Spread | null
  /** Over the same round without rules, and with the same part of the requests for the candidate; medians. */
  readonly ratio: number | null
  readonly cpu_ratio: number | null
}

export type ServicesRow = {
  readonly case: '200 services'
  readonly subject: 'idle' | 'baking'
  readonly services: number
  readonly measured_s: number
  /** Of one core, in percent. */
  readonly cpu_percent: number
  readonly rss_mb: number
}

export type AutopilotRow = TrialRow | KilledRow | OverheadRow | ServicesRow
