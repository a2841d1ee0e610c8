// Moves traffic from one release to another: all of it, or step by step. Each step of a ramp is committed, then ensured.
// Invariant: however a ramp ends, but for a lost lease, the committed intent is that the target gets everything.
import { isAsternError } from '../core/errors.ts'
import type { Holdback, Ramp, Scope } from '../core/model.ts'
import { FULL_WEIGHT } from '../store/replicas.ts'
import type { App } from './app.ts'
import { enterBake } from './trials.ts'
import type { Operation } from './operation.ts'

const RAMP_TICK_MS = 1_000

/**
 * Within a commit: all traffic goes to the release, which is the active one from now on; `null`: to nobody. With a holdback all but that is drawn for
 * it, and the weights stay where the shield sends what fails on it.
 */
export function moveAll(
  app: App,
  scope: Scope & { readonly transactionId: string },
  release: number | null,
  holdback: Holdback | null = null,
): void {
  const { replicas, services, trials } = app.store
  trials.stopDrawing(scope)
  replicas.shift(scope, holdback === null ? release : holdback.release)
  if (release === null) return
  if (holdback !== null) enterBake(app, scope, release, holdback)
  services.setActive(scope, release)
  if (services.get(scope)?.candidate === release) services.setCandidate(scope, null)
}

/**
 * Whoever resumes it moves the rest at once: the release that was to go has served long enough, and the command that resumes is about something else.
 * Errors: those of `ensure`, with everything committed to the target.
 */
export async function ramp(
  app: App,
  operation: Operation,
  to: number,
  { from, ms }: Ramp,
): Promise<{ readonly ramp_ms: number; readonly hurried: boolean }> {
  const { clock, traffic, store } = app
  const hurry = operation.resumed ? AbortSignal.abort() : (operation.hurry ?? new AbortController().signal)
  const startedAt = clock.monotonic()
  const spentMs = () => clock.monotonic() - startedAt
  try {
    while (!hurry.aborted && spentMs() < ms) {
      if (!(await pause(app, Math.min(RAMP_TICK_MS, ms - spentMs()), operation.signal, hurry))) break
      const weight = Math.min(FULL_WEIGHT, Math.round((FULL_WEIGHT * spentMs()) / ms))
      operation.commit(() => store.replicas.ramp(operation, from, to, weight))
      await traffic.ensure(operation)
    }
  } catch (error) {
    if (!isAsternError(error)) throw error
    // Whatever is wrong shows below, where everything goes to the target.
  }
  operation.commit(() => moveAll(app, operation, to))
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
