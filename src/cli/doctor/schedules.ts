// A check of what is to run from time to time: that somebody is there to start it.
import { schedulesNow } from '../../operations/scheduled-runs.ts'
import { unattended } from '../schedules.ts'
import type { Check } from './look.ts'

export const checkSchedules: Check = async ({ context, app }) => {
  if (app === null) return []
  const { t } = context
  const name = 'schedules'
  const scopes = app.store.services.list()
  if (scopes.every((scope) => schedulesNow(app, scope).length === 0)) return []
  const names = await unattended(context, app, scopes)
  return names === null
    ? [{ name, status: 'ok', message: t('doctor_schedules'), hint: null }]
    : [
        {
          name,
          status: 'warn',
          message: t('doctor_schedules_unattended', { names }),
          hint: t('doctor_schedules_hint'),
        },
      ]
}
