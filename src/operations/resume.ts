// Finishes what a process that died has left. Invariant: an operation whose owner lives is never touched.
import { fail } from '../core/errors.ts'
import { type Scope, stepKey } from '../core/model.ts'
import type { Operation as StoredOperation } from '../store/operations.ts'
import type { App } from './app.ts'
import { carryOut, goBack } from './deploy.ts'
import { runSteps } from './executor.ts'
import { planOf } from './history.ts'
import { begin, type Operation, whileLeased } from './operation.ts'
import { finishRemoval } from './remove.ts'
import { whenDone } from './rollback.ts'

/** Operations of the scope without an end whose owner is dead. */
export function abandoned(app: App, scope: Scope): StoredOperation[] {
  const holder = app.store.leases.holder(scope, app.clock.now())
  if (holder !== null && holder.alive) return []
  return app.store.operations.unfinished(scope)
}

/** Brings each abandoned operation to its end. Returns how many there were. */
export async function resumeUnfinished(app: App, scope: Scope): Promise<number> {
  const left = abandoned(app, scope)
  for (const stored of left) await resume(app, stored)
  return left.length
}

async function resume(app: App, stored: StoredOperation): Promise<void> {
  const { store } = app
  const controller = new AbortController()
  const asked = { actor: { name: stored.actor, automated: true }, reason: stored.reason }
  const operation = store.transaction(() => {
    const operation = begin(app, stored, stored.kind, asked, controller, stored)
    operation.record({
      step: 'resume',
      key: 'resume',
      status: 'succeeded',
      release: stored.to,
      level: 'warn',
      attempt: 2,
    })
    return operation
  })
  await whileLeased(app, operation, controller, () => finish(app, operation, stored))
}

async function finish(app: App, operation: Operation, stored: StoredOperation): Promise<void> {
  const { store } = app
  const giveUp = () =>
    operation.commit(() => operation.end('failed', { reason: 'it was interrupted before it began to change anything' }))
  if (stored.kind === 'remove') return finishRemoval(app, operation)
  // The ladder is planned anew from what is true, so there is nothing to go on with.
  const plan = stored.kind === 'ladder' ? null : planOf(stored)
  if (plan === null) return giveUp()
  const events = store.journal.ofTransaction(stored.transactionId)
  const done = new Set(events.filter(({ status }) => status === 'succeeded').map(({ key }) => key))
  // The shift to the target and its proof are ensured once more; taking traffic from everybody, as stop-first did before, is not.
  const shiftKey = stepKey({ kind: 'shift_traffic', release: plan.to })
  const proveKey = stepKey({ kind: 'prove', release: plan.to })
  const steps = plan.steps.map((step) => ({ step, key: stepKey(step) }))
  const left = steps.filter(({ key }) => !done.has(key) || key === shiftKey || key === proveKey).map(({ step }) => step)
  if (stored.kind === 'rollback') {
    await runSteps(app, operation, left, { attempt: 2, ...whenDone(app, operation, plan, stored.reason) })
    return
  }
  const wasGoingBack = events.some(({ status }) => status === 'failed')
  if (events.some(({ key }) => key === shiftKey) && !wasGoingBack)
    await carryOut(app, operation, plan, { attempt: 2, steps: left })
  else await goBack(app, operation, plan, fail('INTERRUPTED', { serving: 'the former release' }))
}
