// `astern stats`: the four figures of DORA and who takes releases back, per service and environment and in total. docs/history.md defines each.
import { TAKERS } from '../core/dora.ts'
import { FEW, type FiguresEntry, stats } from '../operations/stats.ts'
import { scopesEver } from '../operations/turns.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { momentOf, printCsv, wantedOf, wantsCsv } from './export.ts'
import { formatDuration, formatTime, labelled } from './format.ts'
import { paint } from './paint.ts'
import { scopesOf } from './select.ts'
import { tend } from './tend.ts'

const SPAN_MS = 90 * 86_400_000
const COLUMNS = [
  'service',
  'environment',
  'since',
  'until',
  'deployment_frequency.deployments',
  'deployment_frequency.days',
  'deployment_frequency.per_week',
  'lead_time_for_changes.median_ms',
  'lead_time_for_changes.count',
  'lead_time_for_changes.of',
  'change_failure_rate.rate',
  'change_failure_rate.failed',
  'change_failure_rate.of',
  'change_failure_rate.before_users',
  'change_failure_rate.during_deploy',
  'change_failure_rate.rolled_back_later',
  'time_to_restore.median_ms',
  'time_to_restore.count',
  'time_to_restore.of',
  'rollbacks.count',
  ...TAKERS.map((taker) => `rollbacks.by.${taker}`),
  'rollbacks.switch.median_ms',
  'rollbacks.switch.count',
]

export async function run(context: Context, args: Arguments): Promise<number> {
  wantedOf(context, args)
  const asCsv = wantsCsv(context, args)
  const untilAt = momentOf(context, args, 'until') ?? context.now()
  const sinceAt = momentOf(context, args, 'since') ?? untilAt - SPAN_MS
  const app = await context.open()
  const { services, total } = await stats(app, scopesOf(args, scopesEver(app)), { sinceAt, untilAt })
  // A row without a service is the sum of all.
  if (asCsv) printCsv(context, COLUMNS, [...services, total])
  else if (context.json) context.print(JSON.stringify({ services, total }))
  else if (services.length === 0) context.print(context.t('no_figures'))
  else {
    for (const one of services) show(context, `${one.service} · ${one.environment}`, one)
    if (services.length > 1) show(context, context.t('figures_total'), total)
  }
  await tend(context, app)
  return 0
}

function show(context: Context, title: string, figures: FiguresEntry): void {
  const { t } = context
  const { deployment_frequency: frequency, change_failure_rate: failures, rollbacks } = figures
  const days = t('figures_days', {
    days: Math.round(frequency.days),
    since: formatTime(Date.parse(figures.since)).slice(0, 10),
  })
  const lines: [string, string][] = [
    [
      t('figure_frequency'),
      t('figure_frequency_line', { count: frequency.deployments, perWeek: frequency.per_week ?? t('figure_unknown') }),
    ],
    [t('figure_lead_time'), leadTime(context, figures.lead_time_for_changes)],
    [
      t('figure_failures'),
      t('figure_failures_line', {
        percent: failures.rate === null ? t('figure_unknown') : percent(failures.rate),
        failed: failures.failed,
        of: failures.of,
        before: failures.before_users,
        during: failures.during_deploy,
        later: failures.rolled_back_later,
      }),
    ],
    [t('figure_restore'), restore(context, figures.time_to_restore)],
    [t('figure_rollbacks'), takenBack(context, rollbacks)],
  ]
  context.print(labelled(paint(context, 'bold', title), days))
  for (const [label, text] of lines) context.print(labelled(`  ${label}`, text))
  const few = fewIn(context, figures)
  if (few.length > 0) context.print(paint(context, 'dim', `  ${t('figures_few', { names: few.join(', '), few: FEW })}`))
}

type Median = { readonly median_ms: number | null; readonly count: number }

function median({ t }: Context, { median_ms: median, count }: Median): string {
  return median === null ? t('figure_unknown') : t('figure_median', { median: formatDuration(median), count })
}

function leadTime(context: Context, figure: FiguresEntry['lead_time_for_changes']): string {
  const { unknown_commits: count, of } = figure
  const unknown = count === 0 ? [] : [context.t('figure_unknown_commits', { count, of })]
  return [median(context, figure), ...unknown].join(' · ')
}

function restore(context: Context, figure: FiguresEntry['time_to_restore']): string {
  const count = figure.of - figure.count
  const left = count === 0 ? [] : [context.t('figure_not_restored', { count, of: figure.of })]
  return figure.of === 0 ? '-' : [median(context, figure), ...left].join(' · ')
}

function takenBack(context: Context, { count, by, switch: time }: FiguresEntry['rollbacks']): string {
  const { t } = context
  if (count === 0) return '0'
  const takers = TAKERS.filter((taker) => by[taker] > 0)
  const shares = takers.map((taker) => t(`taker_${taker}`, { percent: percent(by[taker] / count) }))
  return t('figure_rollbacks_line', { count, by: shares.join(', '), median: median(context, time) })
}

/** Names of figures that rest on few. */
function fewIn({ t }: Context, figures: FiguresEntry): string[] {
  const few = (count: number) => count > 0 && count < FEW
  return [
    ...(few(figures.lead_time_for_changes.count) ? [t('figure_lead_time')] : []),
    ...(few(figures.change_failure_rate.of) ? [t('figure_failures')] : []),
    ...(few(figures.time_to_restore.count) ? [t('figure_restore')] : []),
  ]
}

function percent(rate: number): string {
  return `${Math.round(rate * 1_000) / 10} %`
}
