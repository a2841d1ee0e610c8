// The shape of a judgement, as it is shown, stored and acted on.
import type { TrafficRule } from './evidence.ts'
import type { Counted, Interval } from './interval.ts'

export type Rule =
  | 'failures'
  | 'latency'
  | 'client_errors'
  | 'declared'
  | 'missing_success'
  | 'probes'
  | 'memory'
  | 'crashes'
  | 'signal'

export type Held = 'split' | 'placebo' | 'stable_failing'

/** Rates are 0–1. `evidence`, `maximum` and `threshold` are E itself, at most 1e300. */
export type StreamReport = {
  readonly rule: TrafficRule | 'probes'
  /** Requests, and those that failed; of latency those that took longer than the edge that says most. */
  readonly candidate: Counted
  readonly stable: Counted | null
  /** Of the candidate, with 95 % between the bounds, as wide as its dispersion makes it. */
  readonly rate: number | null
  readonly interval: Interval
  /** Candidate minus stable, with 95 % between the bounds. */
  readonly difference: Interval | null
  /** 95th percentiles in milliseconds, of latency only. */
  readonly p95Ms: { readonly candidate: number; readonly stable: number } | null
  readonly evidence: number
  readonly maximum: number
  /** What the evidence of this stream has to reach when no other says anything. */
  readonly threshold: number
  readonly weight: number
}

export type Judgement = {
  readonly verdict: 'pass' | 'fail' | 'undecided'
  /** What decided a fail. */
  readonly rule: Rule | null
  readonly sentence: string
  /** Why nothing may pass although nothing is wrong with the candidate. */
  readonly held: Held | null
  readonly streams: readonly StreamReport[]
  /** All traffic streams together by their weights, and what is enough. */
  readonly evidence: number
  readonly maximum: number
  readonly threshold: number
  readonly phi: number
  readonly eta: number
  readonly requests: { readonly candidate: number; readonly stable: number }
}

/** How the releases are called in the sentence. `stable` is `null` where there is none. */
export type Names = { readonly candidate: string; readonly stable: string | null }
