import { describe, expect, it } from 'vitest'
import { differenceInterval, upperBound, wilson } from './interval.ts'

describe('an interval', () => {
  it('is the one that Wilson published', () => {
    expect(wilson({ n: 20, e: 5 })).toEqual({ low: expect.closeTo(0.1119, 4), high: expect.closeTo(0.4687, 4) })
    expect(wilson({ n: 0, e: 0 })).toEqual({ low: 0, high: 1 })
  })

  it('of a difference is the one that Newcombe published for 56 of 70 and 48 of 80', () => {
    const { low, high } = differenceInterval({ n: 70, e: 56 }, { n: 80, e: 48 })
    expect(low).toBeCloseTo(0.0524, 4)
    expect(high).toBeCloseTo(0.3339, 4)
  })

  it('has the exact upper bound of Clopper and Pearson', () => {
    expect(upperBound({ n: 10, e: 0 }, 0.99)).toBeCloseTo(1 - 0.01 ** 0.1, 9)
    expect(upperBound({ n: 20, e: 5 }, 0.975)).toBeCloseTo(0.491, 4)
    expect(upperBound({ n: 100_000, e: 60 }, 0.99)).toBeCloseTo(0.000806, 6)
    expect(upperBound({ n: 5, e: 5 }, 0.99)).toBe(1)
  })
})
