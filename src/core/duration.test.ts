import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['1m30s', 90_000],
    ['1h5m30s20ms', 3_930_020],
    ['1.5s', 1_500],
    ['1.1s', 1_100],
    ['0s', 0],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each(['', '5', '-5s', '5 s', '5sec', '30s1m', '1s1s', '0.5ms', '1e3s', 'ms', '.5s', '5S', '99999999999999d'])(
    'refuses %j',
    (text) => expect(parseDuration(text)).toBeNull(),
  )
})

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [500, '500ms'],
    [1_500, '1.5s'],
    [30_000, '30s'],
    [90_000, '1m30s'],
    [90_020, '1m30.02s'],
    [3_600_000, '1h'],
    [86_400_000, '24h'],
    [172_800_000, '2d'],
    [2.4, '2ms'],
  ])('writes %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it('writes what parseDuration reads back as the same number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('takes %d for a mistake of the programmer', (ms) =>
    expect(() => formatDuration(ms)).toThrow(RangeError),
  )
})
