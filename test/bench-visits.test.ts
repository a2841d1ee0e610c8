import { describe, expect, it } from 'vitest'
import { userView, visitsOf } from '../bench/autopilot/visits.ts'
import type { Recorded } from '../bench/load/vegeta-records.ts'

const record = (fields: Partial<Recorded>): Recorded => ({
  version: 'v1.0.0',
  method: 'GET',
  status: 200,
  startedAt: 1_000,
  endedAt: 1_010,
  failure: null,
  ...fields,
})
const noted = (method: string, at: number) =>
  JSON.stringify({ time: new Date(at).toISOString(), msg: 'request failed', method, path: '/', status: 500 })

describe('what a candidate answered', () => {
  it('is what users saw of it, and what the shield replaced', () => {
    const records = [
      record({}),
      record({ version: 'v1.1.0', endedAt: 2_000 }),
      record({ version: 'v1.1.0', method: 'POST', status: 500, endedAt: 3_000 }),
    ]
    const log = ['not JSON', '{"msg":"serving"}', noted('GET', 1_500), noted('POST', 3_000)].join('\n')
    expect(visitsOf(records, log, 'v1.1.0')).toEqual([
      { endedAt: 1_500, status: 500, tookMs: 0 },
      { endedAt: 2_000, status: 200, tookMs: 1_000 },
      { endedAt: 3_000, status: 500, tookMs: 2_000 },
    ])
  })
  it('is counted once where the shield did not help', () => {
    const records = [record({ version: 'v1.1.0', status: 500 })]
    expect(visitsOf(records, noted('GET', 1_009), 'v1.1.0')).toHaveLength(1)
  })
})

describe('what users saw', () => {
  it('tells failures of the stable release from all others', () => {
    const records = [
      record({ status: 500 }),
      record({ status: 0, version: null }),
      record({ status: 503, version: null, method: 'POST' }),
      record({ status: 404, version: 'v1.1.0' }),
      record({}),
    ]
    expect(userView(records, 'v1.0.0')).toEqual({
      sent: 5,
      failedGet: 1,
      failedPost: 1,
      notFound: 1,
      stableFailed: 1,
    })
  })
})
