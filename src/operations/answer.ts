// What deploy and rollback answer to machines. The snake_case names are a contract; unknown is `null`, never missing.
import type { AsternError } from '../core/errors.ts'
import {
  type OperationKind,
  type Outcome,
  type Release,
  releaseName,
  type ReleaseRef,
  type Rung,
  type Strategy,
} from '../core/model.ts'
import type { Noop, Plan } from '../core/plan.ts'
import type { Hold } from '../store/holds.ts'
import type { TrialVerdict } from '../store/trials.ts'
import type { GitView } from './git-follows.ts'

/** A hold as machines read it. The names are a contract. */
export type HoldView = {
  /** ISO 8601, UTC. */
  readonly since: string
  readonly by: string
  readonly reason: string
  /** What was taken out; `null`: it was placed by hand. */
  readonly release: string | null
}

export type Durations = Readonly<
  Record<'total' | 'plan' | 'wake' | 'health' | 'shift_traffic' | 'prove', number | null>
>

export type Answer = {
  readonly transaction_id: string | null
  readonly operation: OperationKind
  /** `null`: it failed before that was clear. */
  readonly service: string | null
  readonly environment: string | null
  readonly outcome: Outcome
  readonly from: ReleaseRef | null
  readonly to: ReleaseRef | null
  readonly duration_ms: Durations
  readonly strategy: Strategy | null
  /** Of the target before it woke. */
  readonly rung: Rung | null
  readonly proof: { readonly release: string; readonly answers: number; readonly of: number } | null
  readonly hold: HoldView | null
  /** Of the release that was deployed; `null`: it was not on trial, or there is none yet. A rollback has none. */
  readonly verdict?: TrialVerdict | null
  /** What it means for the source. Only a rollback has it; `null`: the revisions are not known. */
  readonly git?: GitView | null
  readonly warnings: readonly string[]
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null
}

/** What is answered when an operation failed before it began: everything that is not known by then is `null`. */
export function unbegun(operation: 'deploy' | 'rollback', outcome: Outcome, error: Answer['error']): Answer {
  return {
    transaction_id: null,
    operation,
    service: null,
    environment: null,
    outcome,
    from: null,
    to: null,
    duration_ms: { total: null, plan: null, wake: null, health: null, shift_traffic: null, prove: null },
    strategy: null,
    rung: null,
    proof: null,
    hold: null,
    ...(operation === 'deploy' ? { verdict: null } : { git: null }),
    warnings: [],
    error,
  }
}

/** An answer with what people are shown beside it. */
export type Answered = {
  readonly answer: Answer
  readonly plan: Plan | null
  /** How long nobody was served; `null`: somebody was all the time. Machines read it in the step's line. */
  readonly outageMs: number | null
  readonly exit: number
  /** The error itself, for texts in another language. */
  readonly error: AsternError | null
  readonly noop: Noop | null
  /** It is ready, and no user was moved. */
  readonly staged: boolean
}

export function holdView(hold: Hold | null): HoldView | null {
  if (hold === null) return null
  const { sinceAt, by, reason, release } = hold
  return {
    since: new Date(sinceAt).toISOString(),
    by,
    reason,
    release: release === null ? null : releaseName(release),
  }
}

/** An error as machines read it. The names are a contract. */
export function errorView({ code, message, hint }: AsternError): NonNullable<Answer['error']> {
  return { code, message, hint }
}

export function releaseRef(release: Release): ReleaseRef {
  const { number, version, image, digest } = release
  return { release: releaseName(number), version, image, digest }
}
