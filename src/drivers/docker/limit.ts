// Puts a limit on anything that may never answer. The limit's time comes from the clock, so that tests own it.
import type { Clock } from '../../ports/clock.ts'

export class LimitReached extends Error {
  override readonly name = 'LimitReached'
  readonly limitMs: number
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`)
    this.limitMs = limitMs
  }
}

/** Runs `work` with a signal that aborts at the limit, or when `signal` does. Rejects with LimitReached, or with the signal's reason. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const limit = new AbortController()
  const done = new AbortController()
  const inner = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal])
  clock.sleep(limitMs, done.signal).then(
    () => limit.abort(new LimitReached(limitMs)),
    () => undefined, // the work was done before
  )
  const aborted = new Promise<never>((_, reject) => {
    inner.addEventListener('abort', () => reject(inner.reason as Error), { once: true })
  })
  try {
    return await Promise.race([work(inner), aborted])
  } catch (error) {
    throw inner.aborted ? inner.reason : error
  } finally {
    done.abort()
  }
}
