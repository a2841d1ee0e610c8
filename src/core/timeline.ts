// What served when, read from the journal: operations go in, turns come out. Pure.
// A turn is the time in which a release had one role: it got requests as the active release, as a candidate with its share, or as the standby that
// keeps a share while another bakes. A turn begins when the journal says so, durably: from then on a proxy that starts anew serves it too.
import type { JournalEvent } from './journal-event.ts'
import type { OperationKind, Outcome, Scope, Step } from './model.ts'
import type { Plan } from './plan.ts'
import { stepKey } from './step-key.ts'
import { WHOLE_SHARE } from './trial.ts'

/** An operation with what the journal says of it: at least of STEPS_OF_MOVES, in their order. */
export type Deed = Scope & {
  readonly transactionId: string
  readonly kind: OperationKind
  readonly actor: string
  readonly reason: string | null
  /** `null`: it never got that far. */
  readonly plan: Plan | null
  readonly outcome: Outcome | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly events: readonly JournalEvent[]
}

/** Steps of the journal that turns are read from. */
export const STEPS_OF_MOVES = ['shift_traffic', 'canary', 'drain', 'outcome'] as const

export type Role = 'candidate' | 'active' | 'standby'

/** `share`: of 10,000 requests; `null`: it changes from second to second, as in a ramp. */
export type Part = { readonly release: number; readonly role: Role; readonly share: number | null }

/** From `at` on, requests go to these; to nobody when there are none. */
export type Move = { readonly at: number; readonly parts: readonly Part[]; readonly deed: Deed }

/**
 * `promoted`: it took another role, as a candidate that became active · `replaced`: another release took its place · `rolled_back`: a rollback, or the
 * deploy itself, took it out · `removed`: its service was
 */
export type TurnEnd = {
  readonly at: number
  readonly how: 'promoted' | 'replaced' | 'rolled_back' | 'removed'
  readonly deed: Deed
}

export type Turn = Scope &
  Part & {
    /** The share is the greatest that it had. */
    readonly from: number
    /** Who put it there. */
    readonly deed: Deed
    /** `null`: it has not ended. */
    readonly end: TurnEnd | null
  }

/** The moves of one operation, in their order. */
export function movesOf(deed: Deed): Move[] {
  if (deed.kind === 'remove') return removal(deed)
  const steps = new Map(deed.plan?.steps.map((step) => [stepKey(step), step]))
  return deed.events.flatMap((event) => {
    const parts = partsOf(event, steps.get(event.key))
    return parts === null ? [] : [{ at: Date.parse(event.timestamp), parts, deed }]
  })
}

/** Its traffic is taken from it first, then its containers; one without containers is gone at the end. */
function removal(deed: Deed): Move[] {
  const begun = deed.events.find(({ step }) => step === 'drain') ?? deed.events.find(({ step }) => step === 'outcome')
  return begun === undefined ? [] : [{ at: Date.parse(begun.timestamp), parts: [], deed }]
}

/** Who gets requests from this row of the journal on; `null`: that it does not say. `planned`: the step, unless it is one of the way back. */
function partsOf({ step, status, release, key }: JournalEvent, planned: Step | undefined): readonly Part[] | null {
  if (step === 'canary' && status === 'started' && planned?.kind === 'canary') {
    return [
      { release: planned.against, role: 'active', share: WHOLE_SHARE - planned.share },
      { release: planned.release, role: 'candidate', share: planned.share },
    ]
  }
  if (step !== 'shift_traffic') return null
  const to = release === null ? null : Number(release.slice(1))
  if (to === null) return status === 'started' ? [] : null
  const shift = planned?.kind === 'shift_traffic' && planned.release === to && stepKey(planned) === key ? planned : null
  if (shift?.ramp !== undefined) {
    // However a ramp ends, the rest goes to the target.
    if (status === 'succeeded' || status === 'failed') return [whole(to)]
    if (status !== 'started') return null
    return [
      { release: shift.ramp.from, role: 'active', share: null },
      { release: to, role: 'standby', share: null },
    ]
  }
  if (status !== 'started') return null
  if (shift?.holdback === undefined) return [whole(to)]
  const { holdback } = shift
  return [
    { release: holdback.release, role: 'standby', share: holdback.share },
    { release: to, role: 'active', share: WHOLE_SHARE - holdback.share },
  ]
}

function whole(release: number): Part {
  return { release, role: 'active', share: WHOLE_SHARE }
}

/** Turns of one scope, in the order in which they began. `moves`: in their order; who served before the first of them is not known. */
export function turnsOf(moves: readonly Move[]): Turn[] {
  const turns: Turn[] = []
  /** Places in `turns` of those that go on. */
  let open: number[] = []
  for (const move of moves) {
    const { at, parts, deed } = move
    const still: number[] = []
    for (const place of open) {
      const turn = turns[place]!
      const now = parts.find((part) => isOf(turn, part))
      if (now === undefined) turns[place] = { ...turn, end: { at, how: howEnded(turn, move), deed } }
      else {
        still.push(place)
        turns[place] = { ...turn, share: greater(turn.share, now.share) }
      }
    }
    for (const part of parts.filter((part) => !still.some((place) => isOf(turns[place]!, part)))) {
      const { service, environment } = deed
      still.push(turns.push({ service, environment, ...part, from: at, deed, end: null }) - 1)
    }
    open = still
  }
  return turns
}

export function isOf(turn: Part, part: Part): boolean {
  return turn.release === part.release && turn.role === part.role
}

function greater(one: number | null, other: number | null): number | null {
  return one === null ? other : other === null ? one : Math.max(one, other)
}

function howEnded(turn: Turn, { parts, deed }: Move): TurnEnd['how'] {
  const now = parts.find(({ release }) => release === turn.release)
  if (now !== undefined) return now.role === 'active' ? 'promoted' : 'replaced'
  if (deed.kind === 'remove') return 'removed'
  if (deed.kind === 'rollback') return deed.plan?.to === turn.release ? 'replaced' : 'rolled_back'
  // Its own deploy takes it out again.
  return deed.plan?.to === turn.release ? 'rolled_back' : 'replaced'
}

/** The move that holds at a moment; `null`: nobody had served by then. `moves`: in their order. */
export function moveAt(moves: readonly Move[], at: number): Move | null {
  return moves.findLast((move) => move.at <= at) ?? null
}
