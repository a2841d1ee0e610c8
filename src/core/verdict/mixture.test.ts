import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cooled, mixed, noMixture, pairLogs, RATIOS, singles, stakes, withLogs, withoutBurst } from './mixture.ts'
import { oneStreamLogs } from './one-stream.ts'

const evidence = (failed: number, all: number, share: number, tolerance = 1) =>
  Math.exp(mixed(pairLogs({ failed, all, share }, tolerance)))

/** P(k of n) */
function binomial(n: number, k: number, p: number): number {
  let log = k * Math.log(p) + (n - k) * Math.log1p(-p)
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i)
  return Math.exp(log)
}

describe('the evidence of two sides', () => {
  it.each([
    [4, 4, 0.1, 2652.21],
    [3, 4, 0.1, 40.967],
    [5, 6, 0.1, 2057.74],
    [12, 12, 0.5, 1547.56],
    [10, 20, 0.5, 0.129],
  ])('is, for %i of %i failures at a share of %f, %f to 1', (failed, all, share, expected) => {
    expect(evidence(failed, all, share)).toBeCloseTo(expected, expected > 100 ? 2 : 3)
  })

  it('is 1 on average when both sides are alike, whatever the share, and less when they differ within the tolerance', () => {
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      const mean = (part: number, tolerance: number) =>
        Array.from({ length: 13 }, (_, k) => binomial(12, k, part) * evidence(k, 12, share, tolerance)).reduce(
          (sum, term) => sum + term,
        )
      expect(mean(share, 1)).toBeCloseTo(1, 9)
      expect(mean(share, 1.25)).toBeLessThan(1)
      const atTolerance = (1.25 * share) / (1 - share + 1.25 * share)
      expect(mean(atTolerance, 1.25)).toBeCloseTo(1, 9)
    }
  })

  it('is at most 1 on average when failures come in bursts within one side, tempered by the burst', () => {
    const [share, burst] = [0.1, 5]
    for (const bet of RATIOS.keys()) {
      const log = (failed: number) => pairLogs({ failed, all: burst, share })[bet]! / burst
      expect(share * Math.exp(log(burst)) + (1 - share) * Math.exp(log(0))).toBeLessThanOrEqual(1 + 1e-12)
    }
  })

  it('says nothing of a tick in which nothing failed, or only one side was there', () => {
    expect(evidence(0, 0, 0.5)).toBe(1)
    expect(evidence(3, 3, 1)).toBe(1)
    expect(evidence(0, 3, 0)).toBe(1)
  })

  it('stays finite with millions of requests', () => {
    const count = fc.nat(5_000_000)
    fc.assert(
      fc.property(count, count, fc.double({ min: 0.0001, max: 0.9999, noNaN: true }), (failed, others, share) => {
        expect(mixed(pairLogs({ failed, all: failed + others, share }))).toSatisfy(Number.isFinite)
      }),
      { numRuns: 200 },
    )
  })

  it('counts the failures of the worst tick as one', () => {
    const bets = stakes(0.1, 1)
    const tick = (failed: number) => pairLogs({ failed, all: failed, share: 0.1 })
    const one = withLogs(noMixture(RATIOS.length), tick(1), singles(bets), 1)
    const burst = withLogs(noMixture(RATIOS.length), tick(15), singles(bets), 1)
    expect(withoutBurst(burst)).toBeCloseTo(withoutBurst(one), 9)
    expect(withoutBurst(withLogs(burst, tick(4), singles(bets), 1))).toBeCloseTo(mixed(tick(5)), 9)
  })

  it('is never more after it was cooled', () => {
    const logs = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(logs, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, factor) => {
        const mixture = withLogs(
          noMixture(8),
          values,
          values.map(() => 0),
          1,
        )
        expect(mixed(cooled(mixture, factor).logs)).toBeLessThanOrEqual(mixed(mixture.logs) + 1e-9)
      }),
    )
  })
})

describe('the evidence of one side', () => {
  it('is, for 5 failures of 100 where 0.5 % are allowed, 301.08 to 1', () => {
    expect(Math.exp(mixed(oneStreamLogs(5, 100, 0.005)))).toBeCloseTo(301.08, 2)
  })

  it('is 1 on average at the rate that is allowed', () => {
    for (const allowed of [0.001, 0.01, 0.3]) {
      const mean = Array.from(
        { length: 21 },
        (_, k) => binomial(20, k, allowed) * Math.exp(mixed(oneStreamLogs(k, 20, allowed))),
      )
      expect(mean.reduce((sum, term) => sum + term)).toBeCloseTo(1, 9)
    }
  })
})
