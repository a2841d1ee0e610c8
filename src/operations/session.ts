// Operations that hold no lease: commands that people run beside everything else. They are journalled with who, where and what, and how they ended;
// never with what they read or wrote.
import type { JournalEvent } from '../core/journal-event.ts'
import type { OperationKind, Outcome, Release } from '../core/model.ts'
import { isAsternError, reasonOf } from '../core/errors.ts'
import type { CommandEnd } from '../ports/session.ts'
import type { App, Asked } from './app.ts'
import { newTransactionId, NO_EPOCH, noteWithoutLease, recordEnd, recorder } from './operation.ts'
import { hiderOf } from './replica-spec.ts'

export type CommandAsked = Asked & { readonly argv: readonly string[] }

export type CommandAnswer = CommandEnd & { readonly transactionId: string; readonly durationMs: number }

/** Journals that a command begins, runs it, and journals how it ended. Throws what `work` threw. `within` is part of the first commit. */
export async function inSession(
  app: App,
  kind: Extract<OperationKind, 'exec' | 'run'>,
  release: Release,
  asked: CommandAsked,
  work: (transactionId: string) => Promise<CommandEnd>,
  within: { readonly place: string | null; readonly begin?: (transactionId: string) => void },
): Promise<CommandAnswer> {
  const { store, clock } = app
  const { service, environment, number } = release
  const transactionId = newTransactionId(app)
  const startedAt = clock.monotonic()
  const hide = hiderOf(app, release, number)
  const detail = { ...(within.place === null ? {} : { replica: within.place }), argv: asked.argv.map(hide) }
  const step = { step: kind, key: kind, release: number } as const
  const record = store.transaction(() => {
    const record = noteWithoutLease(app, release, kind, transactionId, asked)
    store.operations.setRelease(transactionId, number)
    store.oneOffs.openSession({ service, environment, transactionId })
    within.begin?.(transactionId)
    record({ ...step, status: 'started', detail })
    return record
  })
  const end = (status: 'succeeded' | 'failed', told: JournalEvent['detail']): number => {
    const durationMs = clock.monotonic() - startedAt
    store.transaction(() => {
      record({ ...step, status, durationMs, detail: { ...detail, ...told } })
      endSession(app, transactionId, status, told)
    })
    return durationMs
  }
  try {
    const ended = await work(transactionId)
    const { exitCode, oomKilled, timedOut } = ended
    const told = {
      exit_code: exitCode,
      ...(oomKilled ? { oom_killed: true } : {}),
      ...(timedOut ? { timed_out: true } : {}),
    }
    const durationMs = end(exitCode === 0 && !timedOut ? 'succeeded' : 'failed', told)
    return { ...ended, transactionId, durationMs }
  } catch (error) {
    end('failed', { code: isAsternError(error) ? error.code : 'INTERNAL', reason: hide(reasonOf(error)) })
    throw error
  }
}

/** Within a transaction. Ending what has ended changes nothing. */
export function endSession(app: App, transactionId: string, outcome: Outcome, detail: JournalEvent['detail']): void {
  const { store } = app
  store.oneOffs.closeSession(transactionId)
  const operation = store.operations.get(transactionId)
  if (operation === null || operation.endedAt !== null) return
  // A command that fails is not Astern's failure.
  const level = outcome === 'failed' ? 'warn' : 'info'
  const record = recorder(app, { ...operation, epoch: NO_EPOCH })
  recordEnd(app, transactionId, record, { outcome, release: operation.to, level, detail })
}
