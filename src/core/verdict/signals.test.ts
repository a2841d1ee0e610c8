import { describe, expect, it } from 'vitest'
import type { Signal } from '../trial.ts'
import { judgeSignal, type TimedReading } from './signals.ts'

const SIGNAL: Signal = {
  name: 'payment errors',
  source: { kind: 'http', url: 'http://127.0.0.1/' },
  when: 'above',
  threshold: 5,
  forMs: 60_000,
  everyMs: 10_000,
  timeoutMs: 2_000,
}
const AT = 1_000_000

/** One reading each ten seconds, the last of them now; a text is why it is unknown, `null` that none was taken. */
function judge(values: readonly (number | string | null)[], changes: Partial<Signal> = {}, laterMs = 0) {
  const readings = values.flatMap((value, index): TimedReading[] => {
    const at = AT - (values.length - 1 - index) * SIGNAL.everyMs
    if (value === null) return []
    return [{ at, reading: typeof value === 'number' ? { value } : { unknown: value } }]
  })
  return judgeSignal({ ...SIGNAL, ...changes }, readings, AT + laterMs)
}

describe('a signal', () => {
  it('is bad once it has been beyond its threshold for its time', () => {
    expect(judge([1, 9, 9, 9, 9, 9, 9, 9.25])).toEqual({
      verdict: 'bad',
      sentence: 'payment errors has been above 5 for 1m: it is 9.25',
    })
    expect(judge([9, 9, 9, 9, 9, 9])).toEqual({
      verdict: 'unknown',
      sentence: 'payment errors is 9, above 5 for 50s of 1m',
    })
  })
  it('is good when its last value is not beyond', () => {
    expect(judge([9, 9, 9, 9, 9, 9, 9, 5])).toEqual({ verdict: 'good', sentence: 'payment errors is 5, not above 5' })
  })
  it('that should not be low is bad when it is', () => {
    expect(judge([1, 1, 1, 1, 1, 1, 1], { when: 'below' }).verdict).toBe('bad')
    expect(judge([9, 9], { when: 'below' }).verdict).toBe('good')
  })
  it('is bad at once where it has no time', () => {
    expect(judge([9], { forMs: 0 })).toEqual({ verdict: 'bad', sentence: 'payment errors has been above 5: it is 9' })
  })
  it('begins anew after a value that was good, or not known', () => {
    expect(judge([9, 9, 9, 1, 9, 9, 9, 9]).verdict).toBe('unknown')
    expect(judge([9, 9, 9, 'no answer', 9, 9, 9, 9]).verdict).toBe('unknown')
  })
  it('begins anew after a gap, which one missing value is not', () => {
    expect(judge([9, 9, 9, null, 9, 9, 9, 9]).verdict).toBe('bad')
    expect(judge([9, 9, 9, null, null, 9, 9, 9]).verdict).toBe('unknown')
  })
  it('is neither good nor bad while it is not known, and the reason is told', () => {
    expect(judge([9, 9, 9, 9, 9, 9, 9, 'no answer within 2s'])).toEqual({
      verdict: 'unknown',
      sentence: 'payment errors is unknown: no answer within 2s',
    })
    expect(judge([])).toEqual({ verdict: 'unknown', sentence: 'payment errors is unknown: it was not read yet' })
    expect(judge([1, 1], {}, 60_000)).toEqual({
      verdict: 'unknown',
      sentence: 'payment errors is unknown: it was not read for 1m',
    })
  })
})
