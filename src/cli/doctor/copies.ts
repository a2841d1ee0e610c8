// Checks of retention: that every release that is kept can be brought back, and that the disk has room to keep them.
import { releaseName, scopeName } from '../../core/model.ts'
import { planPrune } from '../../core/plan-prune.ts'
import { know } from '../../operations/retention-known.ts'
import { type Check, findingOf, within } from './look.ts'

export const checkCopies: Check = async ({ context, app, clock }) => {
  if (app === null) return []
  const { t } = context
  const name = 'retention'
  try {
    const known = await within(clock, () => know(app))
    if (known.host === null || known.scopes.length === 0) return []
    const plan = planPrune(known)
    const lost = Map.groupBy(plan.lost, scopeName)
    const count = plan.kept.length
    const found = [...lost].map(([scope, releases]) => {
      const details = { scope, releases: releases.map(({ number }) => releaseName(number)).join(', ') }
      return { name, status: 'warn' as const, message: t('doctor_lost', details), hint: t('doctor_lost_hint') }
    })
    if (plan.pressure.length > 0) {
      const message = t('doctor_pressure', { free: (known.free ?? 0) / 100 })
      return [...found, { name, status: 'warn', message, hint: t('doctor_pressure_hint') }]
    }
    return found.length > 0 ? found : [{ name, status: 'ok', message: t('doctor_copies', { count }), hint: null }]
  } catch (error) {
    return [await findingOf(context, name, 'fail', error)]
  }
}
