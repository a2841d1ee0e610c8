// What an operation does to unfinished ones that it takes over from.
import type { Outcome } from '../core/model.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'

/** Within the commit of an operation that took over: whatever is unfinished beside it has ended. */
export function supersedeUnfinished(app: App, operation: Operation): void {
  const { store, clock } = app
  for (const other of store.operations.unfinished(operation)) {
    if (other.transactionId === operation.transactionId) continue
    const outcome: Outcome = other.kind === 'deploy' || other.kind === 'promote' ? 'rolled_back' : 'failed'
    operation.record({
      step: 'take_over',
      key: `take_over:${other.transactionId}`,
      status: 'succeeded',
      release: other.to,
      detail: { from: other.transactionId, kind: other.kind },
      level: 'warn',
    })
    if (other.to !== null && store.releases.get(operation, other.to)?.state === 'candidate')
      store.releases.markFailed(operation, other.to)
    if (store.trials.open(operation)?.transactionId === other.transactionId && operation.kind !== 'rollback')
      store.trials.end(operation, clock.now(), 'another operation took over')
    store.operations.end(other.transactionId, outcome, clock.now())
  }
}
