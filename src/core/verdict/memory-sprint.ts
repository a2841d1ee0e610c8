// The fast rule about memory: a leak that kills within seconds, where minutes are too coarse. Pure.
// It speaks only when all of this holds of a replica that has a limit:
//   1. its working set has risen without a break, in at least k = max(8, ⌈−log2 share⌉) steps: by chance, 2^-k (sign test);
//   2. it is higher than its release's peers ever were: at three quarters of the limit or above, and more than half way from the highest
//      that the stable release, or itself before this rise, has had to the limit. Where there is no stable release to go by, at nine tenths;
//   3. it does not slow down: the last third of the later half of the rise is nearly as steep as the steepest. Caches that fill and heaps
//      that find their size do slow down;
//   4. even the lower bound of its slope reaches the limit within a minute, and within four times what was seen;
//   5. that bound is half as much again as what the stable release did at the same age of its container, and does at the same time.
// A start that fills more than that of its limit in a straight line, and then stops, is taken for a leak: nobody could tell them apart.
import { deathOf, isBeyond, type MemoryFinding } from './memory-finding.ts'
import { pointOf, type MemorySample, type Run } from './memory-samples.ts'
import { slopeOf, type Point, type Slope } from './trend.ts'

const LEAST_STEPS = 8
const WITHIN_MS = 60_000
/** Nothing is foretold for longer than so many times what was seen. */
const FORETOLD = 4
const HIGH = 0.75
const HIGH_ALONE = 0.9
/** A step is at least this part of the limit; smaller differences are none. */
const GRAIN = 0.005
const STILL_STEEP = 0.8
/** Samples further apart are no unbroken rise; a sample that old says nothing of now. */
const GAP_MS = 10_000
/** Of the stable release, to say how it grew. */
const LEAST_STABLE = 4

/** `share` of α: for the rule in this replica. `null`: it does not speak. */
export function findSprint(run: Run, stable: readonly Run[], share: number, nowAt: number): MemoryFinding | null {
  const last = run.samples.at(-1)!
  const { limitBytes } = last
  if (limitBytes === null || nowAt - last.at > GAP_MS) return null
  const stepsNeeded = Math.max(LEAST_STEPS, Math.ceil(-Math.log2(share)))
  const rise = riseAtEnd(run.samples, limitBytes * GRAIN)
  if (rise.steps < stepsNeeded || last.bytes < heightNeeded(run.samples.slice(0, rise.from), stable, limitBytes)) {
    return null
  }
  const seen = laterHalf(run.samples.slice(rise.from), stepsNeeded + 1)
  const slope = slopeOf(seen.map(pointOf), share)
  if (slope === null || !isStillSteep(seen.map(pointOf))) return null
  const deathAt = deathOf(last.at, limitBytes - last.bytes, slope)
  const horizonMs = Math.min(WITHIN_MS, FORETOLD * (last.at - seen[0]!.at))
  if (deathAt.latest - last.at > horizonMs) return null
  const stableSlope = stableSlopeBeside(stable, seen)
  if (!isBeyond(slope, stableSlope)) return null
  return { verdict: 'fail', slope, deathAt, limitBytes, usedBytes: last.bytes, stableSlope }
}

/** The rise that goes on until the last sample: where it began, and in how many steps. */
function riseAtEnd(samples: readonly MemorySample[], grainBytes: number): { from: number; steps: number } {
  let from = samples.length - 1
  let steps = 0
  let above = samples[from]!
  for (let index = from - 1; index >= 0; index -= 1) {
    const sample = samples[index]!
    if (samples[index + 1]!.at - sample.at > GAP_MS) break
    const stepBytes = above.bytes - sample.bytes
    if (stepBytes <= -grainBytes) break
    if (stepBytes < grainBytes) continue
    above = sample
    from = index
    steps += 1
  }
  return { from, steps }
}

function heightNeeded(before: readonly MemorySample[], stable: readonly Run[], limitBytes: number): number {
  const peers = stable.flatMap(({ samples }) => samples)
  const highest = [...before, ...peers].reduce((high, { bytes }) => Math.max(high, bytes), 0)
  const high = peers.length === 0 ? HIGH_ALONE : HIGH
  return Math.max(high * limitBytes, (highest + limitBytes) / 2)
}

/** What a start does at once does not make what follows look slow. */
function laterHalf<T>(samples: readonly T[], least: number): readonly T[] {
  return samples.slice(-Math.max(least, Math.ceil(samples.length / 2)))
}

function isStillSteep(points: readonly Point[]): boolean {
  const [first, last] = [points[0]!, points.at(-1)!]
  const third = (last.at - first.at) / 3
  const edges = [0, 1, 2, 3].map((part) => valueAt(points, first.at + part * third))
  const rises = [1, 2, 3].map((part) => edges[part]! - edges[part - 1]!)
  return rises[2]! >= STILL_STEEP * Math.max(...rises)
}

/** On the straight line between its neighbours. */
function valueAt(points: readonly Point[], at: number): number {
  const after = points.findIndex((point) => point.at >= at)
  if (after === -1) return points.at(-1)!.value
  const [one, other] = [points[Math.max(0, after - 1)]!, points[after]!]
  return other.at === one.at
    ? other.value
    : one.value + ((other.value - one.value) * (at - one.at)) / (other.at - one.at)
}

/** The steepest of what the stable release did at that age, and of what it does at that time. */
function stableSlopeBeside(stable: readonly Run[], seen: readonly MemorySample[]): number | null {
  const [first, last] = [seen[0]!, seen.at(-1)!]
  const slopes = stable.flatMap(({ samples }) => [
    estimateOf(samples.filter(({ ageMs }) => ageMs >= first.ageMs && ageMs <= last.ageMs)),
    estimateOf(samples.filter(({ at }) => at >= first.at && at <= last.at)),
  ])
  const known = slopes.filter((slope) => slope !== null)
  return known.length === 0 ? null : Math.max(...known)
}

function estimateOf(samples: readonly MemorySample[]): Slope['estimate'] | null {
  return samples.length < LEAST_STABLE ? null : (slopeOf(samples.map(pointOf), 1)?.estimate ?? null)
}
