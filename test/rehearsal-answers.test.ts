// What a record of the load generator says: who answered, and whether a request was failed on purpose or lost.
import { describe, expect, it } from 'vitest'
import { type Answer, endMs, fateOf, lossOf, readAnswer } from './rehearsal/answer.ts'

const record = {
  attack: '',
  seq: 1,
  code: 200,
  timestamp: '2026-11-24T23:53:56.542808847Z',
  latency: 2_307_190,
  bytes_out: 67,
  bytes_in: 0,
  error: '',
  body: null,
  method: 'POST',
  url: 'http://127.0.0.1:18080/orders',
  headers: { 'X-Shop-Version': ['v1.0.0'], 'Content-Length': ['20'] },
}
const read = (change: object) => readAnswer(JSON.stringify({ ...record, ...change }))

const well: Answer = { sentMs: 1_000, tookMs: 2, method: 'GET', code: 200, version: 'v1.0.0', error: '' }
const fate = (change: Partial<Answer>) => fateOf({ ...well, ...change }, 'v1.1.0')
const loss = (change: Partial<Answer>) => lossOf({ ...well, ...change })

describe('a record', () => {
  it('keeps the fraction of a millisecond of its time', () => {
    const answer = read({})
    expect(answer.sentMs).toBeCloseTo(Date.parse('2026-11-24T23:53:56Z') + 542.808847, 3)
    expect(answer.tookMs).toBeCloseTo(2.30719, 6)
    expect(endMs(answer)).toBeCloseTo(answer.sentMs + 2.30719, 3)
  })

  it('is read in any time zone, with a fraction of any length or none', () => {
    const whole = Date.parse('2026-11-24T23:53:56Z')
    expect(read({ timestamp: '2026-11-25T07:53:56.5+08:00' }).sentMs).toBe(whole + 500)
    expect(read({ timestamp: '2026-11-24T23:53:56Z' }).sentMs).toBe(whole)
    expect(() => read({ timestamp: 'yesterday' })).toThrow('not a time: yesterday')
  })

  it('names the version that answered, or that none did', () => {
    expect(read({})).toMatchObject({ version: 'v1.0.0', method: 'POST', code: 200 })
    expect(read({ code: 503, headers: { 'Content-Type': ['text/html'] } }).version).toBeNull()
    expect(read({ code: 0, headers: null, error: 'connection refused' }).version).toBeNull()
  })
})

describe('the fate of a request', () => {
  it('is ok when a version answered it well', () => {
    expect(fate({})).toBe('ok')
    expect(fate({ code: 201, version: 'v1.1.0' })).toBe('ok')
  })

  it('is failed when the bad version failed it, as it was built to', () => {
    expect(fate({ code: 500, version: 'v1.1.0', error: '500 Internal Server Error' })).toBe('failed')
  })

  it('is lost when the proxy answered in place of the service', () => {
    for (const code of [502, 503, 504, 500, 200]) expect(fate({ code, version: null })).toBe('lost')
  })

  it('is lost when there was no answer', () => {
    expect(fate({ code: 0, version: null, error: 'EOF' })).toBe('lost')
  })

  it('is lost when the answer was cut short, whoever gave it', () => {
    expect(fate({ error: 'unexpected EOF' })).toBe('lost')
    expect(fate({ version: 'v1.1.0', error: 'unexpected EOF' })).toBe('lost')
  })

  it('is lost when the good version failed it', () => {
    expect(fate({ code: 500 })).toBe('lost')
  })

  it('is lost when a version failed it otherwise than it was built to', () => {
    for (const code of [400, 404, 502, 503]) expect(fate({ code, version: 'v1.1.0' })).toBe('lost')
  })
})

describe('why a request was lost', () => {
  it('is said without addresses, so that equal reasons are counted together', () => {
    const dial = (port: number) =>
      loss({
        code: 0,
        version: null,
        error: `Get "http://h/": dial tcp 0.0.0.0:0->127.0.0.1:${port}: connect: connection refused`,
      })
    expect(dial(1)).toBe('connection refused')
    expect(dial(2)).toBe(dial(1))
    expect(loss({ code: 0, version: null, error: 'Post "http://h/orders": EOF' })).toBe('EOF')
  })

  it('tells the proxy from the service, and a cut from a refusal', () => {
    expect(loss({ code: 503, version: null })).toBe('503 from the proxy')
    expect(loss({ code: 500 })).toBe('500 from v1.0.0')
    expect(loss({ error: 'unexpected EOF' })).toBe('200 cut short: unexpected EOF')
    expect(loss({ code: 0, version: null, error: 'context deadline exceeded (Client.Timeout exceeded)' })).toBe(
      'no answer in time',
    )
  })
})
