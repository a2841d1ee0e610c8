// Starts scheduled runs at their ticks, and sees them to their end: a loop of its own in `astern serve`, so that no other work makes a tick late.
import { reasonOf } from '../core/errors.ts'
import { scopeName } from '../core/model.ts'
import type { App } from './app.ts'
import { attend, claimDue } from './scheduled-runs.ts'

const TICK_MS = 1_000

export type SchedulerOptions = {
  readonly signal: AbortSignal
  /** What could not be done; said once until it changes. */
  readonly onTrouble: (what: string, reason: string) => void
}

export type Scheduler = {
  /** Runs until the signal aborts. Runs that go on then are taken over by the next daemon. */
  readonly run: () => Promise<void>
  /** One look; resolves when all that it began is done. */
  readonly look: () => Promise<void>
}

export function createScheduler(app: App, { signal, onTrouble }: SchedulerOptions): Scheduler {
  const attended = new Map<string, Promise<void>>()
  const told = new Map<string, string>()

  const tell = (what: string, error: unknown) => {
    const reason = reasonOf(error)
    if (told.get(what) !== reason && !signal.aborted) onTrouble(what, reason)
    told.set(what, reason)
  }

  function begin(): void {
    for (const scope of app.store.services.list()) {
      try {
        claimDue(app, scope)
      } catch (error) {
        tell(scopeName(scope), error)
      }
    }
    for (const run of app.store.scheduledRuns.open()) {
      if (attended.has(run.transactionId)) continue
      const what = `${scopeName(run)} ${run.name}`
      const attending = attend(app, run, signal)
        .then(
          () => told.delete(what),
          (error: unknown) => tell(what, error),
        )
        .then(() => void attended.delete(run.transactionId))
      attended.set(run.transactionId, attending)
    }
  }

  const settled = async () => void (await Promise.all(attended.values()))

  return {
    async run() {
      while (!signal.aborted) {
        try {
          begin()
        } catch (error) {
          tell('schedules', error)
        }
        await app.clock.sleep(TICK_MS, signal).catch(() => {})
      }
      await settled()
    },
    async look() {
      begin()
      await settled()
    },
  }
}
