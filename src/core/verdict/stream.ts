// One thing that requests can do wrong, counted on both sides, and the evidence that the candidate does it more often.
// Invariant: `maximum` never falls, but when the whole stream is cooled.
import type { Counted } from './interval.ts'
import { cooled, logsOf, type Mixture, noMixture, RATIOS, singles, stakes, withLogs, withoutBurst } from './mixture.ts'
import { ONE_STREAM_BETS, oneStreamLogs, oneStreamSingles } from './one-stream.ts'

export type Stream = {
  readonly mixture: Mixture
  /** ln E, and the most that it was. */
  readonly now: number
  readonly maximum: number
  readonly candidate: Counted
  /** `null`: there is no other side. */
  readonly stable: Counted | null
  /** Mantel–Haenszel sums: rates of both sides as if both had had their requests at the same time, times the weight. */
  readonly compared: { readonly candidate: number; readonly stable: number; readonly weight: number }
  /** Ticks in which the candidate failed. */
  readonly failingTicks: number
}

export function noStream(sides: 'two' | 'one'): Stream {
  return {
    mixture: noMixture(sides === 'two' ? RATIOS.length : ONE_STREAM_BETS),
    now: 0,
    maximum: 0,
    candidate: { n: 0, e: 0 },
    stable: sides === 'two' ? { n: 0, e: 0 } : null,
    compared: { candidate: 0, stable: 0, weight: 0 },
    failingTicks: 0,
  }
}

/** One tick of both sides. `eta` ≤ 1 tempers it, `tolerance` is the odds ratio up to which a difference is none. */
export function withPair(stream: Stream, candidate: Counted, stable: Counted, eta: number, tolerance: number): Stream {
  const n = candidate.n + stable.n
  if (n === 0) return stream
  const counted = {
    candidate: sum(stream.candidate, candidate),
    stable: sum(stream.stable ?? { n: 0, e: 0 }, stable),
    compared: {
      candidate: stream.compared.candidate + (candidate.e * stable.n) / n,
      stable: stream.compared.stable + (stable.e * candidate.n) / n,
      weight: stream.compared.weight + (candidate.n * stable.n) / n,
    },
    failingTicks: stream.failingTicks + (candidate.e > 0 ? 1 : 0),
  }
  const all = candidate.e + stable.e
  if (all === 0 || candidate.n === 0 || stable.n === 0) return { ...stream, ...counted }
  const share = candidate.n / n
  const bets = stakes(share, tolerance)
  return { ...counted, ...grown(stream, logsOf({ failed: candidate.e, all, share }, bets), singles(bets), eta) }
}

/** One tick of a release alone, against the rate that is allowed. */
export function withAlone(stream: Stream, candidate: Counted, allowed: number, eta: number): Stream {
  if (candidate.n === 0) return stream
  return {
    ...stream,
    candidate: sum(stream.candidate, candidate),
    failingTicks: stream.failingTicks + (candidate.e > 0 ? 1 : 0),
    ...grown(stream, oneStreamLogs(candidate.e, candidate.n, allowed), oneStreamSingles(allowed), eta),
  }
}

/** What it says after all when its ticks should have been tempered more, by this factor. */
export function cooledStream(stream: Stream, factor: number): Stream {
  const mixture = cooled(stream.mixture, factor)
  const now = withoutBurst(mixture)
  return { ...stream, mixture, now, maximum: Math.max(0, now) }
}

/** The rates of both sides at the same time; `null`: they had none at the same time. */
export function comparedRates({ compared }: Stream): { candidate: number; stable: number } | null {
  const { candidate, stable, weight } = compared
  return weight === 0 ? null : { candidate: candidate / weight, stable: stable / weight }
}

function grown(
  stream: Stream,
  logs: readonly number[],
  single: readonly number[],
  eta: number,
): Pick<Stream, 'mixture' | 'now' | 'maximum'> {
  const mixture = withLogs(stream.mixture, logs, single, eta)
  const now = withoutBurst(mixture)
  return { mixture, now, maximum: Math.max(stream.maximum, now) }
}

function sum(a: Counted, b: Counted): Counted {
  return { n: a.n + b.n, e: a.e + b.e }
}
