// Between which bounds a rate lies. Counts may be fractions: those of a clustered stream are divided by its dispersion first.
import { incompleteBeta } from './log-gamma.ts'

export type Interval = { readonly low: number; readonly high: number }
export type Counted = { /** Requests. */ readonly n: number; /** Those that failed. */ readonly e: number }

/** Of the normal distribution, for 95 % between the bounds. */
const Z_95 = 1.959_963_985

/** 95 %. E. B. Wilson, JASA 22 (1927). Nothing counted: anything is possible. */
export function wilson({ n, e }: Counted): Interval {
  if (n <= 0) return { low: 0, high: 1 }
  const z2 = Z_95 ** 2
  const p = e / n
  const middle = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/** 95 %, of the first rate minus the second. R. G. Newcombe, Statistics in Medicine 17 (1998), method 10. */
export function differenceInterval(first: Counted, second: Counted): Interval {
  if (first.n <= 0 || second.n <= 0) return { low: -1, high: 1 }
  const [a, b] = [wilson(first), wilson(second)]
  const [p, q] = [first.e / first.n, second.e / second.n]
  return { low: p - q - Math.hypot(p - a.low, b.high - q), high: p - q + Math.hypot(a.high - p, q - b.low) }
}

/** The rate that is exceeded with a probability of at most 1 − `confidence`. Clopper & Pearson, Biometrika 26 (1934), the exact one. */
export function upperBound({ n, e }: Counted, confidence: number): number {
  if (n <= 0 || e >= n) return 1
  let low = e / n
  let high = 1
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (incompleteBeta(middle, e + 1, n - e) < confidence) low = middle
    else high = middle
  }
  return high
}
