// Checks of the engine: that it answers, how it is set, and whether its containers are those of the state. Nothing is removed here.
import { isAsternError } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import type { App } from '../../operations/app.ts'
import type { ReplicaSeen } from '../../ports/runtime.ts'
import type { Context } from '../context.ts'
import { type Check, type Finding, findingOf, within } from './look.ts'

export const checkEngine: Check = async ({ context, engine }) => {
  const { t } = context
  const asked = await engine()
  if (isAsternError(asked)) {
    const finding = await findingOf(context, 'engine', 'fail', asked)
    // The error's own hint points to this command.
    return [asked.code === 'ENGINE_UNAVAILABLE' ? { ...finding, hint: t('doctor_engine_hint') } : finding]
  }
  const { version, endpoint, liveRestore } = asked.facts
  return [
    { name: 'engine', status: 'ok', message: t('doctor_engine', { version, endpoint }), hint: null },
    liveRestore
      ? { name: 'live_restore', status: 'ok', message: t('doctor_live_restore'), hint: null }
      : {
          name: 'live_restore',
          status: 'warn',
          message: t('doctor_live_restore_off'),
          hint: t('doctor_live_restore_hint'),
        },
  ]
}

export const checkContainers: Check = async ({ context, app, engine, clock }) => {
  const asked = await engine()
  if (app === null || isAsternError(asked)) return []
  const name = 'containers'
  try {
    return await within(clock, async () => {
      const seen = await asked.runtime.observe()
      const findings = [...strangers(context, app, seen), ...strayed(context, app, seen)]
      for (const scope of app.store.services.list()) {
        for (const foreign of await asked.runtime.foreign(scope)) {
          if (!foreign.running) continue
          const details = { scope: scopeName(scope), installation: foreign.installation }
          const hint = context.t('doctor_foreign_hint')
          findings.push({ name, status: 'warn', message: context.t('doctor_foreign', details), hint })
        }
      }
      if (findings.length > 0) return findings
      return [{ name, status: 'ok', message: context.t('doctor_containers', { count: seen.length }), hint: null }]
    })
  } catch (error) {
    return [await findingOf(context, name, 'fail', error)]
  }
}

/** Containers with our labels that the state does not know. */
function strangers({ t }: Context, app: App, seen: readonly ReplicaSeen[]): Finding[] {
  return seen
    .filter((replica) => app.store.replicas.get(replica, replica.name) === null)
    .map((replica) => ({
      name: 'containers',
      status: 'warn',
      message: t('doctor_stranger', {
        replica: replica.name,
        scope: scopeName(replica),
        level: t(`level_${replica.level}`),
      }),
      hint: t('doctor_stranger_hint', { installation: app.store.installation }),
    }))
}

/** Containers of the state that are gone, or are on another level than they should be. */
function strayed({ t }: Context, app: App, seen: readonly ReplicaSeen[]): Finding[] {
  const levels = new Map(seen.map((replica) => [`${scopeName(replica)} ${replica.name}`, replica.level]))
  return app.store.services
    .list()
    .flatMap((scope) => app.store.replicas.of(scope))
    .filter((replica) => replica.level !== 'absent')
    .flatMap((replica) => {
      const level = levels.get(`${scopeName(replica)} ${replica.name}`) ?? 'absent'
      if (level === replica.level) return []
      const details = {
        replica: replica.name,
        scope: scopeName(replica),
        wanted: t(`level_${replica.level}`),
        level: t(`level_${level}`),
      }
      return [
        {
          name: 'containers',
          status: 'warn' as const,
          message: t('doctor_strayed', details),
          hint: t('doctor_strayed_hint'),
        },
      ]
    })
}
