import { describe, expect, it } from 'vitest'
import { bucketQuantile, slowerThanEdges } from './latency.ts'

const buckets = [10, 20, 30, 40, 0, 0, 0, 0, 0, 0, 5]

describe('latency', () => {
  it('counts what is slower than each edge', () => {
    expect(slowerThanEdges(buckets)).toEqual({ n: 105, slower: [95, 75, 45, 5, 5, 5, 5, 5, 5, 5] })
  })

  it('spreads answers evenly over their bucket', () => {
    expect(bucketQuantile([0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0], 0.5)).toBe(37.5)
    expect(bucketQuantile([50, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0.75)).toBe(7.5)
  })

  it('knows of the slowest only that they are beyond the last edge', () => {
    expect(bucketQuantile([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], 0.5)).toBe(5_000)
    expect(bucketQuantile([], 0.95)).toBeNull()
  })
})
