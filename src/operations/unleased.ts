// Operations that hold no lease and move nobody's traffic: building, pushing, verifying, pruning. They go on beside every other operation, and are
// journalled step by step with who asked, and how they ended. Invariant: one that a process died over is ended by the next command (one-offs.ts).
import type { JournalEvent } from '../core/journal-event.ts'
import type { OperationKind, Scope } from '../core/model.ts'
import { isAsternError, reasonOf } from '../core/errors.ts'
import type { App, Asked } from './app.ts'
import { newTransactionId, noteWithoutLease } from './operation.ts'
import { endSession } from './session.ts'

export type Detail = NonNullable<JournalEvent['detail']>

export type Unleased = Scope & {
  readonly transactionId: string
  readonly signal: AbortSignal
  /**
   * Journals that a step begins, does it, and journals how it ended, with what `told` says of its result; `commit` writes in that same transaction.
   * Throws what `work` threw. `check:api` is a step `check`.
   */
  step<T>(
    name: string,
    detail: Detail,
    work: () => Promise<T>,
    told?: (result: T) => Detail,
    commit?: (result: T) => void,
  ): Promise<T>
  /** The release that it is about, once that is known; within the caller's transaction. */
  setRelease(number: number): void
}

/**
 * Does `work`, and journals its end. An error of exit 3 is a refusal, any other a failure; both are thrown on. `told`: what the end says of the result,
 * never a secret. `outcome`: how it ended although nothing was thrown.
 */
export async function unleased<T>(
  app: App,
  scope: Scope,
  kind: OperationKind,
  asked: Asked,
  work: (operation: Unleased) => Promise<T>,
  told: (result: T) => { readonly outcome?: 'succeeded' | 'failed' | 'noop'; readonly detail?: Detail } = () => ({}),
): Promise<{ readonly transactionId: string; readonly durationMs: number; readonly result: T }> {
  const { store, clock } = app
  const { service, environment } = scope
  const transactionId = newTransactionId(app)
  const startedAt = clock.monotonic()
  const record = store.transaction(() => {
    store.oneOffs.openSession({ service, environment, transactionId })
    return noteWithoutLease(app, scope, kind, transactionId, asked)
  })
  let release: number | null = null
  const operation: Unleased = {
    service,
    environment,
    transactionId,
    signal: asked.signal ?? new AbortController().signal,
    setRelease(number) {
      release = number
      store.operations.setRelease(transactionId, number)
    },
    async step(name, detail, work, tell = () => ({}), commit = () => {}) {
      const from = clock.monotonic()
      const note = (status: 'started' | 'succeeded' | 'failed', more: Detail, within = () => {}) =>
        store.transaction(() => {
          within()
          const durationMs = status === 'started' ? {} : { durationMs: clock.monotonic() - from }
          record({
            step: name.split(':')[0]!,
            key: name,
            status,
            release,
            detail: { ...detail, ...more },
            ...durationMs,
          })
        })
      note('started', {})
      try {
        const result = await work()
        note('succeeded', tell(result), () => commit(result))
        return result
      } catch (error) {
        note('failed', failureOf(error))
        throw error
      }
    },
  }
  try {
    const result = await work(operation)
    const { outcome = 'succeeded', detail = {} } = told(result)
    store.transaction(() => endSession(app, transactionId, outcome, detail))
    return { transactionId, durationMs: clock.monotonic() - startedAt, result }
  } catch (error) {
    const refused = isAsternError(error) && error.exit === 3
    store.transaction(() => endSession(app, transactionId, refused ? 'refused' : 'failed', failureOf(error)))
    throw error
  }
}

function failureOf(error: unknown): Detail {
  return { code: isAsternError(error) ? error.code : 'INTERNAL', reason: reasonOf(error) }
}
