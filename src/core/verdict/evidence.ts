// What a trial has shown so far, as numbers: a fold over its ticks that needs no tick again, can be stored, and explains itself.
// Invariants: (1) what tempers a tick is known before it; (2) φ is never lowered in a trial; (3) a tick in which nothing happened changes nothing but
// the clock; (4) all evidence is ln E.
import type { VerdictSettings } from '../trial.ts'
import type { ArmCounts, ProbeCounts, ServerCounts, Tick } from './counts.ts'
import { DEFAULT_PHI, phiBound, phiEstimate, phiSince } from './dispersion.ts'
import { type Counted, upperBound } from './interval.ts'
import { cooledSlowness, NO_SLOWNESS, type Slowness, withLatency } from './slowness.ts'
import { NO_SPLIT, type Split, withDrawn } from './split.ts'
import { type Clustering, NO_CLUSTERING, placeboSides, withServers } from './servers.ts'
import { cooledStream, noStream, type Stream, withAlone, withPair } from './stream.ts'

/** Parts of α. Within `traffic`, parts of that part; a stream that is off gives its part to the others. */
export const ALPHA_SHARES = {
  traffic: 0.7,
  probes: 0.1,
  memory: 0.2,
  streams: { failures: 0.45, latency: 0.3, client_errors: 0.1, declared: 0.1, missing_success: 0.05 },
} as const

export type TrafficRule = keyof typeof ALPHA_SHARES.streams
/** Streams of plain counts. */
export type CountedRule = Exclude<TrafficRule, 'latency'>

/** Odds ratios up to which a difference is none. Wrong addresses and strange clients are nobody's regression; failures are. */
const TOLERANCES: Readonly<Record<CountedRule, number>> = {
  failures: 1,
  client_errors: 1.2,
  declared: 1,
  missing_success: 1.2,
}

/**
 * With stickiness all that a client does wrong stays on one side: a burst as long as the client has requests. φ is then at least this many times the
 * requests per client so far: E[B²] / E[B] of a geometric number of requests is twice its mean, and some clients do a lot more than others.
 */
const STICKY_PHI_PER_REQUEST = 3

/** How fast "recently" fades. */
const RECENT_HALF_LIFE_MS = 60_000

/** The upper bound of the stable release's own rate. */
const ERROR_RATE_CONFIDENCE = 0.95
/** Fewer requests with fewer failures than these say nothing of a rate: its bound would be high only because nobody looked. */
const LEAST_KNOWN = { requests: 300, failures: 3 } as const

/** How the stable release behaves when nothing is tried. */
export type Calibration = {
  readonly phi: number
  /** Failures that it rests on; 0: none, and the default. */
  readonly errors: number
  /** Upper bound of its own rate of failures; `null`: not known. */
  readonly errorRate: number | null
}

export type Streams = {
  /** The service declares failures itself, beside 5xx. */
  readonly declared: boolean
  /** Clients stay on the side that they were given. */
  readonly sticky?: boolean
}

export type Evidence = {
  readonly sides: 'two' | 'one'
  readonly alpha: number
  /** The rate of failures that a release alone may have. */
  readonly allowedRate: number
  readonly latencyRule: VerdictSettings['latency']
  readonly leastRequests: number
  readonly calibration: Calibration
  readonly sticky: boolean
  readonly weights: Readonly<Partial<Record<TrafficRule, number>>>
  /** The dispersion that the next tick is tempered by. */
  readonly phi: number
  readonly ticks: number
  readonly requests: { readonly candidate: number; readonly stable: number }
  readonly counted: Readonly<Partial<Record<CountedRule, Stream>>>
  /** `null`: not looked at. */
  readonly slowness: Slowness | null
  readonly probes: Stream
  /** ln E of all traffic streams by their weights, and the most that it was. */
  readonly total: { readonly now: number; readonly maximum: number }
  readonly clustering: Clustering
  readonly placebo: { readonly stream: Stream; readonly crossings: number }
  readonly split: Split
  /** Of the stable side, fading. */
  readonly recent: Counted
  readonly drawn: number
}

