import { describe, expect, it } from 'vitest'
import { type FreezeWindow, formatInZone, frozenBy, parseFreezeWindow } from './freeze.ts'

function windowOf(text: string): FreezeWindow {
  const parsed = parseFreezeWindow(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

/** When the freeze ends, in UTC; `null`: deploys are free. */
function until(text: string, now: string): string | null {
  const frozen = frozenBy([windowOf(text)], Date.parse(now))
  return frozen === null ? null : new Date(frozen.untilAt).toISOString()
}

describe('a freeze window', () => {
  it.each([
    ['Fri 16:00–Mon 08:00 Asia/Shanghai', { day: 5, minute: 960 }, { day: 1, minute: 480 }, 'Asia/Shanghai'],
    ['fri 16:00 - mon 8:00 asia/shanghai', { day: 5, minute: 960 }, { day: 1, minute: 480 }, 'Asia/Shanghai'],
    ['22:00-06:00 Europe/Berlin', { day: null, minute: 1320 }, { day: null, minute: 360 }, 'Europe/Berlin'],
    ['22:00-06:00', { day: null, minute: 1320 }, { day: null, minute: 360 }, 'UTC'],
    ['Sat 00:00–Sun 24:00 UTC', { day: 6, minute: 0 }, { day: 1, minute: 0 }, 'UTC'],
  ])('is read from %s', (text, from, to, zone) => {
    expect(windowOf(text)).toEqual({ text, from, to, zone })
  })

  it.each([
    ['weekend', 'expected a window as in'],
    ['Fri 16:00', 'expected a window as in'],
    ['Fri 16:00–08:00 UTC', 'a day on both sides'],
    ['16:00–Mon 08:00 UTC', 'a day on both sides'],
    ['Fre 16:00–Mon 08:00 UTC', 'no day "Fre"'],
    ['Fri 25:00–Mon 08:00 UTC', 'no time "25:00"'],
    ['Fri 16:60–Mon 08:00 UTC', 'no time "16:60"'],
    ['Fri 16:00–Mon 08:00 Asia/Shangai', 'no time zone "Asia/Shangai"'],
    ['Fri 16:00–Fri 16:00 UTC', 'ends at another time'],
    ['00:00–24:00 UTC', 'ends at another time'],
  ])('is not %s', (text, problem) => {
    expect(parseFreezeWindow(text)).toEqual({ problem: expect.stringContaining(problem) })
  })

  // 3 April 2026 is a Friday.
  it.each([
    ['Friday, a minute before', '2026-04-03T07:59:59.999Z', null],
    ['Friday at its beginning', '2026-04-03T08:00:00Z', '2026-04-06T00:00:00.000Z'],
    ['Sunday', '2026-04-05T10:00:00Z', '2026-04-06T00:00:00.000Z'],
    ['Monday, the last moment', '2026-04-05T23:59:59.999Z', '2026-04-06T00:00:00.000Z'],
    ['Monday at its end', '2026-04-06T00:00:00Z', null],
    ['Wednesday', '2026-04-08T12:00:00Z', null],
  ])('of every week, in its zone: %s', (_, now, end) => {
    expect(until('Fri 16:00–Mon 08:00 Asia/Shanghai', now)).toBe(end)
  })

  it.each([
    ['in the evening', '2026-04-03T22:30:00Z', '2026-04-04T06:00:00.000Z'],
    ['in the night', '2026-04-04T05:59:00Z', '2026-04-04T06:00:00.000Z'],
    ['at noon', '2026-04-04T12:00:00Z', null],
  ])('of every day, over midnight: %s', (_, now, end) => {
    expect(until('22:00–06:00', now)).toBe(end)
  })

  it('of a week but an hour has one hour that is free', () => {
    expect(until('Fri 16:00–Fri 15:00 UTC', '2026-04-03T15:30:00Z')).toBeNull()
    expect(until('Fri 16:00–Fri 15:00 UTC', '2026-04-03T14:59:00Z')).toBe('2026-04-03T15:00:00.000Z')
    expect(until('Fri 16:00–Fri 15:00 UTC', '2026-04-03T16:00:00Z')).toBe('2026-04-10T15:00:00.000Z')
  })

  // In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October 2026.
  it.each([
    ['is an hour shorter when clocks go forward in it', '2026-03-28T21:00:00Z', '2026-03-29T04:00:00.000Z'],
    ['is an hour longer when clocks go back in it', '2026-10-24T20:00:00Z', '2026-10-25T05:00:00.000Z'],
    ['keeps to the clock in summer', '2026-07-01T20:00:00Z', '2026-07-02T04:00:00.000Z'],
    ['keeps to the clock in winter', '2026-12-01T21:00:00Z', '2026-12-02T05:00:00.000Z'],
  ])('%s', (_, now, end) => {
    expect(until('22:00–06:00 Europe/Berlin', now)).toBe(end)
  })

  it('ends later when its end is left out, and at the second one when its end comes twice', () => {
    expect(until('22:00–02:30 Europe/Berlin', '2026-03-29T00:59:00Z')).toBe('2026-03-29T01:30:00.000Z')
    expect(until('22:00–02:30 Europe/Berlin', '2026-10-25T00:45:00Z')).toBe('2026-10-25T01:30:00.000Z')
    expect(until('22:00–02:30 Europe/Berlin', '2026-10-25T01:30:00Z')).toBeNull()
  })

  it('that ends last is named when several hold', () => {
    const windows = ['22:00–06:00 UTC', 'Fri 16:00–Mon 08:00 UTC'].map(windowOf)
    expect(frozenBy(windows, Date.parse('2026-04-03T23:00:00Z'))).toMatchObject({ window: { text: windows[1]!.text } })
    expect(frozenBy([], 0)).toBeNull()
  })

  it('tells its end by its own clock', () => {
    expect(formatInZone(Date.parse('2026-04-06T00:00:00Z'), 'Asia/Shanghai')).toBe('2026-04-06 08:00 Asia/Shanghai')
  })
})
