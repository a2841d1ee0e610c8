// Shows an operation on a set of services while it runs, and how it ended: each line names its service, since several are on their way at once.
import type { JournalEvent } from '../core/journal-event.ts'
import { type Outcome, scopeName, type Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { SetAnswered } from '../operations/deploy-set.ts'
import { headOf } from '../operations/history.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'
import { headLines } from './head-lines.ts'
import { finished } from './progress.ts'
import { showOutcome } from './show-outcome.ts'

/** Returns how to stop. */
export function showWhileItRuns(
  context: Context,
  app: App,
  scopes: readonly Scope[],
  operation: 'deploy' | 'rollback',
): () => void {
  const known = new Set(scopes.map(scopeName))
  return app.store.journal.listen((event: JournalEvent) => {
    if (event.operation !== operation || !known.has(scopeName(event))) return
    if (context.json) {
      context.print(JSON.stringify(event))
      return
    }
    if (event.step === 'plan') {
      const head = headOf(app, event, event.transaction_id)
      for (const line of headLines(context, head, operation)) context.print(line)
    }
    const line = finished(context, event)
    if (line !== null) context.print(labelled(event.service, line))
  })
}

/** The worst of its services decides. */
const WORST_FIRST: readonly number[] = [5, 1, 4, 7, 3, 2]

/** Returns the exit code. */
export async function showSet(
  context: Context,
  set: string,
  operation: 'deploy' | 'rollback',
  { transactionId, answers }: SetAnswered,
): Promise<number> {
  const exits = answers.map(({ exit }) => exit)
  const nothing = answers.every(({ answer }) => answer.outcome === 'noop')
  const exit = WORST_FIRST.find((code) => exits.includes(code)) ?? (nothing && operation === 'rollback' ? 6 : 0)
  const outcomes = answers.map(({ answer }) => answer.outcome)
  const outcome: Outcome =
    outcomes.find((one) => one !== 'succeeded' && one !== 'noop') ?? (nothing ? 'noop' : 'succeeded')
  if (context.json) {
    const services = answers.map(({ answer }) => answer)
    const error = answers.find((one) => one.error !== null && one.exit !== 6)?.answer.error ?? null
    context.print(JSON.stringify({ transaction_id: transactionId, operation, set, outcome, services, error }))
    return exit
  }
  for (const answered of answers) {
    context.print(
      labelled(
        `${answered.answer.service} · ${answered.answer.environment}`,
        context.t(`outcome_${answered.answer.outcome}`),
      ),
    )
    await showOutcome(context, answered)
  }
  return exit
}
