// The one loop that runs effects: intent durable, effect ensured, result durable.
import { isAsternError, reasonOf } from '../core/errors.ts'
import { type Step, stepKey } from '../core/model.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'
import { redacted } from './replica-spec.ts'
import { effect, intent, result, type StepDetail } from './steps.ts'

export type RunOptions = {
  /** The first step's `started` is already committed, together with what came before it. */
  readonly firstStarted?: boolean
  /** Runs within the commit that says that the last step succeeded. */
  readonly atLast?: (detail: StepDetail) => void
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
    await finishStep(app, operation, step, attempt, (detail) => {
      if (next === undefined) options.atLast?.(detail)
      else startStep(app, operation, next, attempt)
    })
  }
}

/** Within a commit: the step's intent, and that it has started. */
export function startStep(app: App, operation: Operation, step: Step, attempt = 1): void {
  intent(app, operation, step)
  operation.record({ step: step.kind, key: stepKey(step), status: 'started', release: step.release, attempt })
}

async function finishStep(
  app: App,
  operation: Operation,
  step: Step,
  attempt: number,
  afterwards: (detail: StepDetail) => void,
): Promise<void> {
  const startedAt = app.clock.monotonic()
  const spent = () => {
    const durationMs = app.clock.monotonic() - startedAt
    operation.durations.set(step.kind, (operation.durations.get(step.kind) ?? 0) + durationMs)
    return durationMs
  }
  const common = { step: step.kind, key: stepKey(step), release: step.release, attempt }
  try {
    const detail = await abortable(effect(app, operation, step), operation.signal)
    const durationMs = spent()
    operation.commit(() => {
      result(app, operation, step)
      operation.record({ ...common, status: 'succeeded', durationMs, detail })
      afterwards(detail)
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
