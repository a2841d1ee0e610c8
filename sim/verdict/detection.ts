// How long a bad release lives: cells of failure rates, shares and traffic, and what verdict.md promises for each.
import { RATIOS } from '../../src/core/verdict/mixture.ts'
import { calibrate } from '../../src/core/verdict/evidence.ts'
import { runVerdict, SETTINGS } from './one-deploy.ts'
import { randomOf } from './random.ts'
import { type Scenario, scenario } from './scenarios.ts'
import { history, steady, TICK_SECONDS } from './world.ts'

export type Cell = {
  readonly kind: 'failures' | 'latency'
  readonly from: number
  readonly to: number
  /** 0–1 */
  readonly share: number
  readonly rate: number
  /** With the stable release's history, or without and φ = 3. */
  readonly calibrated: boolean
}

export type Detected = {
  readonly requests: number
  readonly seconds: number
  /** Failures of the candidate that users had. */
  readonly failures: number
}

const RATES = [
  [0.001, 1],
  [0.001, 0.05],
  [0.001, 0.01],
  [0.01, 0.02],
] as const
const SHARES = [0.05, 0.1, 0.5] as const
const GUARD_FAILURES = 5
/** Enough for hundreds of failures at 0.1 %. */
const HISTORY_REQUESTS_PER_SECOND = 200
const HISTORY_TICKS = 1_000
/** Of what is expected. */
const PATIENCE = 6
const MOST_TICKS = 40_000
/** A cell that takes longer than half a day is left out. */
const MOST_SECONDS = 20_000

export function cells(traffic: readonly number[]): Cell[] {
  const failures = RATES.flatMap(([from, to]) =>
    SHARES.flatMap((share) =>
      traffic.map((rate) => ({ kind: 'failures', from, to, share, rate, calibrated: true }) as const),
    ),
  )
  const cold = traffic.map(
    (rate) => ({ kind: 'failures', from: 0.001, to: 0.05, share: 0.05, rate, calibrated: false }) as const,
  )
  const slow = SHARES.flatMap((share) =>
    traffic
      .filter((rate) => rate >= 10)
      .map((rate) => ({ kind: 'latency', from: 0.001, to: 0.001, share, rate, calibrated: true }) as const),
  )
  return [...failures, ...cold, ...slow].filter(
    (cell) => expectedRequests(cell) / (cell.share * cell.rate) <= MOST_SECONDS,
  )
}

/** Requests of the candidate by the formula: (ln 1/α + ln 8) ÷ KL(θ‖ρ) failures, at the whole α. Of latency there is none. */
export function expectedRequests({ kind, from, to, share }: Cell): number {
  if (kind === 'latency') return 0
  const theta = (share * to) / (share * to + (1 - share) * from)
  const divergence = theta * Math.log(theta / share) + (1 - theta) * Math.log((1 - theta) / (1 - share))
  return (((-Math.log(SETTINGS.alpha) + Math.log(RATIOS.length)) / divergence) * theta) / to
}

/** max(1.5 × the formula, what the guards need) + the requests of two ticks. */
export function promisedRequests(cell: Cell): number {
  const ticks = 2 * cell.share * cell.rate * TICK_SECONDS
  return Math.max(1.5 * expectedRequests(cell), GUARD_FAILURES / cell.to) + ticks
}

/** `null`: it was not found in several times the time that is expected. */
export function detect(cell: Cell, seed: number, index: number): Detected | null {
  const world = worldOf(cell)
  const random = randomOf(seed, JSON.stringify(cell), index)
  const before = cell.calibrated ? history({ ...world, rate: HISTORY_REQUESTS_PER_SECOND }, random, HISTORY_TICKS) : []
  const expected = cell.kind === 'latency' ? 600 : promisedRequests(cell) / (cell.share * cell.rate * TICK_SECONDS)
  const most = Math.min(MOST_TICKS, Math.ceil(PATIENCE * expected * (cell.calibrated ? 1 : 3)) + 10)
  const { failedAt, evidence } = runVerdict(world, calibrate(before), steady(world, random, most))
  if (failedAt === null) return null
  const requests = evidence.requests.candidate
  return { requests, seconds: failedAt * TICK_SECONDS, failures: evidence.counted.failures!.candidate.e }
}

function worldOf({ kind, from, to, share, rate }: Cell): Scenario {
  const slow = kind === 'latency'
  return scenario({
    name: 'detection',
    errorRate: from,
    candidateErrorRate: to,
    ramp: [share * 10_000],
    rate,
    slow,
    slowCandidate: slow,
  })
}
