// The one loop that runs effects: intent durable, effect ensured, result durable.
import { isAsternError, reasonOf } from '../core/errors.ts'
import { releaseName, type Step } from '../core/model.ts'
import { stepKey } from '../core/step-key.ts'
import type { Plan } from '../core/plan.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'
import { redacted } from './replica-spec.ts'
import { effect, intent, result } from './steps.ts'

export type RunOptions = {
  /** The first step's `started` is already committed, together with what came before it. */
  readonly firstStarted?: boolean
  /** Runs within the commit that says that a step succeeded. */
  readonly after?: (step: Step) => void
  /** Runs within the commit that says that the last step succeeded. */
  readonly atLast?: () => void
  /** Steps that succeeded before a crash are tried again under the next attempt's number. */
  readonly attempt?: number
}

/**
 * Runs steps in their order. A step's success and the start of the next are one commit. Throws what the first failing step threw, after
 * journalling it.
 */
export async function runSteps(
  app: App,
  operation: Operation,
  steps: readonly Step[],
  options: RunOptions = {},
): Promise<void> {
  const [first] = steps
  if (first === undefined) return
  const { attempt = 1 } = options
  if (options.firstStarted !== true) operation.commit(() => startStep(app, operation, first, attempt))
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1]
    await finishStep(app, operation, step, attempt, () => {
      options.after?.(step)
      if (next === undefined) options.atLast?.()
      else startStep(app, operation, next, attempt)
    })
  }
}

/** `before`: what can be done without any user noticing. */
export function splitWhereUsersMove(steps: readonly Step[]): {
  readonly before: readonly Step[]
  readonly after: readonly Step[]
} {
  const at = steps.findIndex(({ kind }) => kind === 'shift_traffic')
  const before = at < 0 ? steps : steps.slice(0, at)
  return { before, after: steps.slice(before.length) }
}

/** Within a commit: the plan, and the intent of its first step. */
export function startPlan(app: App, operation: Operation, plan: Plan, planMs: number): void {
  app.store.operations.setPlan(operation.transactionId, plan.from, plan.to, JSON.stringify(plan))
  operation.durations.set('plan', planMs)
  const detail = {
    from: plan.from === null ? null : releaseName(plan.from),
    to: releaseName(plan.to),
    rung: plan.rung,
    strategy: plan.strategy,
  }
  operation.record({ step: 'plan', key: 'plan', status: 'succeeded', release: plan.to, durationMs: planMs, detail })
  startStep(app, operation, plan.steps[0]!)
}

/** Within a commit: the step's intent, and that it has started. */
function startStep(app: App, operation: Operation, step: Step, attempt = 1): void {
  intent(app, operation, step)
  operation.record({ step: step.kind, key: stepKey(step), status: 'started', release: step.release, attempt })
}

async function finishStep(
  app: App,
  operation: Operation,
  step: Step,
  attempt: number,
  afterwards: () => void,
): Promise<void> {
  const startedAt = app.clock.monotonic()
  const spent = () => {
    const durationMs = app.clock.monotonic() - startedAt
    operation.durations.set(step.kind, (operation.durations.get(step.kind) ?? 0) + durationMs)
    return durationMs
  }
  const common = { step: step.kind, key: stepKey(step), release: step.release, attempt }
  try {
    const detail = await attempted(app, operation, step)
    const durationMs = spent()
    operation.commit(() => {
      result(app, operation, step, detail)
      operation.record({ ...common, status: 'succeeded', durationMs, detail })
      afterwards()
    })
  } catch (raw) {
    if (isAsternError(raw, 'LEASE_LOST')) throw raw
    const error = step.release === null ? raw : redacted(app, operation, step.release, raw)
    const durationMs = spent()
    const code = isAsternError(error) ? error.code : 'INTERNAL'
    operation.commit(() =>
      operation.record({ ...common, status: 'failed', durationMs, detail: { code, reason: reasonOf(error) } }),
    )
    throw error
  }
}

/** A program is stopped when the signal aborts, and that is waited for. */
function attempted(app: App, operation: Operation, step: Step): ReturnType<typeof effect> {
  if (step.kind !== 'hook' && step.kind !== 'database_revert')
    return abortable(effect(app, operation, step), operation.signal)
  operation.signal.throwIfAborted()
  return effect(app, operation, step)
}

/** Rejects as soon as the signal aborts: an effect that hangs holds nobody. Its ensure may still come true, which does no harm. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    stop = () => signal.removeEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    stop()
  }
}
