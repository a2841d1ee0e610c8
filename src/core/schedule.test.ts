import { describe, expect, it } from 'vitest'
import { LATE_MS, type Ticks, turnOf } from './schedule.ts'

const MINUTE_MS = 60_000
const every =
  (stepMs: number): Ticks =>
  (afterAt, untilAt, most) => {
    const ticks: number[] = []
    for (let at = (Math.floor(afterAt / stepMs) + 1) * stepMs; at <= untilAt && ticks.length < most; at += stepMs)
      ticks.push(at)
    return ticks
  }
const tenMinutes = every(10 * MINUTE_MS)
const at = (minutes: number, seconds = 0) => minutes * MINUTE_MS + seconds * 1_000

describe('a schedule’s turn', () => {
  it('comes with its tick, and not before', () => {
    const asked = { lastTickAt: at(10), activeAt: 0 }
    expect(turnOf({ ...asked, nowAt: at(19, 59) }, tenMinutes)).toEqual({ dueAt: null, missed: null })
    expect(turnOf({ ...asked, nowAt: at(20) }, tenMinutes)).toEqual({ dueAt: at(20), missed: null })
  })

  it('is over once something was decided for the tick', () => {
    expect(turnOf({ nowAt: at(20, 1), lastTickAt: at(20), activeAt: 0 }, tenMinutes)).toEqual({
      dueAt: null,
      missed: null,
    })
  })

  it('may come a little late, and later it was missed', () => {
    const asked = { lastTickAt: at(10), activeAt: 0 }
    expect(turnOf({ ...asked, nowAt: at(20) + LATE_MS - 1 }, tenMinutes).dueAt).toBe(at(20))
    expect(turnOf({ ...asked, nowAt: at(20) + LATE_MS }, tenMinutes)).toEqual({
      dueAt: null,
      missed: { count: 1, firstAt: at(20), lastAt: at(20) },
    })
  })

  it('tells all that was missed as one, beside what is due', () => {
    expect(turnOf({ nowAt: at(50, 5), lastTickAt: at(10), activeAt: 0 }, tenMinutes)).toEqual({
      dueAt: at(50),
      missed: { count: 3, firstAt: at(20), lastAt: at(40) },
    })
  })

  it('comes once when several ticks are not too late', () => {
    const turn = turnOf({ nowAt: at(1, 10), lastTickAt: at(0), activeAt: 0 }, every(30_000))
    expect(turn).toEqual({ dueAt: at(1), missed: { count: 1, firstAt: at(0, 30), lastAt: at(0, 30) } })
  })

  it('has no tick from before its release served', () => {
    expect(turnOf({ nowAt: at(25), lastTickAt: null, activeAt: at(24) }, tenMinutes).missed).toBeNull()
    expect(turnOf({ nowAt: at(45), lastTickAt: at(10), activeAt: at(44) }, tenMinutes).missed).toBeNull()
  })

  it('has the tick that came while the switch was made', () => {
    const asked = { nowAt: at(20, 31), activeAt: at(20, 30) }
    expect(turnOf({ ...asked, lastTickAt: at(10) }, tenMinutes).dueAt).toBe(at(20))
    expect(turnOf({ ...asked, lastTickAt: null }, tenMinutes).dueAt).toBeNull()
  })
})
