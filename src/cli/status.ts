// `astern status`: what serves, what stands by, and where a rollback would go.
import { releaseName, scopeName } from '../core/model.ts'
import { WEB } from '../core/processes.ts'
import { schedulesOf } from '../operations/schedule-view.ts'
import {
  lookAtTraffic,
  lookForRemoved,
  type ServiceHealth,
  type StandbyView,
  statusOf,
  type StatusView,
} from '../operations/status.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { heldLine, remindOfHolds } from './held.ts'
import { formatAge, formatRelease, labelled, labelledLines, table } from './format.ts'
import { paint } from './paint.ts'
import { textOf } from './report-error.ts'
import { scheduleLines, warnIfUnattended } from './schedules.ts'
import { trialLines, warnIfUnwatched } from './trial-lines.ts'
import { knownScopes } from './select.ts'
import { tend } from './tend.ts'

const HEALTH_COLOUR = { healthy: 'green', degraded: 'yellow', down: 'red' } as const

export async function run(context: Context, args: Arguments): Promise<number> {
  const app = await context.open()
  const scopes = knownScopes(context, app, args)
  const [{ traffic, trouble }, removed] = await Promise.all([lookAtTraffic(app), lookForRemoved(app)])
  const views = scopes.map((scope) => ({
    ...statusOf(app, scope, traffic, removed),
    schedules: schedulesOf(app, scope),
  }))
  if (context.json)
    context.print(JSON.stringify({ services: views.map(({ status, schedules }) => ({ ...status, schedules })) }))
  else if (views.length === 0) context.print(context.t('no_services'))
  else {
    for (const [index, view] of views.entries()) {
      if (index > 0) context.print('')
      if (view.hold !== null) context.print(heldLine(context, app, view.status, view.hold))
      for (const line of [...lines(context, view), ...scheduleLines(context, view.schedules)]) context.print(line)
    }
  }
  if (trouble !== null && views.length > 0) {
    const { message, hint } = await textOf(context, trouble)
    context.say(`${paint(context, 'yellow', context.t('warning'))}: ${message}`)
    if (hint !== '') context.say(hint)
  }
  for (const view of views) warnIfRemoved(context, view)
  remindOfHolds(context, app, scopes)
  await warnIfUnattended(context, app, scopes)
  await warnIfUnwatched(context, app, scopes)
  await tend(context, app)
  return 0
}

function warnIfRemoved(context: Context, { status, removed }: StatusView): void {
  if (removed.length === 0) return
  const details = { scope: scopeName(status), releases: removed.map(releaseName).join(', ') }
  context.say(`${paint(context, 'yellow', context.t('warning'))}: ${context.t('containers_gone', details)}`)
}

function lines(context: Context, view: StatusView): string[] {
  const { t, language } = context
  const { status, active, candidate, target, busy } = view
  const since = (at: number) => formatAge(context.now() - at, language)
  const title = `${status.service} · ${status.environment}`
  const result = [
    active === null
      ? labelled(title, paint(context, 'red', t('nothing_serves')))
      : labelled(
          title,
          `${serving(context, view)} · ${healthOf(context, status.health)} · ${processesOf(context, view)}`,
        ),
    ...(view.listen === '' ? [] : [labelled(t('listen'), [view.listen, ...view.hosts].join(' · '))]),
  ]
  if (candidate !== null) result.push(labelled(t('candidate'), formatRelease(candidate)))
  result.push(...trialLines(context, status.trial))
  const shares = Object.entries(status.shares)
  const whole = active !== null && status.shares[releaseName(active.number)] === 100
  if (view.listen !== '' && !whole && (active !== null || shares.length > 0)) {
    const text = shares.map(([release, share]) => `${release} ${share} %`).join(' · ')
    result.push(labelled(t('shares'), text || paint(context, 'red', t('nobody'))))
  }
  const standbys = view.standbys.map((standby) => standbyCells(context, standby))
  result.push(...labelledLines(t('standby'), standbys.length === 0 ? [t('none')] : table(standbys)))
  if (target !== null)
    result.push(labelled(t('way_back'), `${formatRelease(target.release)} · ${t(`rung_${target.rung}`)}`))
  if (busy !== null) {
    const details = { kind: busy.kind, transaction: busy.transactionId, actor: busy.actor, since: since(busy.sinceAt) }
    result.push(labelled(t('running'), t('running_line', details)))
  }
  return result
}

function serving(context: Context, { active }: StatusView): string {
  if (active === null) return ''
  const age = formatAge(context.now() - (active.activeAt ?? active.createdAt), context.language)
  const quality = active.stable ? context.t('stable_age', { age }) : context.t('age', { age })
  return `${paint(context, 'bold', formatRelease(active))} (${quality})`
}

/** `2 of 2 replicas · worker 1 of 1` */
function processesOf({ t }: Context, { status }: StatusView): string {
  const texts = status.processes.map(({ process, running, wanted }) =>
    process === WEB ? t('replicas_up', { up: running, wanted }) : t('process_up', { process, up: running, wanted }),
  )
  return texts.join(' · ')
}

function healthOf(context: Context, health: ServiceHealth): string {
  return paint(context, HEALTH_COLOUR[health], context.t(`health_${health}`))
}

function standbyCells(context: Context, { release, rung, quarantine }: StandbyView): string[] {
  const note = quarantine === null ? '' : paint(context, 'yellow', context.t('in_quarantine', { reason: quarantine }))
  return [formatRelease(release), context.t(`on_rung_${rung}`), note]
}
