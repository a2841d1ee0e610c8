// The arithmetic that every benchmark's numbers go through.
import { array, assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCleanup } from '../bench/cleanup.ts'
import { firstAnswerMs, lastAnswerMs, spansOf } from '../bench/load/answers.ts'
import { readRecord } from '../bench/load/vegeta-records.ts'
import { readNotes, readSums } from '../bench/load/wrk-notes.ts'
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

describe('what users saw of a switch', () => {
  const answers = [
    { version: 'bad', endedAt: 100 },
    { version: 'bad', endedAt: 110 },
    { version: 'old', endedAt: 113 },
    { version: 'bad', endedAt: 114 },
    { version: 'old', endedAt: 120 },
    { version: 'bad', endedAt: 300 },
  ]

  it('is spans of one version, whatever the order in which answers came in', () => {
    expect(spansOf(answers.toReversed())).toEqual([
      { version: 'bad', firstAt: 100, lastAt: 110 },
      { version: 'old', firstAt: 113, lastAt: 113 },
      { version: 'bad', firstAt: 114, lastAt: 114 },
      { version: 'old', firstAt: 120, lastAt: 120 },
      { version: 'bad', firstAt: 300, lastAt: 300 },
    ])
  })

  it('lasts from the command to the first answer of the old and the last one of the bad release', () => {
    const window = { from: 105, to: 200 }
    expect(firstAnswerMs(spansOf(answers), 'old', window)).toBe(8)
    expect(lastAnswerMs(spansOf(answers), 'bad', window)).toBe(9)
  })

  it('is null for a version that did not answer in the window', () => {
    const window = { from: 121, to: 200 }
    expect(firstAnswerMs(spansOf(answers), 'old', window)).toBeNull()
    expect(lastAnswerMs(spansOf(answers), 'bad', window)).toBeNull()
  })

  it('takes no answer after the window for one in it', () => {
    const spans = [{ version: 'bad', firstAt: 90, lastAt: 900 }]
    expect(lastAnswerMs(spans, 'bad', { from: 100, to: 200 })).toBe(100)
  })
})

describe('a record of vegeta', () => {
  const headers = Buffer.from('Content-Type: application/json\r\nX-Shop-Version: v1.0.0\r\n').toString('base64')

  it('says which version answered, and when, to the microsecond', () => {
    const line = `1795566141422024782,200,1500000,0,62,,,,7,GET,http://127.0.0.1:1/products/compass,${headers}`
    const { version, endedAt, failure } = readRecord(line)
    expect({ version, failure }).toEqual({ version: 'v1.0.0', failure: null })
    expect(endedAt).toBeCloseTo(1795566141423.5247, 3)
  })

  it('is a failure with its reason when nobody answered', () => {
    const error =
      'Post ""http://127.0.0.1:1/orders"": read tcp 127.0.0.1:5012->127.0.0.1:1: read: connection reset by peer'
    const line = `1795566141422024782,0,1500000,62,0,"${error}",,,8,POST,http://127.0.0.1:1/orders,`
    expect(readRecord(line)).toMatchObject({ version: null, failure: 'connection reset by peer' })
  })

  it('is a failure when the status says so, whoever answered', () => {
    const line = `1795566141422024782,503,1500000,0,62,503 Service Unavailable,,,9,GET,http://127.0.0.1:1/,${headers}`
    expect(readRecord(line)).toMatchObject({ version: 'v1.0.0', failure: 'status 503' })
  })
})

describe('what wrk has noted', () => {
  it('is spans; the last one goes on', () => {
    const text = 'S v1.1.0 100.000\nE v1.1.0 150.500\nS v1.0.0 151.250\n'
    expect(readNotes(text, 400)).toEqual([
      { version: 'v1.1.0', firstAt: 100, lastAt: 150.5 },
      { version: 'v1.0.0', firstAt: 151.25, lastAt: 400 },
    ])
  })

  it('counts bad statuses and broken connections as failed', () => {
    const sums = '{"requests":1000,"connect":0,"read":3,"write":0,"status":2,"timeout":0}'
    expect(readSums(`Running 30m test\n${sums}\n`)).toEqual({
      sent: 1003,
      failed: 5,
      failures: { 'wrk: read': 3, 'wrk: status': 2 },
    })
    expect(() => readSums('killed')).toThrow('no sums')
  })
})