/** From the stable release's history, one entry per tick of it. None, and φ is the default. */
export function calibrate(history: readonly (readonly ServerCounts[])[]): Calibration {
  const { dispersion } = history.reduce(withServers, NO_CLUSTERING)
  let n = 0
  let e = 0
  for (const { answered, failed } of history.flat()) {
    n += answered
    e += failed
  }
  const phi = phiBound(dispersion)
  const known = n / phi >= LEAST_KNOWN.requests || e >= LEAST_KNOWN.failures
  return {
    phi,
    errors: dispersion.errors,
    errorRate: !known ? null : upperBound({ n: n / phi, e: e / phi }, ERROR_RATE_CONFIDENCE),
  }
}

export function noEvidence(
  settings: VerdictSettings,
  calibration: Calibration,
  sides: 'two' | 'one',
  leastRequests: number,
  streams: Streams,
): Evidence {
  const weights = weightsOf(settings, sides, streams)
  const rules = (Object.keys(weights) as TrafficRule[]).filter((rule) => rule !== 'latency')
  return {
    sides,
    alpha: settings.alpha,
    allowedRate: Math.max(settings.errorRate, calibration.errorRate ?? 0, Number.EPSILON),
    latencyRule: settings.latency,
    leastRequests,
    calibration,
    sticky: streams.sticky === true,
    weights,
    phi: Math.max(1, calibration.errors === 0 ? Math.max(DEFAULT_PHI, calibration.phi) : calibration.phi),
    ticks: 0,
    requests: { candidate: 0, stable: 0 },
    counted: Object.fromEntries(rules.map((rule) => [rule, noStream(sides)])),
    slowness: weights.latency === undefined ? null : NO_SLOWNESS,
    probes: noStream('two'),
    total: { now: 0, maximum: 0 },
    clustering: NO_CLUSTERING,
    placebo: { stream: noStream('two'), crossings: 0 },
    split: NO_SPLIT,
    recent: { n: 0, e: 0 },
    drawn: 0,
  }
}

/** One tick more. */
export function withTick(evidence: Evidence, tick: Tick): Evidence {
  const { candidate, stable, servers } = tick
  const streams = withTraffic(evidence, tick)
  const stableNow = stable ?? { answered: 0, failed: 0, drawn: 0 }
  const counted = {
    ...evidence,
    ...streams,
    ticks: evidence.ticks + 1,
    requests: {
      candidate: evidence.requests.candidate + candidate.answered,
      stable: evidence.requests.stable + stableNow.answered,
    },
    probes: withProbes(evidence, tick.probes),
    recent: faded(evidence.recent, tick.ms, stableNow),
    drawn: evidence.drawn + candidate.drawn + stableNow.drawn,
    split:
      tick.share === null || stable === null
        ? evidence.split
        : withDrawn(evidence.split, tick.share, candidate.drawn, stable.drawn),
  }
  const summed = withTotal(counted)
  // Servers of a candidate that is alone say nothing of the stable release.
  return evidence.sides === 'one' || stable === null ? summed : tempered(withPlacebo(summed, servers), servers)
}

/** ln of what E has to reach for a part of α. */
export function thresholdLog(alpha: number, part: number): number {
  return -Math.log(alpha * part)
}

function weightsOf(settings: VerdictSettings, sides: 'two' | 'one', streams: Streams): Evidence['weights'] {
  if (sides === 'one') return { failures: 1 }
  const on = (Object.keys(ALPHA_SHARES.streams) as TrafficRule[]).filter(
    (rule) => (rule !== 'latency' || settings.latency !== null) && (rule !== 'declared' || streams.declared),
  )
  const sum = on.reduce((total, rule) => total + ALPHA_SHARES.streams[rule], 0)
  return Object.fromEntries(on.map((rule) => [rule, ALPHA_SHARES.streams[rule] / sum]))
}

function withTraffic(
  { counted, slowness, phi, allowedRate, sides, sticky }: Evidence,
  { candidate, stable, servers }: Tick,
): Pick<Evidence, 'counted' | 'slowness'> {
  if (sides === 'one') {
    const failures = withAlone(counted.failures!, countedOf('failures', candidate), allowedRate, 1 / phi)
    return { counted: { failures }, slowness }
  }
  if (stable === null) return { counted, slowness }
  const next: Partial<Record<CountedRule, Stream>> = {}
  for (const rule of Object.keys(counted) as CountedRule[]) {
    const [c, s] = [countedOf(rule, candidate), countedOf(rule, stable)]
    next[rule] = withPair(counted[rule]!, c, s, 1 / phi, TOLERANCES[rule])
  }
  const slow = slowness && withLatency(slowness, candidate.latency, stable.latency, servers.length, sticky ? phi : 1)
  return { counted: next, slowness: slow }
}

