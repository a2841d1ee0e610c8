// Chance with a seed: the same seed gives the same deploys, on any machine and any number of threads.
import { logGamma } from '../../src/core/verdict/log-gamma.ts'

export type Random = {
  /** 0 ≤ x < 1 */
  readonly next: () => number
  /** Exact for any mean. */
  readonly poisson: (mean: number) => number
  /** low … high, both included. */
  readonly between: (low: number, high: number) => number
  /** 1, 2, 3 … with this mean. */
  readonly geometric: (mean: number) => number
  /** Of `n`, each with probability `p`. */
  readonly binomial: (n: number, p: number) => number
}

/** sfc32, seeded by what the words hash to. */
export function randomOf(...words: readonly (string | number)[]): Random {
  const next = sfc32(words.join('/'))
  const poisson = (mean: number) => (mean <= 0 ? 0 : mean < 30 ? poissonByProduct(mean, next) : poissonPtrs(mean, next))
  return {
    next,
    poisson,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    geometric: (mean) => 1 + Math.floor(Math.log(1 - next()) / Math.log1p(-1 / mean)),
    binomial: (n, p) => {
      let count = 0
      for (let i = 0; i < n; i++) if (next() < p) count++
      return count
    },
  }
}

function sfc32(text: string): () => number {
  let hash = 2_166_136_261
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619)
  let [a, b, c, d] = [hash, Math.imul(hash, 0x9e37_79b1), 0x243f_6a88, 1]
  const next = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

function poissonByProduct(mean: number, next: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = next(); product > limit; product *= next()) count++
  return count
}

/** W. Hörmann, The transformed rejection method for generating Poisson random variables, 1993 (PTRS). */
function poissonPtrs(mean: number, next: () => number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.024_83 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const vr = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = next() - 0.5
    const v = next()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= vr) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    const left = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b)
    if (left <= -mean + k * Math.log(mean) - logGamma(k + 1)) return k
  }
}
