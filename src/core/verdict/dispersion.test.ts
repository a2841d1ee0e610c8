import { describe, expect, it } from 'vitest'
import { NO_DISPERSION, phiBound, phiEstimate, phiExpecting, phiSince, withCells } from './dispersion.ts'
import type { Counted } from './interval.ts'

/** A tick of four servers; all failures in one of them, in turn. */
function bursts(sizes: readonly number[]) {
  return sizes.reduce((known, size, tick) => {
    const cells: Counted[] = Array.from({ length: 4 }, (_, server) => ({ n: 1_000, e: server === tick % 4 ? size : 0 }))
    return withCells(known, cells)
  }, NO_DISPERSION)
}

const times = (count: number, size: number) => Array.from({ length: count }, () => size)

describe('dispersion', () => {
  it('of failures that come alone is 1, and its bound comes near with their number', () => {
    expect(phiEstimate(bursts(times(40, 1)))).toBeCloseTo(1, 2)
    expect(phiBound(bursts(times(40, 1)))).toBeLessThan(1.6)
    expect(phiBound(bursts(times(1_000, 1)))).toBeLessThan(1.1)
  })

  it('of bursts is the mean of the squares of their sizes over the mean of their sizes', () => {
    const sizes = Array.from({ length: 100 }, (_, index) => 1 + (index % 5))
    expect(phiEstimate(bursts(sizes))).toBeCloseTo(55 / 15, 1)
    expect(phiBound(bursts(sizes))).toBeGreaterThan(55 / 15)
  })

  it('is the default while it is not known, and no less with few failures', () => {
    expect(phiBound(NO_DISPERSION)).toBe(3)
    expect(phiBound(bursts(times(29, 1)))).toBe(3)
    expect(phiBound(bursts(times(4, 5)))).toBeCloseTo(5, 1)
  })

  it('says nothing of ticks without failures, or with one server', () => {
    expect(
      withCells(NO_DISPERSION, [
        { n: 100, e: 0 },
        { n: 100, e: 0 },
      ]),
    ).toBe(NO_DISPERSION)
    expect(withCells(NO_DISPERSION, [{ n: 100, e: 9 }])).toBe(NO_DISPERSION)
  })

  it('of a calibration is corrected by what a trial shows', () => {
    const calibrated = { phi: 1.2, errors: 5_000 }
    expect(phiSince(calibrated, bursts(times(3, 1)))).toBe(1.2)
    expect(phiSince(calibrated, bursts(times(20, 10)))).toBeGreaterThan(5)
  })

  it('allows for one burst that was not seen yet, less and less', () => {
    const early = phiExpecting(bursts(times(50, 1)), 100)
    expect(early).toBeGreaterThan(20)
    expect(phiExpecting(bursts(times(20_000, 1)), 100)).toBeLessThan(2)
  })
})
