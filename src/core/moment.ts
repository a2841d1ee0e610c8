// Moments as people write them: "2026-04-05 10:00", with or without a zone, or how long ago. Pure: now and the zone of who writes are given.
// Invariant: what could mean two moments, or none, is a problem and never a guess.
import { parseDuration } from './duration.ts'
import { instantsOf, offsetMs, zoneNamed } from './zone.ts'

/** `at`: one moment · `since`, `until`: an edge of a length of time, for which a day is enough: all of it is meant. */
export type MomentUse = 'at' | 'since' | 'until'

/**
 * `malformed`: nobody can tell · `no_such_day`, `no_such_time`: no calendar or clock has it · `zone_unknown` · `no_time_of_day`: a day has many moments ·
 * `skipped`: clocks went forward over it · `twice`: clocks went back, and showed it twice, at each of these offsets · `future`
 */
export type MomentProblem =
  | { readonly kind: 'malformed' | 'no_such_day' | 'no_such_time' | 'no_time_of_day' | 'future' }
  | { readonly kind: 'zone_unknown' | 'skipped'; readonly zone: string }
  | { readonly kind: 'twice'; readonly zone: string; readonly offsets: readonly string[] }

const MOMENT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)? ?(Z|[+-]\d{2}:?\d{2}|[A-Za-z][\w/+-]*)?$/
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MAX_OFFSET_MINUTES = 14 * 60

export function parseMoment(
  text: string,
  given: { readonly nowAt: number; readonly zone: string; readonly use: MomentUse },
): { readonly at: number } | { readonly problem: MomentProblem } {
  const { nowAt, use } = given
  const words = text.trim().replaceAll(/\s+/g, ' ')
  const ago = parseDuration(words)
  if (ago !== null) return { at: nowAt - ago }
  const match = MOMENT.exec(words)
  if (match === null) return { problem: { kind: 'malformed' } }
  const [, year, month, day, hour, minute, second = '0', fraction = '0', zoneText] = match
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day))
  if (new Date(date).toISOString().slice(0, 10) !== `${year}-${month}-${day}`)
    return { problem: { kind: 'no_such_day' } }
  if (hour === undefined && use === 'at') return { problem: { kind: 'no_time_of_day' } }
  const ofDay =
    hour === undefined
      ? use === 'until'
        ? DAY_MS
        : 0
      : timeOfDay(Number(hour), Number(minute), Number(second), fraction)
  if (ofDay === null) return { problem: { kind: 'no_such_time' } }
  const found = inZone(date + ofDay, zoneText ?? given.zone, hour === undefined)
  if ('at' in found && found.at > nowAt && use !== 'until') return { problem: { kind: 'future' } }
  return found
}

function timeOfDay(hour: number, minute: number, second: number, fraction: string): number | null {
  if (hour > 23 || minute > 59 || second > 59) return null
  return ((hour * 60 + minute) * 60 + second) * 1_000 + Number(fraction.padEnd(3, '0'))
}

/** `wholeDay`: the first moment of the day will do, whatever the clock shows then. */
function inZone(
  local: number,
  zoneText: string,
  wholeDay: boolean,
): { readonly at: number } | { readonly problem: MomentProblem } {
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zoneText)
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3])
    if (Number(offset[3]) > 59 || minutes > MAX_OFFSET_MINUTES)
      return { problem: { kind: 'zone_unknown', zone: zoneText } }
    return { at: local - (offset[1] === '-' ? -1 : 1) * minutes * MINUTE_MS }
  }
  const zone = zoneText === 'Z' ? 'UTC' : zoneNamed(zoneText)
  if (zone === null) return { problem: { kind: 'zone_unknown', zone: zoneText } }
  const [first, second] = instantsOf(zone, local)
  if (first === undefined) {
    return wholeDay ? { at: local - offsetMs(zone, local - DAY_MS) } : { problem: { kind: 'skipped', zone } }
  }
  if (second === undefined || wholeDay) return { at: first }
  return { problem: { kind: 'twice', zone, offsets: [first, second].map((at) => offsetText(local - at)) } }
}

/** `+02:00` */
function offsetText(ms: number): string {
  const minutes = Math.abs(ms) / MINUTE_MS
  const two = (value: number) => String(value).padStart(2, '0')
  return `${ms < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
