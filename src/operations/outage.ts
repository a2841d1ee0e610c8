// How long nobody was served, where two releases must not run at once: from the intent that nobody is, to the first release that serves again.
// Read from the journal, so that it is right across a crash, too.
import type { JournalEvent } from '../core/journal-event.ts'
import { stepKey } from '../core/step-key.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'

const TO_NOBODY = stepKey({ kind: 'shift_traffic', release: null })

/** At the end of a shift to a release: what the journal keeps of it. `null`: somebody was served all the time. */
export function measured(app: App, operation: Operation): { readonly outage_ms: number } | null {
  // The first shift of a warm rollback reads nothing.
  if (!operation.resumed && !operation.durations.has('shift_traffic')) return null
  let since: string | null = null
  for (const { step, key, status, timestamp } of app.store.journal.ofTransaction(operation.transactionId)) {
    if (key === TO_NOBODY) since ??= timestamp
    else if (step === 'shift_traffic' && status === 'succeeded') since = null
  }
  return since === null ? null : { outage_ms: Math.max(0, app.clock.now() - Date.parse(since)) }
}

/**
 * Within the commit that says that a shift has succeeded: what the next switch is likely to take. A way back waited for what never came, and a crash
 * for whoever resumed it: they tell nothing of that.
 */
export function remember(app: App, operation: Operation, release: number | null, detail: JournalEvent['detail']): void {
  const { operations, services } = app.store
  const outageMs = detail?.['outage_ms']
  if (typeof outageMs !== 'number' || operation.resumed) return
  if (operations.get(operation.transactionId)?.to === release) services.setLastOutage(operation, outageMs)
}

/** Of a whole operation, its way back included; `null`: somebody was served all the time, or nobody is since. */
export function outageOf(events: readonly JournalEvent[]): number | null {
  const all = events.flatMap(({ detail }) => (typeof detail?.['outage_ms'] === 'number' ? [detail['outage_ms']] : []))
  return all.length === 0 ? null : all.reduce((sum, ms) => sum + ms, 0)
}
