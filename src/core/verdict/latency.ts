// What buckets of answer times say: how many were slower than each edge, and about where a quantile lies.
import { LATENCY_EDGES_MS } from './counts.ts'

/** Answers that took longer, for each of LATENCY_EDGES_MS, and `n`, all of them. */
export type Slower = { readonly n: number; readonly slower: readonly number[] }

export function slowerThanEdges(buckets: readonly number[]): Slower {
  const slower = LATENCY_EDGES_MS.map(() => 0)
  let sum = buckets[LATENCY_EDGES_MS.length] ?? 0
  for (let edge = LATENCY_EDGES_MS.length - 1; edge >= 0; edge--) {
    slower[edge] = sum
    sum += buckets[edge] ?? 0
  }
  return { n: sum, slower }
}

/** Milliseconds that `part` (0–1) of the answers do not exceed, as if they were spread evenly over their bucket. Beyond the last edge it is that edge. */
export function bucketQuantile(buckets: readonly number[], part: number): number | null {
  const n = buckets.reduce((sum, count) => sum + count, 0)
  if (n <= 0) return null
  let below = 0
  for (const [bucket, edge] of LATENCY_EDGES_MS.entries()) {
    const count = buckets[bucket] ?? 0
    if (count > 0 && below + count >= part * n) {
      const from = LATENCY_EDGES_MS[bucket - 1] ?? 0
      return from + ((edge - from) * (part * n - below)) / count
    }
    below += count
  }
  return LATENCY_EDGES_MS.at(-1)!
}
