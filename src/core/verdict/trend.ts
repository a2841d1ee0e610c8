// Whether a series rises, and how fast, without asking how it is distributed. Pure.
// Mann (1945) and Kendall (1975): S; Hamed & Rao (1998): its variance when neighbours are alike; Sen (1968): the slope and its bounds.

/** Of a series, in the order of time. Unit of time and value are the caller's; a slope is in value per time. */
export type Point = { readonly at: number; readonly value: number }
export type Slope = { readonly estimate: number; readonly lower: number; readonly upper: number }

/** A lag counts where its autocorrelation is beyond chance: 5 %, as Hamed & Rao have it. */
const LAG_Z = 1.959963984540054

/** S = Σ_{i<j} sgn(x_j − x_i), and Var S = [n(n−1)(2n+5) − Σ t(t−1)(2t+5)]/18 over groups of t equal values. O(n²). */
export function mannKendall(values: readonly number[]): { readonly s: number; readonly variance: number } {
  const n = values.length
  let s = 0
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) s += Math.sign(values[j]! - values[i]!)
  }
  const sizes = new Map<number, number>()
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1)
  const weight = (t: number) => t * (t - 1) * (2 * t + 5)
  const ties = [...sizes.values()].reduce((sum, t) => sum + weight(t), 0)
  return { s, variance: (weight(n) - ties) / 18 }
}

/** Z of S with the correction for continuity; 0 where nothing varies. */
export function zOf(s: number, variance: number): number {
  return variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance)
}

/**
 * By what Var S grows, or shrinks, because neighbours are alike: 1 + 2/(n(n−1)(n−2)) Σ (n−i)(n−i−1)(n−i−2) ρ_i, where ρ_i is the
 * autocorrelation at lag i of the ranks of what is left without the trend. 1 where nothing is left.
 */
export function hamedRao(points: readonly Point[], slope: number): number {
  const n = points.length
  const ranks = ranksOf(points.map(({ at, value }) => value - slope * at))
  const mean = (n + 1) / 2
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0)
  if (n < 4 || spread === 0) return 1
  let sum = 0
  for (let lag = 1; lag < n; lag += 1) {
    let alike = 0
    for (let i = lag; i < n; i += 1) alike += (ranks[i]! - mean) * (ranks[i - lag]! - mean)
    if (Math.abs(alike / spread) > LAG_Z / Math.sqrt(n)) {
      sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * (alike / spread)
    }
  }
  return 1 + (2 * sum) / (n * (n - 1) * (n - 2))
}

/** Ranks from 1; equals share the mean of theirs. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((one, other) => one.value - other.value)
  const ranks = Array.from(values, () => 0)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to + 1 < order.length && order[to + 1]!.value === order[from]!.value) to += 1
    for (let i = from; i <= to; i += 1) ranks[order[i]!.index] = (from + to) / 2 + 1
    from = to + 1
  }
  return ranks
}

/** Theil–Sen: the median of all pairwise slopes. Points at one time make no pair. O(n² log n). `null`: there is no pair. */
export function pairwiseSlopes(points: readonly Point[]): Float64Array {
  const slopes: number[] = []
  for (let i = 0; i < points.length; i += 1) {
    for (let j = i + 1; j < points.length; j += 1) {
      const [one, other] = [points[i]!, points[j]!]
      if (other.at !== one.at) slopes.push((other.value - one.value) / (other.at - one.at))
    }
  }
  return Float64Array.from(slopes).sort()
}

/**
 * The median, and Sen's bounds: the slopes of rank (N − C)/2 and (N + C)/2 + 1 of N, with C = z √Var S. `error` is of both sides together:
 * 0.05 for 95 %. Bounds that the series is too short for are infinite.
 */
export function theilSen(slopes: Float64Array, variance: number, error: number): Slope {
  const n = slopes.length
  const half = n >> 1
  const estimate = n % 2 === 1 ? slopes[half]! : (slopes[half - 1]! + slopes[half]!) / 2
  const c = quantile(error / 2) * Math.sqrt(Math.max(0, variance))
  return {
    estimate,
    lower: slopes[Math.floor((n - c) / 2) - 1] ?? Number.NEGATIVE_INFINITY,
    upper: slopes[Math.ceil((n + c) / 2)] ?? Number.POSITIVE_INFINITY,
  }
}

/** The slope of a series whose rise is beyond chance (one-sided p < `share`); with the larger of both variances. `null`: it is not. */
export function risingSlope(points: readonly Point[], share: number): Slope | null {
  const { s, variance } = mannKendall(points.map(({ value }) => value))
  // The larger variance only makes p larger: what is not beyond chance now need not be looked at further.
  if (s <= 0 || upperTail(zOf(s, variance)) >= share) return null
  return slopeWith(points, variance, share, s)
}

/** The slope of any series, with its bounds. `null`: fewer than two points. */
export function slopeOf(points: readonly Point[], error: number): Slope | null {
  if (points.length < 2) return null
  return slopeWith(points, mannKendall(points.map(({ value }) => value)).variance, error, null)
}

/** With `s` given: `null` when it is not beyond chance. */
function slopeWith(points: readonly Point[], variance: number, error: number, s: number | null): Slope | null {
  const slopes = pairwiseSlopes(points)
  if (slopes.length === 0) return null
  const median = theilSen(slopes, 0, error).estimate
  const larger = variance * Math.max(1, hamedRao(points, median))
  if (s !== null && upperTail(zOf(s, larger)) >= error) return null
  return theilSen(slopes, larger, error)
}

const TAIL_TERMS = 200

/** P(Z > z) of the standard normal distribution, to about 1e-14: a series near 0, a continued fraction far out. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z > 3) {
    let fraction = 0
    for (let k = TAIL_TERMS; k > 0; k -= 1) fraction = k / (z + fraction)
    return density / (z + fraction)
  }
  let term = z
  let sum = z
  for (let k = 3; k < TAIL_TERMS; k += 2) {
    term *= (z * z) / k
    sum += term
  }
  return 0.5 - density * sum
}

/** The z that P(Z > z) is `tail` for, by halving. */
function quantile(tail: number): number {
  let [low, high] = [-40, 40]
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (upperTail(middle) > tail) low = middle
    else high = middle
  }
  return high
}
