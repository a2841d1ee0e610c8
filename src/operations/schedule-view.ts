// The schedules of the release that serves, as people and machines ask for them: the last tick of each, what became of it, and the next.
import { releaseName, type Scope } from '../core/model.ts'
import type { RunOutcome } from '../store/scheduled-runs.ts'
import type { App } from './app.ts'
import { schedulesNow } from './scheduled-runs.ts'
import { nextTick } from './ticks.ts'

/** One of `schedules` in `astern status --json`. The names are a contract; unknown is `null`. */
export type ScheduleStatus = {
  readonly process: string
  readonly schedule: string
  readonly time_zone: string
  /** ISO 8601, UTC. `null`: never again. It needs an `astern serve`. */
  readonly next: string | null
  /** `null`: there was none yet. */
  readonly last: LastRun | null
}

type LastRun = {
  readonly tick: string
  readonly release: string
  /** `null`: it has not ended. */
  readonly outcome: RunOutcome | null
  readonly exit_code: number | null
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly transaction_id: string
}

export function schedulesOf(app: App, scope: Scope): ScheduleStatus[] {
  return schedulesNow(app, scope).map(({ process, schedule }) => ({
    process,
    schedule: schedule.cron,
    time_zone: schedule.timeZone,
    next: isoOrNull(nextTick(schedule, app.clock.now())),
    last: lastRun(app, scope, process),
  }))
}

function lastRun(app: App, scope: Scope, process: string): LastRun | null {
  const run = app.store.scheduledRuns.newest(scope, process)
  if (run === null) return null
  const { tickAt, release, outcome, exitCode, startedAt, endedAt, transactionId } = run
  return {
    tick: new Date(tickAt).toISOString(),
    release: releaseName(release),
    outcome,
    exit_code: exitCode,
    started_at: isoOrNull(startedAt),
    ended_at: isoOrNull(endedAt),
    transaction_id: transactionId,
  }
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
