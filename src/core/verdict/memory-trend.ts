// The slow rule about memory: a leak of hours. Pure.
// One-minute minima, which are the floor after garbage collection, after the warm-up; Mann–Kendall with the larger of both variances, and
// Theil–Sen with Sen's bounds (trend.ts). It is a test for a sample of a fixed size, so it is made in planned looks only, and its share of α
// is split evenly over them. The last look that has passed counts until the next, whenever it is asked for: it sees only what was there then.
//   fail:  the lower bound is above 0 and half as much again as the stable release's slope, growth does not slow down, and memory runs out
//          within an hour even at that bound, or more than nine tenths of the limit are used;
//   block: it runs out in less than a day at the upper bound.
// Nothing is foretold for longer than four times what was seen.
import { deathOf, isBeyond, type MemoryFinding } from './memory-finding.ts'
import { minuteMinima, type MemorySample, type Run } from './memory-samples.ts'
import { risingSlope, slopeOf, type Point } from './trend.ts'

const MINUTE_MS = 60_000
export const DEFAULT_LOOKS_MS = [15, 30, 60, 120, 240].map((minutes) => minutes * MINUTE_MS)
const WARM_UP_MS = 2 * MINUTE_MS
const LEAST_MINUTES = 8
const FAIL_WITHIN_MS = 60 * MINUTE_MS
const BLOCK_WITHIN_MS = 24 * 60 * MINUTE_MS
const FORETOLD = 4
const HIGH = 0.9
const STILL_STEEP = 0.7
/** How far back a peak counts as what it needs now. */
const PEAK_MS = 2 * MINUTE_MS

/** `share` of α: for the rule in this replica, over all looks. `null`: it does not speak. */
export function findTrend(
  run: Run,
  stable: readonly Run[],
  share: number,
  looksMs: readonly number[],
): MemoryFinding | null {
  const last = run.samples.at(-1)!
  const lookMs = looksPassed(run, looksMs).at(-1)
  if (lookMs === undefined || last.limitBytes === null) return null
  const { limitBytes } = last
  const minima = minuteMinima(run.samples, WARM_UP_MS, lookMs)
  if (minima.length < LEAST_MINUTES) return null
  const slope = risingSlope(minima, share / looksMs.length)
  if (slope === null) return null
  const stableSlope = stableSlopeBeside(stable, run, lookMs)
  if (!isBeyond(slope, stableSlope)) return null
  const used = run.samples.filter(({ at }) => last.at - at <= PEAK_MS).map(({ bytes }) => bytes)
  const [floorBytes, peakBytes] = [Math.min(...used), Math.max(...used)]
  const deathAt = deathOf(last.at, limitBytes - peakBytes, slope)
  const seenMs = (minima.at(-1)!.at - minima[0]!.at) * 1_000
  const runsOutWithin = (limitMs: number, at: number) => at - last.at <= Math.min(limitMs, FORETOLD * seenMs)
  const isNear = runsOutWithin(FAIL_WITHIN_MS, deathAt.latest) || floorBytes > HIGH * limitBytes
  const verdict = isNear && isStillSteep(minima) ? 'fail' : 'block'
  if (verdict === 'block' && !runsOutWithin(BLOCK_WITHIN_MS, deathAt.earliest)) return null
  return { verdict, slope, deathAt, limitBytes, usedBytes: last.bytes, stableSlope }
}

export function looksPassed(run: Run, looksMs: readonly number[]): number[] {
  const ageMs = run.samples.at(-1)!.ageMs
  return looksMs.filter((lookMs) => lookMs <= ageMs).toSorted((one, other) => one - other)
}

function isStillSteep(minima: readonly Point[]): boolean {
  const half = minima.length >> 1
  const [earlier, later] = [slopeOf(minima.slice(0, half), 1), slopeOf(minima.slice(half), 1)]
  return earlier !== null && later !== null && later.estimate >= STILL_STEEP * earlier.estimate
}

/** The steepest of what the stable release did at that age, and of what it does at that time. */
function stableSlopeBeside(stable: readonly Run[], run: Run, lookMs: number): number | null {
  const begunAt = run.samples[0]!.at - run.samples[0]!.ageMs
  const during = ({ at }: MemorySample) => at >= begunAt + WARM_UP_MS && at <= begunAt + lookMs
  const slopes = stable.flatMap(({ samples }) => [
    minuteMinima(samples, WARM_UP_MS, lookMs),
    minuteMinima(samples.filter(during), 0, Number.POSITIVE_INFINITY),
  ])
  const known = slopes.filter((minima) => minima.length >= LEAST_MINUTES).map((minima) => slopeOf(minima, 1)!.estimate)
  return known.length === 0 ? null : Math.max(...known)
}
