import { describe, expect, it } from 'vitest'
import { nextTick, ticksOf } from './ticks.ts'

function ticks(cron: string, timeZone: string, after: string, most: number): string[] {
  const until = Number.MAX_SAFE_INTEGER
  return ticksOf({ cron, timeZone, timeoutMs: 0 })(Date.parse(after), until, most).map((at) =>
    new Date(at).toISOString().slice(0, 16),
  )
}

describe('the ticks of a schedule', () => {
  it('come after a moment, never at it', () => {
    expect(ticks('0 3 * * *', 'UTC', '2026-04-05T03:00:00Z', 2)).toEqual(['2026-04-06T03:00', '2026-04-07T03:00'])
    expect(ticks('* * * * *', 'UTC', '2026-04-05T03:00:00.001Z', 1)).toEqual(['2026-04-05T03:01'])
  })

  it('are those of their time zone', () => {
    expect(ticks('0 3 * * *', 'Asia/Shanghai', '2026-04-05T00:00:00Z', 1)).toEqual(['2026-04-05T19:00'])
  })

  it('come once on the night that is an hour short, after the gap when their time is in it', () => {
    const night = '2026-03-28T12:00:00Z'
    expect(ticks('30 2 * * *', 'Europe/Berlin', night, 2)).toEqual(['2026-03-29T01:00', '2026-03-30T00:30'])
    expect(ticks('30 3 * * *', 'Europe/Berlin', night, 2)).toEqual(['2026-03-29T01:30', '2026-03-30T01:30'])
  })

  it('come once on the night that is an hour long, though their time is there twice', () => {
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })

  it('come in both hours when every hour has one', () => {
    expect(ticks('30 * * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', 3)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:30',
      '2026-10-25T02:30',
    ])
  })

  it('end with the interval that is asked for', () => {
    const from = Date.parse('2026-04-05T03:00:00Z')
    const schedule = { cron: '*/10 * * * *', timeZone: 'UTC', timeoutMs: 0 }
    expect(ticksOf(schedule)(from, from + 1_200_000, 10)).toEqual([from + 600_000, from + 1_200_000])
    expect(nextTick(schedule, from)).toBe(from + 600_000)
  })
})
