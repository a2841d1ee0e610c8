// Places and lifts a hold by hand. Neither waits for an operation that runs, nor stops one: a deploy that has not decided yet finds the hold.
import { type AsternError, fail } from '../core/errors.ts'
import type { OperationKind, Outcome, Scope } from '../core/model.ts'
import { type Noop, noopReason } from '../core/plan.ts'
import type { Hold } from '../store/holds.ts'
import { type Answer, errorView, holdView } from './answer.ts'
import type { App, Asked } from './app.ts'
import { newTransactionId, noteWithoutLease, recordEnd } from './operation.ts'
import { NO_REASON } from './rollback.ts'

/** What `hold` and `resume` answer to machines. The names are a contract. */
export type HoldAnswer = Pick<
  Answer,
  'transaction_id' | 'operation' | 'service' | 'environment' | 'outcome' | 'hold'
> & {
  readonly error: Answer['error']
}

export type HoldAnswered = {
  readonly answer: HoldAnswer
  readonly exit: number
  /** The hold that was placed or lifted. */
  readonly hold: Hold | null
  readonly noop: Noop | null
}

/** A hold by hand replaces an earlier one by hand; one that a rollback placed stays beside it. */
export function placeHold(app: App, scope: Scope, asked: Asked): HoldAnswered {
  const { store, clock } = app
  return store.transaction(() => {
    const transactionId = newTransactionId(app)
    const reason = asked.reason ?? NO_REASON
    const by = asked.actor.name
    const hold: Hold = {
      placedBy: 'hand',
      sinceAt: clock.now(),
      by,
      reason,
      release: null,
      backTo: null,
      transactionId,
    }
    store.holds.place(scope, hold)
    note(app, scope, {
      kind: 'hold',
      transactionId,
      asked,
      outcome: 'succeeded',
      step: 'place_hold',
      detail: { reason },
    })
    return answerOf(app, scope, { kind: 'hold', transactionId, outcome: 'succeeded', hold, noop: null })
  })
}

/** Lifts whatever hold there is. A quarantine stays. */
export function liftHold(app: App, scope: Scope, asked: Asked): HoldAnswered {
  const { store } = app
  return store.transaction(() => {
    const transactionId = newTransactionId(app)
    const hold = store.holds.get(scope)
    const noop: Noop | null =
      hold === null ? { outcome: 'noop', active: store.services.get(scope)?.active ?? null, why: 'not_held' } : null
    store.holds.lift(scope)
    const outcome = noop === null ? 'succeeded' : 'noop'
    const detail =
      hold === null ? null : { since: new Date(hold.sinceAt).toISOString(), by: hold.by, reason: hold.reason }
    note(app, scope, { kind: 'resume', transactionId, asked, outcome, step: 'lift_hold', detail })
    return answerOf(app, scope, { kind: 'resume', transactionId, outcome, hold, noop })
  })
}

type Noted = {
  readonly kind: OperationKind
  readonly transactionId: string
  readonly asked: Asked
  readonly outcome: Outcome
  readonly step: string
  readonly detail: Readonly<Record<string, unknown>> | null
}

/** Within the transaction: the whole operation at once. It takes the lease from nobody. */
function note(app: App, scope: Scope, { kind, transactionId, asked, outcome, step, detail }: Noted): void {
  const record = noteWithoutLease(app, scope, kind, transactionId, asked)
  record({ step, key: step, status: outcome === 'noop' ? 'skipped' : 'succeeded', release: null, detail })
  recordEnd(app, transactionId, record, { outcome, release: null, level: 'info', detail: null })
}

function answerOf(
  app: App,
  { service, environment }: Scope,
  given: Pick<Noted, 'kind' | 'transactionId' | 'outcome'> & Pick<HoldAnswered, 'hold' | 'noop'>,
): HoldAnswered {
  const { kind, transactionId, outcome, hold, noop } = given
  const error: AsternError | null = noop === null ? null : fail('NOTHING_TO_DO', { reason: noopReason(noop) })
  return {
    answer: {
      transaction_id: transactionId,
      operation: kind,
      service,
      environment,
      outcome,
      hold: holdView(app.store.holds.get({ service, environment })),
      error: error === null ? null : errorView(error),
    },
    exit: error?.exit ?? 0,
    hold,
    noop,
  }
}
