import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSize, parseSize, shownSize } from './size.ts'

describe('parseSize', () => {
  it.each([
    ['64b', 64],
    ['512k', 524_288],
    ['128m', 134_217_728],
    ['128M', 134_217_728],
    ['128mb', 134_217_728],
    ['128MiB', 134_217_728],
    ['1.5g', 1_610_612_736],
    ['1t', 1_099_511_627_776],
  ])('reads %s', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  it.each(['', '128', '-1m', 'm', '1x', '1 m b', '99999999999t'])('refuses %j', (text) =>
    expect(parseSize(text)).toBeNull(),
  )
})

describe('formatSize', () => {
  it.each([
    [0, '0b'],
    [1_000, '1000b'],
    [134_217_728, '128m'],
    [1_610_612_736, '1536m'],
    [1_073_741_824, '1g'],
  ])('writes %d bytes as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))

  it('writes what parseSize reads back as the same number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes)
      }),
    )
  })

  it.each([-1, 0.5, Number.NaN])('takes %d for a mistake of the programmer', (bytes) =>
    expect(() => formatSize(bytes)).toThrow(RangeError),
  )
})

describe('shownSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [14_210_000, '14.2 MB'],
    [999_900, '1 MB'],
    [2_000_000_000_000_000, '2000 TB'],
  ])('shows %d bytes as %s', (bytes, text) => expect(shownSize(bytes)).toBe(text))
})
