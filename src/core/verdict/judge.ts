// What the evidence amounts to: pass, fail or undecided, and a sentence why. Time and what follows from it are the caller's business.
// Invariants: (1) no data is never a pass; (2) a fail needs the evidence and the guards, which only make it more careful; (3) what speaks against the
// comparison holds a pass back, and no candidate is blamed for it.
import type { VerdictSettings } from '../trial.ts'
import type { Tick } from './counts.ts'
import {
  ALPHA_SHARES,
  type Calibration,
  type Evidence,
  noEvidence,
  type Streams,
  thresholdLog,
  type TrafficRule,
  withTick,
} from './evidence.ts'
import { type Counted, differenceInterval, wilson } from './interval.ts'
import type { Held, Judgement, Names, StreamReport } from './judgement.ts'
import { sentenceFor } from './sentence.ts'
import { slowCounts, slowestOfMost } from './slowness.ts'
import { comparedRates, type Stream } from './stream.ts'

export type { Judgement, Rule } from './judgement.ts'

const LEAST_FAILURES = 5
const LEAST_FAILING_TICKS = 2
/** So much evidence needs no five failures. */
const OVERWHELMING_LOG = Math.log(1e6)
/** In rate: half a percentage point. */
const LEAST_DIFFERENCE = 0.005
const LEAST_SLOW_REQUESTS = 20
/** Evidence that is no reason to wait: no more than chance brings about one time in ten. */
const LOW_LOG = Math.log(10)
/** A stable release that fails so often, or so many times its usual rate, is no measure. */
const STABLE_FAILING_RATE = 0.05
const STABLE_FAILING_TIMES = 5
const LEAST_RECENT_REQUESTS = 20
const LEAST_RECENT_FAILURES = 3

const PLAIN_NAMES: Names = { candidate: 'the candidate', stable: 'the stable release' }

export function judge(evidence: Evidence, names: Names = PLAIN_NAMES): Judgement {
  const held = heldBy(evidence)
  const rule = evidence.sides === 'one' && held !== null ? null : failedRule(evidence)
  const verdict = rule !== null ? 'fail' : held === null && mayPass(evidence) ? 'pass' : 'undecided'
  const threshold = thresholdLog(evidence.alpha, ALPHA_SHARES.traffic)
  const judged = {
    verdict,
    rule,
    held,
    streams: reports(evidence),
    evidence: plain(evidence.total.now),
    maximum: plain(evidence.total.maximum),
    threshold: plain(threshold),
    phi: evidence.phi,
    eta: 1 / evidence.phi,
    requests: evidence.requests,
  } as const
  return { ...judged, sentence: sentenceFor(judged, evidence, names) }
}

/** Judges again from the ticks as they were kept. */
export function recompute(
  settings: VerdictSettings,
  calibration: Calibration,
  sides: 'two' | 'one',
  leastRequests: number,
  streams: Streams,
  ticks: readonly Tick[],
): Judgement {
  return judge(ticks.reduce(withTick, noEvidence(settings, calibration, sides, leastRequests, streams)))
}

/** The stream that takes the release back: the one that says most, or one that says enough alone, whose guards hold. */
function failedRule(evidence: Evidence): TrafficRule | 'probes' | null {
  const { alpha, total, weights, probes } = evidence
  const enough = thresholdLog(alpha, ALPHA_SHARES.traffic)
  if (total.maximum >= enough) {
    const parts = (Object.keys(weights) as TrafficRule[])
      .map((rule) => ({ rule, log: maximumOf(evidence, rule) + Math.log(weights[rule]!) }))
      .sort((a, b) => b.log - a.log)
    const found = parts.find(({ rule, log }, place) => (place === 0 || log >= enough) && guarded(evidence, rule))
    if (found !== undefined) return found.rule
  }
  const probed = probes.maximum >= thresholdLog(alpha, ALPHA_SHARES.probes)
  return probed && countedGuards(evidence, probes) ? 'probes' : null
}

function maximumOf({ slowness, counted }: Evidence, rule: TrafficRule): number {
  return rule === 'latency' ? slowness!.maximum : counted[rule]!.maximum
}

