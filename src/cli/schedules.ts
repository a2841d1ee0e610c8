// What `status`, `deploy` and `doctor` say of schedules.
import type { RunOutcome } from '../store/scheduled-runs.ts'
import type { App } from '../operations/app.ts'
import { daemonAnswers } from '../api/socket-client.ts'
import { type ScheduleStatus, schedulesOf } from '../operations/schedule-view.ts'
import type { Scope } from '../core/model.ts'
import type { Context } from './context.ts'
import { formatDuration, formatTime, labelledLines, table } from './format.ts'
import { paint } from './paint.ts'

const COLOUR: Readonly<Record<RunOutcome, 'green' | 'yellow' | 'red'>> = {
  succeeded: 'green',
  failed: 'red',
  timed_out: 'red',
  stopped: 'yellow',
  unknown: 'yellow',
  skipped: 'yellow',
}

export function scheduleLines(context: Context, schedules: readonly ScheduleStatus[]): string[] {
  if (schedules.length === 0) return []
  const { t } = context
  const rows = schedules.map(({ process, schedule, time_zone: zone, last, next }) => [
    process,
    zone === 'UTC' ? schedule : `${schedule} ${zone}`,
    last === null ? t('schedule_never') : lastText(context, last),
    next === null ? '' : t('schedule_next', { at: formatTime(Date.parse(next)) }),
  ])
  return labelledLines(t('schedules'), table(rows))
}

function lastText(context: Context, last: NonNullable<ScheduleStatus['last']>): string {
  const { t } = context
  const { tick, outcome, exit_code: code, started_at: begun, ended_at: ended, release } = last
  const word = outcome === null ? t('schedule_running') : paint(context, COLOUR[outcome], t(`schedule_${outcome}`))
  const exit = code === null || outcome === 'succeeded' ? [] : [t('schedule_exit', { code })]
  const took = begun === null || ended === null ? [] : [formatDuration(Date.parse(ended) - Date.parse(begun))]
  return [`${formatTime(Date.parse(tick))} ${release} ${word}`, ...exit, ...took].join(' · ')
}

/** Schedules that nobody starts, because no daemon runs: `report, cleanup`. `null`: all is well. */
export async function unattended(context: Context, app: App, scopes: readonly Scope[]): Promise<string | null> {
  const names = scopes.flatMap((scope) => schedulesOf(app, scope).map(({ process }) => process))
  if (names.length === 0 || (await daemonAnswers(context.stateFolder))) return null
  return names.join(', ')
}

/** After a deploy, and with what runs: nobody should have to find out at 3 a.m. */
export async function warnIfUnattended(context: Context, app: App, scopes: readonly Scope[]): Promise<void> {
  const names = await unattended(context, app, scopes)
  if (names === null) return
  context.say(`${paint(context, 'yellow', context.t('warning'))}: ${context.t('schedule_unattended', { names })}`)
}
