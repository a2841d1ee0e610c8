import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatShare, parseShare } from './share.ts'

describe('parseShare', () => {
  it.each([
    ['0%', 0],
    ['0.01%', 1],
    ['0.5%', 50],
    ['0.50%', 50],
    ['1%', 100],
    ['12.25%', 1_225],
    ['100%', 10_000],
    ['250%', 25_000],
  ])('reads %s as parts of 10,000', (text, share) => expect(parseShare(text)).toBe(share))

  it.each(['', '%', '1', '-1%', '1 %', '.5%', '1.%', '0.125%', '1e2%', '1,5%', '1%%', '123456%'])(
    'refuses %j',
    (text) => expect(parseShare(text)).toBeNull(),
  )
})

describe('formatShare', () => {
  it.each([
    [0, '0%'],
    [1, '0.01%'],
    [50, '0.5%'],
    [100, '1%'],
    [1_225, '12.25%'],
    [10_000, '100%'],
  ])('writes %d parts of 10,000 as %s', (share, text) => expect(formatShare(share)).toBe(text))

  it('writes what parseShare reads back as the same number', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), (share) => {
        expect(parseShare(formatShare(share))).toBe(share)
      }),
    )
  })

  it.each([-1, 0.5, Number.NaN])('takes %d for a mistake of the programmer', (share) =>
    expect(() => formatShare(share)).toThrow(RangeError),
  )
})
