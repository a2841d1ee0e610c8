import { describe, expect, it } from 'vitest'
import { engineDeadlineMs } from './health.ts'

const SECOND = 1e9

describe('the time that an engine has to judge a container by its HEALTHCHECK', () => {
  it('follows what the image says', () => {
    const check = { Interval: SECOND, Timeout: 2 * SECOND, StartPeriod: 5 * SECOND, Retries: 4 }
    expect(engineDeadlineMs(check)).toBe(5_000 + 5 * 3_000)
  })
  it('is that of the defaults of the engine where the image says nothing', () => {
    expect(engineDeadlineMs({ Test: ['CMD', '/check'], Interval: 0 })).toBe(4 * 60_000)
    expect(engineDeadlineMs(null)).toBe(4 * 60_000)
  })
})