function guarded(evidence: Evidence, rule: TrafficRule): boolean {
  return rule === 'latency' ? latencyGuards(evidence) : countedGuards(evidence, evidence.counted[rule]!)
}

function countedGuards({ allowedRate }: Evidence, stream: Stream): boolean {
  if (stream.failingTicks < LEAST_FAILING_TICKS) return false
  if (stream.candidate.e < LEAST_FAILURES && stream.maximum < OVERWHELMING_LOG) return false
  const { n, e } = stream.candidate
  const rates = stream.stable === null ? { candidate: e / n, stable: allowedRate } : comparedRates(stream)
  return rates !== null && rates.candidate - rates.stable >= LEAST_DIFFERENCE
}

function latencyGuards({ slowness, latencyRule }: Evidence): boolean {
  if (slowness === null || latencyRule === null || slowCounts(slowness).candidate.n < LEAST_SLOW_REQUESTS) return false
  const p95 = slowestOfMost(slowness)
  if (p95 === null) return false
  const shift = p95.candidate - p95.stable
  return shift >= latencyRule.atLeastMs && shift >= latencyRule.shift * p95.stable
}

function heldBy({ sides, alpha, split, placebo, recent, calibration, allowedRate }: Evidence): Held | null {
  if (sides === 'one') return allowedRate >= STABLE_FAILING_RATE ? 'stable_failing' : null
  if (split.maximum >= thresholdLog(alpha, 1)) return 'split'
  if (placebo.crossings > 0) return 'placebo'
  const much = Math.max(STABLE_FAILING_RATE, STABLE_FAILING_TIMES * (calibration.errorRate ?? 0))
  const enough = recent.n >= LEAST_RECENT_REQUESTS && recent.e >= LEAST_RECENT_FAILURES
  return enough && recent.e >= much * recent.n ? 'stable_failing' : null
}

function mayPass({ requests, sides, leastRequests, total, probes, alpha }: Evidence): boolean {
  const least = Math.max(1, leastRequests)
  if (requests.candidate < least || (sides === 'two' && requests.stable < least)) return false
  const never = thresholdLog(alpha, ALPHA_SHARES.traffic)
  return total.now <= LOW_LOG && total.maximum < never && probes.now <= LOW_LOG
}

function reports(evidence: Evidence): StreamReport[] {
  const { weights, counted, slowness, probes, alpha, phi } = evidence
  const traffic = (Object.keys(weights) as TrafficRule[]).map((rule) => {
    const weight = weights[rule]!
    const threshold = thresholdLog(alpha, ALPHA_SHARES.traffic * weight)
    return rule === 'latency'
      ? report(rule, slowness!, slowCounts(slowness!), phi, weight, threshold, slowestOfMost(slowness!))
      : report(rule, counted[rule]!, counted[rule]!, phi, weight, threshold)
  })
  if (probes.candidate.n === 0) return traffic
  return [...traffic, report('probes', probes, probes, phi, 1, thresholdLog(alpha, ALPHA_SHARES.probes))]
}

function report(
  rule: StreamReport['rule'],
  { now, maximum }: Pick<Stream, 'now' | 'maximum'>,
  { candidate, stable }: Pick<Stream, 'candidate' | 'stable'>,
  phi: number,
  weight: number,
  threshold: number,
  p95Ms: StreamReport['p95Ms'] = null,
): StreamReport {
  const effective = ({ n, e }: Counted) => ({ n: n / phi, e: e / phi })
  return {
    rule,
    candidate,
    stable,
    rate: candidate.n === 0 ? null : candidate.e / candidate.n,
    interval: wilson(effective(candidate)),
    difference: stable && differenceInterval(effective(candidate), effective(stable)),
    p95Ms,
    evidence: plain(now),
    maximum: plain(maximum),
    threshold: plain(threshold),
    weight,
  }
}

/** E itself, as a number that JSON can hold. */
function plain(log: number): number {
  return Math.min(1e300, Math.exp(log))
}
