// Decides which tick of a schedule is to be started now. Pure: whoever knows calendars says when the ticks are.

/** A tick is started so late at most. What is older was missed: it is not made up for, but said. */
export const LATE_MS = 60_000
/** Missed ticks are counted up to here. */
const MOST_MISSED = 1_000

/** Ticks after `afterAt` and not after `untilAt`, in their order, `most` at most. */
export type Ticks = (afterAt: number, untilAt: number, most: number) => readonly number[]

export type Missed = { readonly count: number; readonly firstAt: number; readonly lastAt: number }
export type Turn = { readonly dueAt: number | null; readonly missed: Missed | null }

export type TurnAsked = {
  readonly nowAt: number
  /** The last tick that something was decided for, not after now; `null`: none yet. */
  readonly lastTickAt: number | null
  /** When the release whose turn it is began to serve. */
  readonly activeAt: number
}

/** A release has the ticks since it began to serve, and those that came while the switch to it was made. */
export function turnOf({ nowAt, lastTickAt, activeAt }: TurnAsked, ticks: Ticks): Turn {
  const fromAt = lastTickAt === null ? activeAt : Math.max(lastTickAt, activeAt - LATE_MS)
  const lateAt = Math.max(fromAt, nowAt - LATE_MS)
  const missed = fromAt < lateAt ? ticks(fromAt, lateAt, MOST_MISSED) : []
  const [dueAt = null, ...passedOver] = ticks(lateAt, nowAt, MOST_MISSED).toReversed()
  const all = [...missed, ...passedOver.toReversed()]
  const [firstAt] = all
  return {
    dueAt,
    missed: firstAt === undefined ? null : { count: all.length, firstAt, lastAt: all.at(-1)! },
  }
}
