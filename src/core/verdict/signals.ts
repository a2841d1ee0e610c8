// Whether a signal speaks against a release: only when it has been beyond its threshold for its time without a break. Pure.
// Invariant: what is not known is neither good nor bad, and breaks what was bad before.
import { formatDuration } from '../duration.ts'
import type { Signal } from '../trial.ts'

/** As the port of signals tells it. */
export type TimedReading = {
  readonly at: number
  readonly reading: { readonly value: number } | { readonly unknown: string }
}

export type SignalJudgement = {
  /** `unknown` too: it is beyond its threshold, but not yet for its time. */
  readonly verdict: 'bad' | 'good' | 'unknown'
  readonly sentence: string
}

/** One reading may fail to come before its neighbours are too far apart. */
const GAP_IN_INTERVALS = 2.5

export function judgeSignal(signal: Signal, readings: readonly TimedReading[], nowAt: number): SignalJudgement {
  const { name, when, threshold, forMs } = signal
  const past = readings.filter(({ at }) => at <= nowAt).toSorted((one, other) => one.at - other.at)
  const last = past.at(-1)
  if (last === undefined) return { verdict: 'unknown', sentence: `${name} is unknown: it was not read yet` }
  if (isApart(signal, last.at, nowAt)) {
    return { verdict: 'unknown', sentence: `${name} is unknown: it was not read for ${length(nowAt - last.at)}` }
  }
  if ('unknown' in last.reading) return { verdict: 'unknown', sentence: `${name} is unknown: ${last.reading.unknown}` }
  if (!Number.isFinite(last.reading.value))
    return { verdict: 'unknown', sentence: `${name} is unknown: it is no number` }
  const now = number(last.reading.value)
  if (!isBeyond(signal, last))
    return { verdict: 'good', sentence: `${name} is ${now}, not ${when} ${number(threshold)}` }
  const beyondMs = last.at - beyondSince(signal, past)
  if (beyondMs >= forMs) {
    const since = beyondMs === 0 ? '' : ` for ${length(beyondMs)}`
    return { verdict: 'bad', sentence: `${name} has been ${when} ${number(threshold)}${since}: it is ${now}` }
  }
  const still = `${name} is ${now}, ${when} ${number(threshold)} for ${length(beyondMs)} of ${formatDuration(forMs)}`
  return { verdict: 'unknown', sentence: still }
}

/** Of the readings without a break that the last one ends. */
function beyondSince(signal: Signal, past: readonly TimedReading[]): number {
  let since = past.at(-1)!
  for (const earlier of past.toReversed()) {
    if (!isBeyond(signal, earlier) || isApart(signal, earlier.at, since.at)) break
    since = earlier
  }
  return since.at
}

function isBeyond({ when, threshold }: Signal, { reading }: TimedReading): boolean {
  if ('unknown' in reading) return false
  return when === 'above' ? reading.value > threshold : reading.value < threshold
}

function isApart({ everyMs, timeoutMs }: Signal, at: number, laterAt: number): boolean {
  return laterAt - at > GAP_IN_INTERVALS * everyMs + timeoutMs
}

function length(ms: number): string {
  return formatDuration(Math.round(ms / 1_000) * 1_000)
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)))
}
