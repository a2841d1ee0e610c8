import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { healthDeadlineMs, probeDelayMs } from './health.ts'

describe('the wait between two tries of a replica that starts', () => {
  it('is a few milliseconds at first and never longer than the interval', () => {
    expect([0, 40, 300, 2_000, 60_000].map((elapsedMs) => probeDelayMs(elapsedMs, 500))).toEqual([2, 2, 15, 100, 500])
  })
  it('adds at most a twentieth to a start, once that takes longer than 40 ms', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 600_000 }), (ms) => {
        expect(probeDelayMs(ms, 1e9)).toBeLessThanOrEqual(ms * 0.05)
      }),
    )
  })
  it('gives way to an interval that is shorter still', () => {
    expect(probeDelayMs(0, 1)).toBe(1)
  })
})

describe('the time that a replica has to become healthy', () => {
  it('is its start period, then what `fall` and `rise` ask for, and a whole timeout for the last try', () => {
    const health = { intervalMs: 500, timeoutMs: 2_000, rise: 1, fall: 2, startPeriodMs: 30_000 }
    expect(healthDeadlineMs(health)).toBe(33_000)
    expect(healthDeadlineMs({ ...health, rise: 3 })).toBe(34_000)
    expect(healthDeadlineMs({ ...health, startPeriodMs: 0 })).toBe(3_000)
  })
})
