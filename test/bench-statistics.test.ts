// The arithmetic that every benchmark's numbers go through.
import { array, assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCleanup } from '../bench/cleanup.ts'
import { atLeast, atMost, ratio } from '../bench/report.ts'
import { percentile, rounded, spread } from '../bench/statistics.ts'
import { cellText, table } from '../bench/table.ts'

const samples = array(double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 })
const percents = integer({ min: 0, max: 100 })

describe('a percentile', () => {
  it('is the nearest rank: of 1 to 100, p50 is 50 and p99 is 99', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(percentile(hundred, 50)).toBe(50)
    expect(percentile(hundred, 99)).toBe(99)
    expect(percentile(hundred, 100)).toBe(100)
    expect(percentile(hundred, 0)).toBe(1)
  })

  it('is the worst sample at p99 when there are fewer than a hundred', () => {
    expect(percentile([3, 1, 2], 99)).toBe(3)
    expect(percentile([7], 50)).toBe(7)
  })

  it('is always one of the samples, with at least that share of them at or below it', () => {
    assert(
      property(samples, percents, (values, percent) => {
        const found = percentile(values, percent)
        expect(values).toContain(found)
        expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual((percent / 100) * values.length)
        expect(values.filter((value) => value < found).length).toBeLessThan(
          Math.max(1, Math.ceil((percent / 100) * values.length)),
        )
      }),
    )
  })

  it('does not depend on the order of the samples, and leaves them as they are', () => {
    assert(
      property(samples, percents, (values, percent) => {
        const before = [...values]
        expect(percentile(values, percent)).toBe(percentile(values.toReversed(), percent))
        expect(values).toEqual(before)
      }),
    )
  })

  it('is refused for no samples, and for what is no percentage', () => {
    expect(() => percentile([], 50)).toThrow(RangeError)
    expect(() => percentile([1], 101)).toThrow(RangeError)
    expect(() => percentile([1], Number.NaN)).toThrow(RangeError)
  })
})

describe('a spread', () => {
  it('is null when nothing was measured', () => {
    expect(spread([])).toBeNull()
  })

  it('has microseconds, not more', () => {
    expect(spread([1.23456, 2])).toEqual({ p50: 1.235, p99: 2 })
    expect(rounded(0.0004)).toBe(0)
  })
})

describe('a goal', () => {
  it('holds up to its limit, and not beyond', () => {
    expect(atMost('warm', 5, 5)).toEqual({ name: 'warm', value: 5, goal: '≤ 5', ok: true })
    expect(atMost('warm', 5.001, 5).ok).toBe(false)
    expect(atLeast('faster', 15, 15).ok).toBe(true)
    expect(atLeast('faster', 14.999, 15).ok).toBe(false)
  })

  it('is not met by what could not be measured', () => {
    expect(atMost('warm', null, 5)).toEqual({ name: 'warm', value: null, goal: '≤ 5', ok: false })
    expect(atLeast('faster', undefined, 15).ok).toBe(false)
  })

  it('compares by a ratio that is null as soon as one side is missing', () => {
    expect(ratio(30, 2)).toBe(15)
    expect(ratio(null, 2)).toBeNull()
    expect(ratio(30, undefined)).toBeNull()
    expect(ratio(30, 0)).toBeNull()
  })
})

describe('a table', () => {
  it('has names on the left, numbers on the right, a dash for what is unknown', () => {
    expect(
      table([
        { subject: 'astern', command_ms: { p50: 41.23, p99: 55 }, failed: 0 },
        { subject: 'script', command_ms: null, failed: 1234 },
      ]),
    ).toBe(
      [
        'subject  command_ms  failed',
        '───────  ──────────  ──────',
        'astern    41.2 / 55       0',
        'script            –   1,234',
      ].join('\n'),
    )
  })

  it('is nothing for no rows', () => {
    expect(table([])).toBe('')
  })

  it('shows as many digits as a reader needs', () => {
    expect([0.123, 12.345, 1234.5].map(cellText)).toEqual(['0.12', '12.3', '1235'])
  })
})

describe('a cleanup', () => {
  it('undoes the newest first, and goes on after a failure', async () => {
    const cleanup = createCleanup()
    const undone: string[] = []
    cleanup.add('first', () => void undone.push('first'))
    cleanup.add('second', () => {
      throw new Error('it is gone')
    })
    cleanup.add('third', async () => void undone.push('third'))
    expect(await cleanup.run()).toEqual(['second: it is gone'])
    expect(undone).toEqual(['third', 'first'])
  })

  it('undoes nothing twice', async () => {
    const cleanup = createCleanup()
    let times = 0
    const now = cleanup.add('it', () => void times++)
    await now()
    await now()
    await cleanup.run()
    expect(times).toBe(1)
  })
})
