// Moves traffic from one release to another step by step. Each step is committed, then ensured, so that whoever resumes goes on where it stood.
// Invariant: however it ends, but for a lost lease, the committed intent is that the target gets everything.
import { isAsternError } from '../core/errors.ts'
import type { Ramp } from '../core/model.ts'
import { FULL_WEIGHT } from '../store/replicas.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'

const RAMP_TICK_MS = 1_000

/** Errors: those of `ensure`, with everything committed to the target. */
export async function ramp(
  app: App,
  operation: Operation,
  to: number,
  { from, ms }: Ramp,
): Promise<{ readonly ramp_ms: number; readonly hurried: boolean }> {
  const { clock, traffic } = app
  const { replicas } = app.store
  const hurry = operation.hurry ?? new AbortController().signal
  const startedAt = clock.monotonic()
  const alreadyMs = (replicas.weightOf(operation, to) / FULL_WEIGHT) * ms
  const spentMs = () => clock.monotonic() - startedAt
  try {
    while (alreadyMs + spentMs() < ms) {
      if (!(await pause(app, Math.min(RAMP_TICK_MS, ms - alreadyMs - spentMs()), operation.signal, hurry))) break
      const weight = Math.min(FULL_WEIGHT, Math.round((FULL_WEIGHT * (alreadyMs + spentMs())) / ms))
      operation.commit(() => replicas.ramp(operation, from, to, weight))
      await traffic.ensure(operation)
    }
  } catch (error) {
    if (!isAsternError(error)) throw error
    // Whatever is wrong shows below, where everything goes to the target.
  }
  operation.commit(() => replicas.shift(operation, to))
  await traffic.ensure(operation)
  return { ramp_ms: Math.round(spentMs()), hurried: hurry.aborted }
}

/** False: there is a hurry. Throws what `signal` aborts with. */
async function pause(app: App, ms: number, signal: AbortSignal, hurry: AbortSignal): Promise<boolean> {
  try {
    await app.clock.sleep(ms, AbortSignal.any([signal, hurry]))
  } catch {
    signal.throwIfAborted()
  }
  return !hurry.aborted
}
