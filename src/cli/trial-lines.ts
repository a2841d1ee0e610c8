// A release on trial, as `status` and `deploy` show it.
import { daemonAnswers } from '../api/socket-client.ts'
import type { Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { TrialView } from '../operations/status.ts'
import type { Context } from './context.ts'
import { formatAge, labelledLines } from './format.ts'
import { paint } from './paint.ts'

export const VERDICT_COLOUR = { pass: 'green', fail: 'red', undecided: 'yellow' } as const

export function trialLines(context: Context, trial: TrialView | null): string[] {
  if (trial === null) return []
  const { t, language } = context
  const { release, phase, step, steps, verdict, reason } = trial
  const age = formatAge(context.now() - Date.parse(trial.since), language)
  const where = t(`trial_${phase}`, { release, step, steps, age })
  const says =
    verdict === null
      ? []
      : [`${paint(context, VERDICT_COLOUR[verdict], t(`verdict_${verdict}`))}${reason === null ? '' : `: ${reason}`}`]
  return labelledLines(t('trial'), [where, ...says])
}

/** A bake that nobody watches ends all the same, later: whoever looks first judges all of it. */
export async function warnIfUnwatched(context: Context, app: App, scopes: readonly Scope[]): Promise<void> {
  const baking = scopes.flatMap((scope) => app.store.trials.open(scope) ?? []).filter(({ phase }) => phase === 'bake')
  if (baking.length === 0 || (await daemonAnswers(context.stateFolder))) return
  const release = baking.map((trial) => `r${trial.release}`).join(', ')
  context.say(`${paint(context, 'yellow', context.t('warning'))}: ${context.t('bake_unwatched', { release })}`)
}
