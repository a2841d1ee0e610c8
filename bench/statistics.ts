// What a row says of its samples. Percentiles are nearest-rank: always a value that was measured, never one in between; with fewer than 100
// samples p99 is the worst of them.

export type Spread = { readonly p50: number; readonly p99: number }

/** The smallest sample that at least `percent` of all samples do not exceed. Throws for no samples, or a percentage outside of 0–100. */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) throw new RangeError('a percentile needs samples')
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`no percentage: ${percent}`)
  const sorted = samples.toSorted((a, b) => a - b)
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return sorted[rank - 1]!
}

/** `null`: nothing was measured. */
export function spread(samples: readonly number[]): Spread | null {
  if (samples.length === 0) return null
  return { p50: rounded(percentile(samples, 50)), p99: rounded(percentile(samples, 99)) }
}

/** To microseconds, where values are milliseconds. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
