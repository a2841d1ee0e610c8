// Asks again where a registry is busy, breaks off or is just being started: a few times, with growing pauses, and as late as it wants.
import type { Clock } from '../../ports/clock.ts'
import { NoAnswer, type Response } from './exchange.ts'

const ATTEMPTS = 5
const FIRST_PAUSE_MS = 250
/** Whoever wants to be left alone for longer is told so at once. */
const LONGEST_PAUSE_MS = 30_000

/** Every request made here may be made twice. Resolves to the last answer, whatever it is; rejects with what `attempt` rejected with. */
export async function patiently(
  clock: Clock,
  signal: AbortSignal | undefined,
  attempt: () => Promise<Response>,
): Promise<Response> {
  for (let made = 1, pauseMs = FIRST_PAUSE_MS; ; made += 1, pauseMs *= 2) {
    let asked = pauseMs
    try {
      const response = await attempt()
      if (!isBusy(response.status) || made === ATTEMPTS) return response
      asked = retryAfterMs(response, clock) ?? pauseMs
      if (asked > LONGEST_PAUSE_MS) return response
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.final || made === ATTEMPTS) throw error
    }
    await clock.sleep(asked, signal)
  }
}

export function isBusy(status: number): boolean {
  return status === 429 || status >= 500
}

/** Seconds, or a date. */
export function retryAfterMs({ headers }: Pick<Response, 'headers'>, clock: Clock): number | null {
  const said = headers['retry-after']?.trim() ?? ''
  if (/^\d{1,9}$/.test(said)) return Number(said) * 1000
  const at = Date.parse(said)
  return Number.isNaN(at) ? null : Math.max(0, at - clock.now())
}
