// What a rule about memory has found in one replica, and when it would be killed. Pure.
import type { Slope } from './trend.ts'

/** Times are milliseconds since the Unix epoch. */
export type MemoryFinding = {
  readonly verdict: 'fail' | 'block'
  /** Bytes per second. */
  readonly slope: Slope
  readonly deathAt: Death
  readonly limitBytes: number
  readonly usedBytes: number
  /** By what the stable release grows in its place; `null`: nobody knows. */
  readonly stableSlope: number | null
}

export type Death = { readonly earliest: number; readonly likely: number; readonly latest: number }

/** When what is left is used up. The lower bound of the slope is above 0. */
export function deathOf(at: number, leftBytes: number, slope: Slope): Death {
  const after = (bytesPerS: number) => at + Math.max(0, (leftBytes / bytesPerS) * 1_000)
  return { earliest: after(slope.upper), likely: after(slope.estimate), latest: after(slope.lower) }
}

/** Two runs of one release differ too. */
const MARGIN = 1.5

/** Whether even the lower bound is well above what the stable release does in its place; also where nobody knows that. */
export function isBeyond(slope: Slope, stableSlope: number | null): boolean {
  return slope.lower > MARGIN * Math.max(0, stableSlope ?? 0)
}
