// The evidence that the candidate is slower: "slower than this edge" is a stream for each edge of the buckets, and their mean is what counts, which
// is valid however they depend on each other. How slow answers cluster is learnt from the stable side, tick against tick, while it runs.
import { LATENCY_EDGES_MS } from './counts.ts'
import { type Dispersion, NO_DISPERSION, phiExpecting, withCells } from './dispersion.ts'
import type { Counted } from './interval.ts'
import { bucketQuantile, type Slower, slowerThanEdges } from './latency.ts'
import {
  cooled,
  logsOf,
  mixed,
  type Mixture,
  noMixture,
  RATIOS,
  singles,
  stakes,
  withLogs,
  withoutBurst,
} from './mixture.ts'

/** An odds ratio up to which one side is no slower. */
const TOLERANCE = 1.25
const QUANTILE = 0.95

type Buckets = { readonly candidate: readonly number[]; readonly stable: readonly number[] }

export type Slowness = {
  /** Of every edge and ratio. */
  readonly mixture: Mixture
  readonly now: number
  readonly maximum: number
  /** Buckets of both sides as they were, and as if both had had their requests at the same time. */
  readonly counted: Buckets
  readonly compared: Buckets
  /** Of the stable side, for each edge. */
  readonly dispersion: readonly Dispersion[]
  /** The stable side's tick that waits for the next one, to be compared with. */
  readonly waiting: Slower | null
  /** Ticks of single servers of the stable side, and their answers: when a server stalls, so many are slow at once. */
  readonly perServer: { readonly ticks: number; readonly answered: number }
}

export const NO_SLOWNESS: Slowness = {
  mixture: noMixture(LATENCY_EDGES_MS.length * RATIOS.length),
  now: 0,
  maximum: 0,
  counted: { candidate: [], stable: [] },
  compared: { candidate: [], stable: [] },
  dispersion: LATENCY_EDGES_MS.map(() => NO_DISPERSION),
  waiting: null,
  perServer: { ticks: 0, answered: 0 },
}

/** One tick, in which the stable side had that many servers. `leastPhi` is a dispersion that holds whatever was learnt of slowness itself. */
export function withLatency(
  slowness: Slowness,
  candidate: readonly number[],
  stable: readonly number[],
  servers: number,
  leastPhi: number,
): Slowness {
  const [c, s] = [slowerThanEdges(candidate), slowerThanEdges(stable)]
  if (s.n === 0 && c.n === 0) return slowness
  const n = c.n + s.n
  const learnt = {
    counted: {
      candidate: weighted(slowness.counted.candidate, candidate, 1),
      stable: weighted(slowness.counted.stable, stable, 1),
    },
    compared: {
      candidate: weighted(slowness.compared.candidate, candidate, s.n / n),
      stable: weighted(slowness.compared.stable, stable, c.n / n),
    },
    ...learn(slowness, s),
    perServer: {
      ticks: slowness.perServer.ticks + (s.n > 0 ? Math.max(1, servers) : 0),
      answered: slowness.perServer.answered + s.n,
    },
  }
  if (c.n === 0 || s.n === 0) return { ...slowness, ...learnt }
  const { logs, single } = edgeLogs(slowness, c, s, leastPhi)
  const mixture = withLogs(slowness.mixture, logs, single, 1)
  const now = withoutBurst(mixture)
  return { ...learnt, mixture, now, maximum: Math.max(slowness.maximum, now) }
}

/** Tempered already, each edge by how its own stream clusters. */
function edgeLogs({ perServer, dispersion }: Slowness, c: Slower, s: Slower, leastPhi: number) {
  const share = c.n / (c.n + s.n)
  const bets = stakes(share, TOLERANCE)
  const one = singles(bets)
  const stall = perServer.ticks === 0 ? s.n : perServer.answered / perServer.ticks
  const logs: number[] = []
  const single: number[] = []
  for (const [edge, failed] of c.slower.entries()) {
    const phi = Math.max(leastPhi, phiExpecting(dispersion[edge]!, stall))
    for (const log of logsOf({ failed, all: failed + s.slower[edge]!, share }, bets)) logs.push(log / phi)
    for (const log of one) single.push(log / phi)
  }
  return { logs, single }
}

export function cooledSlowness(slowness: Slowness, factor: number): Slowness {
  const mixture = cooled(slowness.mixture, factor)
  const now = withoutBurst(mixture)
  return { ...slowness, mixture, now, maximum: Math.max(0, now) }
}

/** 95th percentiles of both sides at the same time, in milliseconds. */
export function slowestOfMost({
  compared: { candidate, stable },
}: Slowness): { candidate: number; stable: number } | null {
  const [c, s] = [bucketQuantile(candidate, QUANTILE), bucketQuantile(stable, QUANTILE)]
  return c === null || s === null ? null : { candidate: c, stable: s }
}

/** Answers that took longer than the edge that says most against the candidate. */
export function slowCounts({ mixture: { logs, excess }, counted }: Slowness): { candidate: Counted; stable: Counted } {
  const says = LATENCY_EDGES_MS.map((_, edge) => {
    const bets = RATIOS.map((_, bet) => edge * RATIOS.length + bet)
    return mixed(bets.map((bet) => logs[bet]! - excess[bet]!))
  })
  const edge = says.indexOf(Math.max(...says))
  const count = (buckets: readonly number[]) => {
    const { n, slower } = slowerThanEdges(buckets)
    return { n, e: slower[edge]! }
  }
  return { candidate: count(counted.candidate), stable: count(counted.stable) }
}

/** Two ticks are two cells of one rate: a slow drift says little, a burst in one of them a lot. */
function learn({ dispersion, waiting }: Slowness, stable: Slower): Pick<Slowness, 'dispersion' | 'waiting'> {
  if (stable.n === 0) return { dispersion, waiting }
  if (waiting === null) return { dispersion, waiting: stable }
  const cells = (edge: number) => [waiting, stable].map(({ n, slower }) => ({ n, e: slower[edge]! }))
  return { dispersion: dispersion.map((known, edge) => withCells(known, cells(edge))), waiting: null }
}

function weighted(sums: readonly number[], buckets: readonly number[], weight: number): number[] {
  return buckets.map((count, bucket) => (sums[bucket] ?? 0) + count * weight)
}
