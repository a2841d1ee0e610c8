import { describe, expect, it } from 'vitest'
import { NO_SPLIT, splitLog, withDrawn } from './split.ts'

const p = (first: number, second: number) => Math.min(1, Math.exp(-splitLog([first, second], 0.5)))

describe('the split', () => {
  it('gives the published p-values', () => {
    expect(p(156, 212)).toBeCloseTo(0.0748645, 7)
    expect(p(100, 201)).toBeCloseTo(5.0606e-6, 10)
    expect(p(100, 101)).toBe(1)
  })

  it('is tested anew at each share, and keeps what was shown before', () => {
    const skewed = withDrawn(NO_SPLIT, 5_000, 100, 201)
    const later = withDrawn(skewed, 1_000, 10, 90)
    expect(later.before).toBeCloseTo(-Math.log(5.0606e-6), 3)
    expect(later.maximum).toBe(skewed.maximum)
  })

  it('says nothing where everything goes to one side', () => {
    expect(withDrawn(NO_SPLIT, 10_000, 500, 0)).toBe(NO_SPLIT)
    expect(withDrawn(NO_SPLIT, 0, 0, 500)).toBe(NO_SPLIT)
  })

  it('stays finite with a billion requests', () => {
    expect(Number.isFinite(withDrawn(NO_SPLIT, 100, 1e7, 1e9).maximum)).toBe(true)
  })
})