function countedOf(rule: CountedRule, arm: ArmCounts): Counted {
  switch (rule) {
    case 'failures':
      return { n: arm.answered, e: arm.failed }
    case 'client_errors':
      return { n: arm.answered, e: arm.clientErrors }
    case 'declared':
      return { n: arm.answered, e: arm.declared }
    case 'missing_success':
      return { n: arm.answered, e: Math.max(0, arm.answered - arm.succeeded) }
  }
}

function withProbes({ probes, phi }: Evidence, tick: Tick['probes']): Stream {
  if (tick === null) return probes
  const side = ({ sent, failed }: ProbeCounts) => ({ n: sent, e: failed })
  return withPair(probes, side(tick.candidate), side(tick.stable), 1 / phi, 1)
}

function faded({ n, e }: Counted, ms: number, { answered, failed }: Pick<ArmCounts, 'answered' | 'failed'>): Counted {
  const factor = 2 ** (-ms / RECENT_HALF_LIFE_MS)
  return { n: n * factor + answered, e: e * factor + failed }
}

function withTotal(evidence: Evidence): Evidence {
  const { counted, slowness, weights, total } = evidence
  const parts = (Object.keys(weights) as TrafficRule[]).map((rule) => {
    const now = rule === 'latency' ? slowness!.now : counted[rule]!.now
    return now + Math.log(weights[rule]!)
  })
  const top = Math.max(...parts)
  const now = top + Math.log(parts.reduce((sum, part) => sum + Math.exp(part - top), 0))
  return { ...evidence, total: { now, maximum: Math.max(total.maximum, now) } }
}

/** One stable server against the others. When that reaches what would take a release back, φ was too small: it is raised, also for what was. */
function withPlacebo(evidence: Evidence, servers: readonly ServerCounts[]): Evidence {
  const sides = placeboSides(servers)
  if (sides === null) return evidence
  const { placebo, phi, alpha, weights, clustering } = evidence
  const stream = withPair(placebo.stream, sides.one, sides.others, 1 / phi, 1)
  const next = { ...evidence, placebo: { stream, crossings: placebo.crossings } }
  if (stream.now < thresholdLog(alpha, ALPHA_SHARES.traffic * weights.failures!)) return next
  const shown = phiEstimate(withServers(clustering, servers).dispersion) ?? DEFAULT_PHI
  const raised = Math.max(2 * phi, shown)
  return cooledTo(
    { ...next, placebo: { stream: cooledStream(stream, phi / raised), crossings: placebo.crossings + 1 } },
    raised,
  )
}

/** Learns from this tick what the next one is tempered by. */
function tempered(evidence: Evidence, servers: readonly ServerCounts[]): Evidence {
  const clustering = withServers(evidence.clustering, servers)
  const next = {
    ...evidence,
    clustering,
    phi: Math.max(evidence.phi, phiSince(evidence.calibration, clustering.dispersion)),
  }
  const { requests, drawn, phi } = next
  if (!evidence.sticky) return next
  const perClient = (requests.candidate + requests.stable) / Math.max(1, drawn)
  return cooledTo(next, Math.max(phi, STICKY_PHI_PER_REQUEST * perClient))
}

/** As if all ticks had been tempered by this φ, where that makes the evidence less. */
function cooledTo(evidence: Evidence, phi: number): Evidence {
  if (phi <= evidence.phi) return evidence
  const factor = evidence.phi / phi
  const counted = Object.fromEntries(
    Object.entries(evidence.counted).map(([rule, stream]) => [rule, cooledStream(stream, factor)]),
  )
  const slowness = evidence.slowness && cooledSlowness(evidence.slowness, factor)
  const cooled = withTotal({ ...evidence, counted, slowness, phi, probes: cooledStream(evidence.probes, factor) })
  return { ...cooled, total: { now: cooled.total.now, maximum: Math.max(0, cooled.total.now) } }
}
