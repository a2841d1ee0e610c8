// Reads from the journal what served when. Invariant: it costs what is asked for, not how long the past is: operations are read from the moment that
// is asked about, in both directions, until every turn has its beginning and its end.
import type { OperationKind, Scope } from '../core/model.ts'
import {
  type Deed,
  isOf,
  type Move,
  moveAt,
  movesOf,
  type Part,
  type Role,
  STEPS_OF_MOVES,
  type Turn,
  turnsOf,
} from '../core/timeline.ts'
import { WHOLE_SHARE } from '../core/trial.ts'
import { wholeOf } from '../core/transaction-id.ts'
import type { Operation } from '../store/operations.ts'
import type { App } from './app.ts'
import { formerRef, type FormerRef, planOf } from './history.ts'

/** Who did it, and why. */
type By = {
  readonly transaction_id: string
  readonly operation: OperationKind
  readonly actor: string
  readonly reason: string | null
}

/** One of `history` in `astern history --json`. The names are a contract. */
export type TurnEntry = Scope &
  FormerRef & {
    readonly git_revision: string | null
    readonly role: Role
    /** Per cent of the requests, the most that it had; `null`: it rose from none. */
    readonly share: number | null
    /** ISO 8601, UTC. */
    readonly from: string
    /** `null`: it goes on. */
    readonly until: string | null
  } & By & {
    readonly ended: NonNullable<Turn['end']>['how'] | null
    readonly ended_by: By | null
  }

export type Span = { readonly sinceAt: number | null; readonly untilAt: number }

/** Every scope that the journal knows, also those that were removed. */
export function scopesEver(app: App): Scope[] {
  return app.store.operations.scopes()
}

/** Turns that lie in the span, if only in part; those that began last come first. */
export function turnsIn(app: App, scopes: readonly Scope[], span: Span, limit: number): Turn[] {
  const turns = scopes.flatMap((scope) =>
    turnsOf(movesAround(app, scope, span, limit))
      .filter(
        ({ from, end }) => from < span.untilAt && (span.sinceAt === null || end === null || end.at > span.sinceAt),
      )
      .toReversed(),
  )
  return turns.sort((a, b) => b.from - a.from).slice(0, limit)
}

/** What got requests at a moment, with the share that it had then, the greatest first; a scope in which nobody served is left out. */
export function turnsAt(app: App, scopes: readonly Scope[], at: number): Turn[] {
  return scopes.flatMap((scope) => {
    const moves = movesAround(app, scope, { sinceAt: at, untilAt: at }, Number.POSITIVE_INFINITY)
    const parts = moveAt(moves, at)?.parts ?? []
    const covering = turnsOf(moves).filter(({ from, end }) => from <= at && (end === null || end.at > at))
    return parts
      .flatMap((part) => covering.filter((turn) => isOf(turn, part)).map((turn) => ({ ...turn, share: part.share })))
      .sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
  })
}

/** The moves in a span, as far back as the turns began that it touches, or as so many did, and as far on as the last of them ended. */
function movesAround(app: App, scope: Scope, span: Span, limit: number): Move[] {
  const moves = movesBack(app, scope, span, limit)
  const goesOn = (parts: readonly Part[], move: Move) => parts.filter((part) => has(move, part))
  const then = moveAt(moves, span.untilAt)?.parts ?? []
  let open = moves.filter(({ at }) => at > span.untilAt).reduce(goesOn, then)
  for (const operation of app.store.operations.movingAfter(scope, span.untilAt)) {
    if (open.length === 0) break
    const later = deedMoves(app, operation)
    open = later.reduce(goesOn, open)
    moves.push(...later)
  }
  return moves
}

function movesBack(app: App, scope: Scope, { sinceAt, untilAt }: Span, limit: number): Move[] {
  const found: Move[] = []
  let begun = 0
  /** Parts that were served when the span began, and as long before as was read. */
  let older: readonly Part[] | null = null
  for (const operation of app.store.operations.movingBefore(scope, untilAt)) {
    for (const move of deedMoves(app, operation).toReversed()) {
      const next = found.at(-1)
      if (next !== undefined && next.at < untilAt) begun += next.parts.filter((part) => !has(move, part)).length
      if (sinceAt !== null && move.at <= sinceAt) older = (older ?? move.parts).filter((part) => has(move, part))
      found.push(move)
    }
    if (begun >= limit || older?.length === 0) break
  }
  return found.toReversed().sort((a, b) => a.at - b.at)
}

function has({ parts }: Move, part: Part): boolean {
  return parts.some((one) => isOf(one, part))
}

/** One that never got as far as a plan has moved nobody, unless it took everything away. */
function deedMoves(app: App, operation: Operation): Move[] {
  return operation.plan === null && operation.kind !== 'remove' ? [] : movesOf(deedOf(app, operation, STEPS_OF_MOVES))
}

/** `steps`: those of its journal that are wanted; `null`: all. */
export function deedOf(app: App, operation: Operation, steps: readonly string[] | null): Deed {
  const { journal } = app.store
  const { transactionId } = operation
  const events = steps === null ? journal.ofTransaction(transactionId) : journal.ofSteps(transactionId, steps)
  return { ...operation, plan: planOf(operation), events }
}

export function turnEntry(app: App, turn: Turn): TurnEntry {
  const { service, environment, release, role, share, from, end } = turn
  return {
    service,
    environment,
    ...formerRef(app, turn, release),
    git_revision: app.store.releases.get(turn, release)?.gitRevision ?? null,
    role,
    share: share === null ? null : (100 * share) / WHOLE_SHARE,
    from: new Date(from).toISOString(),
    until: end === null ? null : new Date(end.at).toISOString(),
    ...by(turn.deed),
    ended: end?.how ?? null,
    ended_by: end === null ? null : by(end.deed),
  }
}

function by({ transactionId, kind, actor, reason }: Deed): By {
  return { transaction_id: wholeOf(transactionId), operation: kind, actor, reason }
}
