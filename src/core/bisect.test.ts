import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bisect, type Mark } from './bisect.ts'

describe('bisect', () => {
  it('tries the middle first, and ends when nothing is between the last good and the first bad', () => {
    const between = [31, 32, 33, 34, 35]
    expect(bisect(30, 36, between, new Map())).toMatchObject({ next: 33, left: 5, tries: 3 })
    expect(bisect(30, 36, between, new Map([[33, 'good']]))).toMatchObject({ next: 34, good: 33, left: 2 })
    const marks = new Map<number, Mark>([
      [33, 'good'],
      [34, 'bad'],
    ])
    expect(bisect(30, 36, between, marks)).toEqual({ next: null, good: 33, bad: 34, unknown: [], left: 0, tries: 0 })
  })

  it('goes round what nobody can say, and names it when it lies between', () => {
    const marks = new Map<number, Mark>([
      [32, 'skipped'],
      [31, 'good'],
      [33, 'bad'],
    ])
    expect(bisect(30, 34, [31, 32, 33], marks)).toMatchObject({ next: null, good: 31, bad: 33, unknown: [32] })
  })

  it('has nothing to try between neighbours', () => {
    expect(bisect(41, 42, [], new Map())).toMatchObject({ next: null, good: 41, bad: 42 })
  })

  it('finds the first bad one in as few tries as it says, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 60 }),
        fc.nat(),
        (all, at) => {
          const numbers = all.toSorted((a, b) => a - b)
          const [good, ...rest] = numbers as [number, ...number[]]
          const bad = rest.pop()!
          const firstBad = [...rest, bad][at % (rest.length + 1)]!
          const marks = new Map<number, Mark>()
          const most = bisect(good, bad, rest, marks).tries
          for (let now = bisect(good, bad, rest, marks); now.next !== null; now = bisect(good, bad, rest, marks)) {
            marks.set(now.next, now.next >= firstBad ? 'bad' : 'good')
          }
          expect(bisect(good, bad, rest, marks).bad).toBe(firstBad)
          expect(marks.size).toBeLessThanOrEqual(most)
        },
      ),
    )
  })
})
