// Samples of memory, sorted into runs: a container that was started again begins anew. Pure.
// Invariant: what `thin` leaves has the same one-minute minima and the same peaks as before.
import type { Point } from './trend.ts'

/** The working set of a replica at one moment. */
export type MemorySample = {
  readonly at: number
  /** Since its container was started. */
  readonly ageMs: number
  readonly replica: string
  readonly release: number
  readonly bytes: number
  readonly limitBytes: number | null
}

/** From one start of a container to its end, in the order of time. Never empty. */
export type Run = { readonly replica: string; readonly release: number; readonly samples: readonly MemorySample[] }

const MINUTE_MS = 60_000
/** Samples of one run agree about when it began, to this. */
const START_SLACK_MS = 1_000
/** So long every sample is kept; what is older as the lowest and the highest of each minute, and then not at all. */
const FINE_MS = 10 * MINUTE_MS
const KEPT_MS = 250 * MINUTE_MS

export function runsOf(samples: readonly MemorySample[]): Run[] {
  const runs: { replica: string; release: number; samples: MemorySample[] }[] = []
  const latest = new Map<string, (typeof runs)[number]>()
  for (const sample of samples.toSorted((one, other) => one.at - other.at)) {
    const { replica, release } = sample
    const run = latest.get(replica)
    const before = run?.samples.at(-1)
    if (run !== undefined && before !== undefined && Math.abs(beginOf(sample) - beginOf(before)) <= START_SLACK_MS) {
      run.samples.push(sample)
      continue
    }
    const next = { replica, release, samples: [sample] }
    latest.set(replica, next)
    runs.push(next)
  }
  return runs
}

function beginOf({ at, ageMs }: MemorySample): number {
  return at - ageMs
}

/** The lowest of each minute of the container's age, from an age to another. Time is its age in seconds, value is bytes. */
export function minuteMinima(samples: readonly MemorySample[], fromAgeMs: number, toAgeMs: number): Point[] {
  const lowest = new Map<number, MemorySample>()
  for (const sample of samples) {
    if (sample.ageMs < fromAgeMs || sample.ageMs > toAgeMs) continue
    const minute = Math.floor(sample.ageMs / MINUTE_MS)
    const known = lowest.get(minute)
    if (known === undefined || sample.bytes < known.bytes) lowest.set(minute, sample)
  }
  return [...lowest.values()].map(pointOf)
}

/** Seconds of age, and bytes. */
export function pointOf({ ageMs, bytes }: MemorySample): Point {
  return { at: ageMs / 1_000, value: bytes }
}

/** What a caller should keep: for four hours of one sample a second, about a tenth of it. */
export function thin(samples: readonly MemorySample[]): MemorySample[] {
  const newestAt = samples.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY)
  return runsOf(samples).flatMap((run) => thinRun(run.samples, newestAt))
}

function thinRun(samples: readonly MemorySample[], newestAt: number): MemorySample[] {
  const ends = new Map<number, { low: MemorySample; high: MemorySample }>()
  for (const sample of samples) {
    const minute = Math.floor(sample.ageMs / MINUTE_MS)
    const known = ends.get(minute)
    if (known === undefined) ends.set(minute, { low: sample, high: sample })
    else if (sample.bytes < known.low.bytes) known.low = sample
    else if (sample.bytes > known.high.bytes) known.high = sample
  }
  const extremes = new Set([...ends.values()].flatMap(({ low, high }) => [low, high]))
  return samples.filter((sample) => {
    const oldMs = newestAt - sample.at
    return oldMs <= FINE_MS || (oldMs <= KEPT_MS && extremes.has(sample))
  })
}
