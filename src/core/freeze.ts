// Freeze windows: `Fri 16:00–Mon 08:00 Asia/Shanghai`, times of the week or of the day in which deploys are refused. Pure: the time is given.
// Invariant: edges are moments of a zone's own clock, so a window may be an hour shorter or longer when daylight saving begins or ends in it.
import { instantOf, offsetMs, zoneNamed } from './zone.ts'

/** A moment of every week, or of every day when `day` is `null`. Sunday is 0; `minute` is that of the day. */
export type FreezeEdge = { readonly day: number | null; readonly minute: number }

/** A time in which deploys are refused, again and again. Both edges name a day, or neither does. */
export type FreezeWindow = {
  /** As it was written. */
  readonly text: string
  readonly from: FreezeEdge
  /** The first moment that is free again. */
  readonly to: FreezeEdge
  /** IANA name, e.g. `Asia/Shanghai`. */
  readonly zone: string
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const WINDOW = /^(?:([a-z]{3}) )?(\d{1,2}):(\d{2}) ?[-–] ?(?:([a-z]{3}) )?(\d{1,2}):(\d{2})(?: (\S+))?$/i
/** What holds when no zone is named: the same wherever the command runs. */
const DEFAULT_ZONE = 'UTC'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MINUTES_OF_DAY = 1_440
const DAYS_OF_WEEK = 7

/** A window, or what is expected of its text. */
export function parseFreezeWindow(text: string): { readonly value: FreezeWindow } | { readonly problem: string } {
  const match = WINDOW.exec(text.trim().replaceAll(/\s+/g, ' '))
  if (match === null)
    return { problem: 'expected a window as in "Fri 16:00–Mon 08:00 Asia/Shanghai", or "22:00–06:00" for every day' }
  const [, fromDay, fromHour, fromMinute, toDay, toHour, toMinute, zone = DEFAULT_ZONE] = match
  const from = edge(fromDay, fromHour!, fromMinute!)
  const to = edge(toDay, toHour!, toMinute!)
  if (typeof from === 'string') return { problem: from }
  if (typeof to === 'string') return { problem: to }
  if ((from.day === null) !== (to.day === null))
    return { problem: 'expected a day on both sides of the dash, or on neither for a window of every day' }
  if (from.day === to.day && from.minute === to.minute)
    return { problem: 'expected a window that ends at another time than it begins' }
  const known = zoneNamed(zone)
  if (known === null) return { problem: `there is no time zone "${zone}"; it is written as in Asia/Shanghai or UTC` }
  return { value: { text, from, to, zone: known } }
}

/** A sentence that says what is wrong, when it is no time of a day. 24:00 is the end of a day. */
function edge(day: string | undefined, hour: string, minute: string): FreezeEdge | string {
  const index = day === undefined ? null : DAYS.findIndex((name) => name === day.toLowerCase())
  if (index === -1) return `there is no day "${day}"; days are Mon, Tue, Wed, Thu, Fri, Sat and Sun`
  const minutes = Number(hour) * 60 + Number(minute)
  if (Number(minute) > 59 || minutes > MINUTES_OF_DAY)
    return `there is no time "${hour}:${minute}"; a day goes from 00:00 to 24:00`
  if (minutes < MINUTES_OF_DAY) return { day: index, minute: minutes }
  return { day: index === null ? null : (index + 1) % DAYS_OF_WEEK, minute: 0 }
}

export type Frozen = { readonly window: FreezeWindow; readonly untilAt: number }

/** The window that holds now; of several the one that ends last. */
export function frozenBy(windows: readonly FreezeWindow[], nowAt: number): Frozen | null {
  const holding = windows.flatMap((window): Frozen[] => {
    const untilAt = endOf(window, nowAt)
    return untilAt === null ? [] : [{ window, untilAt }]
  })
  return holding.sort((a, b) => b.untilAt - a.untilAt)[0] ?? null
}

/** When the window that `nowAt` lies in ends; `null`: it lies in none. */
function endOf(window: FreezeWindow, nowAt: number): number | null {
  const { from, to, zone } = window
  // Midnight of the zone's own day, counted as if it were UTC.
  const today = Math.floor((nowAt + offsetMs(zone, nowAt)) / DAY_MS) * DAY_MS
  const days = from.day === null ? (to.minute <= from.minute ? 1 : 0) : daysBetween(from, to)
  for (let back = 0; back <= DAYS_OF_WEEK; back++) {
    const date = today - back * DAY_MS
    if (from.day !== null && new Date(date).getUTCDay() !== from.day) continue
    const start = instantOf(zone, date + from.minute * MINUTE_MS, 'first')
    const end = instantOf(zone, date + days * DAY_MS + to.minute * MINUTE_MS, 'last')
    if (start <= nowAt && nowAt < end) return end
  }
  return null
}

function daysBetween(from: FreezeEdge, to: FreezeEdge): number {
  const days = (to.day! - from.day! + DAYS_OF_WEEK) % DAYS_OF_WEEK
  return days === 0 && to.minute <= from.minute ? DAYS_OF_WEEK : days
}

/** `2026-04-06 08:00 Asia/Shanghai` */
export function formatInZone(at: number, zone: string): string {
  const [date, time] = new Date(at + offsetMs(zone, at)).toISOString().split('T')
  return `${date} ${time!.slice(0, 5)} ${zone}`
}
