import { describe, expect, it } from 'vitest'
import { type MomentUse, parseMoment } from './moment.ts'

const nowAt = Date.UTC(2026, 10, 1, 12)

function parse(text: string, zone = 'Europe/Berlin', use: MomentUse = 'at') {
  const parsed = parseMoment(text, { nowAt, zone, use })
  return 'at' in parsed ? new Date(parsed.at).toISOString() : parsed.problem
}

describe('a moment', () => {
  it.each([
    ['2026-04-05 10:00', '2026-04-05T08:00:00.000Z'],
    ['2026-04-05T10:00:30', '2026-04-05T08:00:30.000Z'],
    ['2026-04-05 10:00:30.5', '2026-04-05T08:00:30.500Z'],
    ['2026-04-05T10:23:45.120Z', '2026-04-05T10:23:45.120Z'],
    ['2026-04-05 10:00Z', '2026-04-05T10:00:00.000Z'],
    ['2026-04-05 10:00 UTC', '2026-04-05T10:00:00.000Z'],
    ['2026-04-05 10:00 +08:00', '2026-04-05T02:00:00.000Z'],
    ['2026-04-05T10:00-0330', '2026-04-05T13:30:00.000Z'],
    ['2026-04-05 10:00 Asia/Shanghai', '2026-04-05T02:00:00.000Z'],
    ['  2026-04-05   9:05 ', '2026-04-05T07:05:00.000Z'],
    ['2h', '2026-11-01T10:00:00.000Z'],
    ['30d', '2026-10-02T12:00:00.000Z'],
  ])('is read from %s', (text, at) => expect(parse(text)).toBe(at))

  it('is of the zone of who writes it, unless it names another', () => {
    expect(parse('2026-04-05 10:00', 'Asia/Shanghai')).toBe('2026-04-05T02:00:00.000Z')
    expect(parse('2026-04-05 10:00 Z', 'Asia/Shanghai')).toBe('2026-04-05T10:00:00.000Z')
  })

  it.each([
    'yesterday',
    '10:00',
    '2026-4-5 10:00',
    '05/04/2026 10:00',
    '2026-04-05 10',
    '1775383200',
    '',
    '2026-04-05 10:00 PM Z',
  ])('is not guessed from %j', (text) => expect(parse(text)).toEqual({ kind: 'malformed' }))

  it('has to be in the calendar and on the clock', () => {
    expect(parse('2026-02-30 10:00')).toEqual({ kind: 'no_such_day' })
    expect(parse('2026-13-01 10:00')).toEqual({ kind: 'no_such_day' })
    expect(parse('2026-04-05 24:00')).toEqual({ kind: 'no_such_time' })
    expect(parse('2026-04-05 10:61')).toEqual({ kind: 'no_such_time' })
    expect(parse('2026-04-05 10:00 Mars/Olympus')).toEqual({ kind: 'zone_unknown', zone: 'Mars/Olympus' })
    expect(parse('2026-04-05 10:00 +25:00')).toEqual({ kind: 'zone_unknown', zone: '+25:00' })
  })

  it('is not one that the clocks left out, or showed twice, unless the offset tells which', () => {
    expect(parse('2026-03-29 02:30')).toEqual({ kind: 'skipped', zone: 'Europe/Berlin' })
    expect(parse('2026-10-25 02:30')).toEqual({ kind: 'twice', zone: 'Europe/Berlin', offsets: ['+02:00', '+01:00'] })
    expect(parse('2026-10-25 02:30 +02:00')).toBe('2026-10-25T00:30:00.000Z')
    expect(parse('2026-10-25 02:30 +01:00')).toBe('2026-10-25T01:30:00.000Z')
  })

  it('lies in the past', () => {
    expect(parse('2026-11-01 13:00')).toBe('2026-11-01T12:00:00.000Z')
    expect(parse('2026-11-01 13:01')).toEqual({ kind: 'future' })
    expect(parse('2027-01-01', 'UTC', 'since')).toEqual({ kind: 'future' })
  })

  it('is not a whole day, which an edge of a length of time may be', () => {
    expect(parse('2026-04-05')).toEqual({ kind: 'no_time_of_day' })
    expect(parse('2026-04-05', 'Europe/Berlin', 'since')).toBe('2026-04-04T22:00:00.000Z')
    expect(parse('2026-04-05', 'Europe/Berlin', 'until')).toBe('2026-04-05T22:00:00.000Z')
    expect(parse('2026-11-01', 'Europe/Berlin', 'until')).toBe('2026-11-01T23:00:00.000Z')
  })

  it('begins a day whose midnight the clocks leave out', () => {
    expect(parse('2024-03-31', 'Africa/Cairo', 'since')).toBe('2024-03-30T22:00:00.000Z')
    expect(parse('2024-04-26', 'Africa/Cairo', 'since')).toBe('2024-04-25T22:00:00.000Z')
  })
})
