// Waits for a condition of the real world, with a deadline. Nothing in these tests sleeps for a fixed time.
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 50
const WITHIN_MS = 20_000

/** Resolves to the first value that is neither null, undefined nor false. Rejects after the deadline, saying what was waited for. */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  withinMs = WITHIN_MS,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== null && seen !== undefined && seen !== false) return seen
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await pause(LOOK_EVERY_MS)
  }
}
