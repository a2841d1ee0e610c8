// A rollback as it is asked for at the command line, and as it travels to the daemon and back. Light: a client loads no more than this.
import { type AsternError, type Details, type ErrorCode, fail, isAsternError } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import type { Actor } from '../core/model.ts'
import type { Force } from '../core/plan-rollback.ts'
import type { Answered } from '../operations/answer.ts'
import type { Head } from '../operations/history.ts'
import type { ScopeAsked } from '../operations/known-scopes.ts'

export type RollbackMessage = {
  readonly scope: ScopeAsked
  readonly to: string | null
  readonly force: readonly Force[]
  readonly reason: string | null
  readonly actor: Actor
  readonly rampMs?: number
  readonly revertDatabase?: true
}

export type Watching = {
  readonly onHead: (head: Head) => void
  readonly onEvent: (event: JournalEvent) => void
  /** Aborted when what takes its time on purpose is to be done at once. */
  readonly hurry: AbortSignal
}

/** An error as it travels. */
export type WireError = { readonly code: ErrorCode; readonly details: Details; readonly cause: WireError | null }

export function toWire(error: AsternError): WireError {
  return { code: error.code, details: error.details, cause: isAsternError(error.cause) ? toWire(error.cause) : null }
}

export function fromWire(error: WireError): AsternError {
  return fail(error.code, error.details, error.cause === null ? undefined : fromWire(error.cause))
}

export type WireAnswered = Omit<Answered, 'error'> & { readonly error: WireError | null }

/** What may follow a request: Ctrl-C was pressed. */
export const HURRY = '"hurry"\n'

/** The daemon's lines: one JSON object each. */
export type Reply =
  | { readonly head: Head }
  | { readonly event: JournalEvent }
  | { readonly answered: WireAnswered }
  | { readonly thrown: WireError }
