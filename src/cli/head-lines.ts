// The first lines of a deploy or rollback: what goes to what, what changes by it, and how.
import { percentOf } from '../core/share.ts'
import type { Head } from '../operations/history.ts'
import { type Release, releaseName } from '../core/model.ts'
import type { Plan } from '../core/plan.ts'
import type { Translate } from '../i18n/messages.ts'
import type { Context } from './context.ts'
import {
  formatAge,
  formatChanges,
  formatDuration,
  formatRelease,
  formatHandover,
  formatStrategy,
  labelled,
} from './format.ts'

function expected({ lastMs }: NonNullable<Plan['outage']>, t: Translate): string {
  return lastMs === null ? t('outage_unknown') : t('outage_about', { about: formatDuration(lastMs) })
}

function rampOf({ steps }: Pick<Plan, 'steps'>, t: Translate): string[] {
  const shift = steps.find((step) => step.kind === 'shift_traffic' && step.ramp !== undefined)
  return shift?.kind === 'shift_traffic' && shift.ramp !== undefined
    ? [t('ramp_over', { over: formatDuration(shift.ramp.ms) })]
    : []
}

/** `5 % → 25 %, then everything`; nothing where everything goes at once. */
function canaryOf({ steps }: Pick<Plan, 'steps'>, t: Translate): string[] {
  const shares = steps.flatMap((step) => (step.kind === 'canary' ? [`${percentOf(step.share)} %`] : []))
  return shares.length === 0 ? [] : [labelled(t('canary'), t('canary_plan', { steps: shares.join(' → ') }))]
}

/** What would be done to the database; nothing where nothing would. */
export function revertLine({ t }: Pick<Context, 't'>, { steps }: Pick<Plan, 'steps'>): string[] {
  const step = steps.find(({ kind }) => kind === 'database_revert')
  if (step?.kind !== 'database_revert') return []
  const { from, to, release } = step
  return [labelled(t('reverts'), t('reverts_line', { from, to, release: releaseName(release) }))]
}

export function headLines(context: Context, { scope, plan, from, to }: Head, kind: 'deploy' | 'rollback'): string[] {
  const { t, language } = context
  const age = (release: Release) => formatAge(context.now() - (release.activeAt ?? release.createdAt), language)
  const source = from === null ? t('first_release') : `${formatRelease(from)} (${t('age', { age: age(from) })})`
  const quality = to.stable ? t('stable_age', { age: age(to) }) : t('not_yet_stable')
  const target = kind === 'deploy' ? formatRelease(to) : `${formatRelease(to)} (${quality})`
  const how = [
    ...(kind === 'rollback' ? [t(`rung_${plan.rung}`)] : []),
    ...rampOf(plan, t),
    ...(kind === 'rollback' && plan.strategy === 'start_first' ? [] : [formatStrategy(plan, t)]),
  ]
  return [
    labelled(`${scope.service} · ${scope.environment}`, `${source}  →  ${target}`),
    ...(from === null ? [] : [labelled(t('changes'), formatChanges(plan.changes, t))]),
    labelled(t(kind === 'rollback' ? 'way_back' : 'way_forward'), how.join(' · ')),
    ...canaryOf(plan, t),
    ...revertLine(context, plan),
    ...(plan.warnings ?? []).map((warning) => labelled(t('warning'), warning)),
    ...(plan.outage === null ? [] : [labelled(t('outage'), expected(plan.outage, t))]),
    ...plan.handovers.map(({ process, ...handover }) => labelled(process, formatHandover(handover, t))),
  ]
}
