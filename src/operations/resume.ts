// Finishes what a process that died has left. Invariant: an operation whose owner lives is never touched.
import { type AsternError, fail } from '../core/errors.ts'
import type { Scope } from '../core/model.ts'
import type { Operation as StoredOperation } from '../store/operations.ts'
import type { App } from './app.ts'
import { carryOutBakeEnd } from './bake.ts'
import { carryOut, goBack } from './deploy.ts'
import { finishSet, isOfSet } from './deploy-set.ts'
import { mustGoOn, planOf, stepsLeft } from './history.ts'
import { wholeOf } from '../core/transaction-id.ts'
import { begin, type Operation, whileAllLeased, whileLeased } from './operation.ts'
import { finishRemoval } from './remove.ts'
import { takeBack, whenDone } from './rollback.ts'
import { finishScale } from './scale.ts'

/** Operations of the scope without an end whose owner is dead. */
export function abandoned(app: App, scope: Scope): StoredOperation[] {
  const holder = app.store.leases.holder(scope, app.clock.now())
  if (holder !== null && holder.alive) return []
  return app.store.operations.unfinished(scope)
}

/** Brings each abandoned operation to its end. Returns how many there were. `onFailed` hears of a deploy that failed by more than its interruption. */
export async function resumeUnfinished(
  app: App,
  scope: Scope,
  onFailed: (error: AsternError) => void = () => {},
): Promise<number> {
  const left = abandoned(app, scope)
  for (const stored of left) {
    if (app.store.operations.get(stored.transactionId)?.outcome !== null) continue // its set took it along
    const error = isOfSet(stored) ? await resumeSet(app, stored) : await resume(app, stored)
    if (error !== null && error.code === 'DEPLOY_FAILED') onFailed(error)
  }
  return left.length
}

/** All that is left of its set, as one. A service that another process has taken over from is not touched. */
async function resumeSet(app: App, stored: StoredOperation): Promise<AsternError | null> {
  const { store } = app
  const parts = store.operations
    .parts(wholeOf(stored.transactionId))
    .filter((part) => part.outcome === null && abandoned(app, part).length > 0)
    .map((part) => ({ stored: part, ...takeUp(app, part) }))
  return whileAllLeased(app, parts, () => finishSet(app, parts))
}

async function resume(app: App, stored: StoredOperation): Promise<AsternError | null> {
  const { operation, controller } = takeUp(app, stored)
  return whileLeased(app, operation, controller, () => finish(app, operation, stored))
}

function takeUp(app: App, stored: StoredOperation): { operation: Operation; controller: AbortController } {
  const { store } = app
  const controller = new AbortController()
  const asked = { actor: { name: stored.actor, automated: true }, reason: stored.reason }
  const operation = store.transaction(() => {
    const operation = begin(app, stored, stored.kind, asked, controller, {
      transactionId: stored.transactionId,
      resumed: true,
    })
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
  return { operation, controller }
}

async function finish(app: App, operation: Operation, stored: StoredOperation): Promise<AsternError | null> {
  const { store } = app
  const giveUp = () => {
    operation.commit(() => operation.end('failed', { reason: 'it was interrupted before it began to change anything' }))
    return null
  }
  if (stored.kind === 'remove') {
    await finishRemoval(app, operation)
    return null
  }
  if (stored.kind === 'scale') {
    finishScale(app, operation)
    return null
  }
  // The ladder is planned anew from what is true, and takes away what a search has started: there is nothing to go on with.
  const plan = stored.kind === 'ladder' || stored.kind === 'bisect' ? null : planOf(stored)
  if (plan === null) return giveUp()
  if (plan.endsBake === true) {
    await carryOutBakeEnd(app, operation, plan.steps, { attempt: 2 })
    return null
  }
  const events = store.journal.ofTransaction(stored.transactionId)
  const left = stepsLeft(events, plan)
  if (stored.kind === 'rollback') {
    await takeBack(app, operation, plan, left, { attempt: 2, ...whenDone(app, operation, plan, stored.reason) })
    return null
  }
  const wasGoingBack = events.some(({ status }) => status === 'failed')
  const { error } =
    mustGoOn(events, plan) && !wasGoingBack
      ? await carryOut(app, operation, plan, { attempt: 2, steps: left })
      : await goBack(app, operation, plan, fail('INTERRUPTED', { serving: 'the former release' }))
  return error
}
