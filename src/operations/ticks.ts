// When a schedule's ticks are. Pure: the calendar and the time zones are the runtime's own. Where clocks change, a time that does not exist is the
// moment after the gap, and a time that exists twice ticks once; `*` in the field of the hour ticks in both.
import { Cron } from 'croner'
import type { Schedule } from '../core/model.ts'
import type { Ticks } from '../core/schedule.ts'

/** After `afterAt`; `null`: never again. */
export function nextTick({ cron, timeZone }: Schedule, afterAt: number): number | null {
  const calendar = new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true })
  return calendar.nextRun(new Date(afterAt))?.getTime() ?? null
}

export function ticksOf({ cron, timeZone }: Schedule): Ticks {
  const calendar = new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true })
  return (afterAt, untilAt, most) => {
    const ticks: number[] = []
    let at = calendar.nextRun(new Date(afterAt))?.getTime() ?? null
    while (at !== null && at <= untilAt && ticks.length < most) {
      ticks.push(at)
      at = calendar.nextRun(new Date(at))?.getTime() ?? null
    }
    return ticks
  }
}
