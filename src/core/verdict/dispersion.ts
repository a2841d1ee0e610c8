// How failures cluster within one side: φ is the variance of a cell's failures (a server in a tick) around the tick's own rate, divided by what it
// would be if each came alone. With bursts of size B it is E[B²] / E[B]. The verdict is tempered by η = 1/φ.
// Invariant: what is learnt in a tick counts from the next one on.
import type { Counted } from './interval.ts'

/** Sums over ticks of Q = Σ(e_i − n_i p)², and of V, what Q is expected to be when each failure comes alone. */
export type Dispersion = {
  readonly errors: number
  readonly q: number
  readonly v: number
  readonly qq: number
  readonly qv: number
  readonly vv: number
}

export const NO_DISPERSION: Dispersion = { errors: 0, q: 0, v: 0, qq: 0, qv: 0, vv: 0 }

/** Without anything known. */
export const DEFAULT_PHI = 3
/** Fewer say too little to go below the default. */
const ERRORS_FOR_A_BOUND = 30
/** Fewer say nothing. */
const ERRORS_FOR_AN_ESTIMATE = 10
/** What a calibration weighs against what is seen in a trial. */
const MOST_ERRORS_BEFORE = 100
/** Of the normal distribution, for a one-sided 95 %. */
const Z_95 = 1.644_853_627

/** Adds one tick of cells that had the same rate, if all were alike. Ticks are weighted by their failures: that makes a burst that is alone count b². */
export function withCells(dispersion: Dispersion, cells: readonly Counted[]): Dispersion {
  let n = 0
  let m = 0
  let squares = 0
  for (const cell of cells) {
    n += cell.n
    m += cell.e
    squares += cell.n * cell.n
  }
  if (m === 0 || n < 2 || squares === n * n) return dispersion
  const p = m / n
  const v = m * (1 - squares / (n * n)) * ((n - m) / (n - 1))
  let q = 0
  for (const cell of cells) q += (cell.e - cell.n * p) ** 2
  return {
    errors: dispersion.errors + m,
    q: dispersion.q + q,
    v: dispersion.v + v,
    qq: dispersion.qq + q * q,
    qv: dispersion.qv + q * v,
    vv: dispersion.vv + v * v,
  }
}

/** The estimate, at least 1; `null`: too few failures to say anything. */
export function phiEstimate({ errors, q, v }: Dispersion): number | null {
  return errors < ERRORS_FOR_AN_ESTIMATE || v === 0 ? null : Math.max(1, q / v)
}

/**
 * φ to judge by: a one-sided 95 % bound, at least the default while there are few failures. The larger of two: the chi-square one with a degree of
 * freedom for each cluster (Wilson & Hilferty, PNAS 17, 1931), and that by the spread of the ticks themselves, for bursts of very different sizes.
 */
export function phiBound(dispersion: Dispersion): number {
  const phi = phiEstimate(dispersion)
  if (phi === null) return DEFAULT_PHI
  const { errors, v, qq, qv, vv } = dispersion
  if (errors < ERRORS_FOR_A_BOUND) return Math.max(DEFAULT_PHI, phi)
  const clusters = Math.max(errors / phi, 2)
  const byTicks = phi + (Z_95 * Math.sqrt(Math.max(0, qq - 2 * phi * qv + phi * phi * vv))) / v
  return Math.max((phi * clusters) / chiSquareQuantile(clusters), byTicks)
}

/** What was calibrated, corrected by what was seen since, each by its failures; what was long ago weighs no more than a hundred. At least 1. */
export function phiSince(calibrated: { phi: number; errors: number }, since: Dispersion): number {
  const seen = phiEstimate(since)
  const before = Math.min(calibrated.errors, MOST_ERRORS_BEFORE)
  if (seen === null) return calibrated.phi
  return (calibrated.phi * before + seen * since.errors) / (before + since.errors)
}

/** The estimate as if one burst of this size more had been seen: what is rare may have had no time to show itself. At least `phiBound`. */
export function phiExpecting(dispersion: Dispersion, burst: number): number {
  const { q, v } = dispersion
  return Math.max(phiBound(dispersion), (q + burst ** 2 / 2) / (v + burst / 2))
}

/** The value that a chi-square variable stays below in 5 % of the cases. Wilson & Hilferty. */
function chiSquareQuantile(degrees: number): number {
  const ninth = 2 / (9 * degrees)
  return degrees * Math.max(0.05, 1 - ninth - Z_95 * Math.sqrt(ninth)) ** 3
}
