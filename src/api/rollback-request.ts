// A rollback as it is asked for at the command line, the same whether this process or the daemon carries it out.
import { fail, type Details, type ErrorCode, AsternError, isAsternError } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import type { Actor } from '../core/model.ts'
import type { Force } from '../core/plan-rollback.ts'
import type { Answered } from '../operations/answer.ts'
import type { App } from '../operations/app.ts'
import { type Head, headOf } from '../operations/history.ts'
import { oneScope, type ScopeAsked } from '../operations/known-scopes.ts'
import { rollback } from '../operations/rollback.ts'

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

/** Errors are thrown only with nothing changed. */
export async function performRollback(app: App, message: RollbackMessage, watching: Watching): Promise<Answered> {
  const { store } = app
  const scope = oneScope(store, message.scope)
  const stop = store.journal.listen((event) => {
    if (event.operation !== 'rollback' || event.service !== scope.service || event.environment !== scope.environment)
      return
    if (event.step === 'plan') {
      watching.onHead(headOf(app, scope, event.transaction_id))
    }
    watching.onEvent(event)
  })
  try {
    const { to, reason, actor, rampMs, revertDatabase } = message
    const ramp = rampMs === undefined ? {} : { rampMs }
    const revert = revertDatabase === undefined ? {} : { revertDatabase }
    return await rollback(app, scope, {
      to,
      reason,
      actor,
      force: new Set(message.force),
      hurry: watching.hurry,
      ...ramp,
      ...revert,
    })
  } finally {
    stop()
  }
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
