// How a new release is tried on its way forward: by steps of a growing share, and by a holdback once it has everything else. Pure.
// Invariant: the way back never walks through any of it.
import type { Holdback, Release, Step } from './model.ts'
import type { Plan } from './plan.ts'
import { configOf, hasWeb, WEB } from './processes.ts'
import { type Seen, strategyFor } from './seen.ts'

/** `plain`: everything at once, nobody to compare with. `stage`: nobody is moved at all. */
export type Manner = 'trial' | 'plain' | 'stage'

export type TrialSteps = { readonly canary: readonly Step[]; readonly holdback: Holdback | null }

const NO_TRIAL: TrialSteps = { canary: [], holdback: null }

/** Two releases are compared only where both can serve at the same time. */
export function planTrial(
  { definition }: Pick<Seen, 'definition'>,
  from: Release | null,
  to: Release,
  manner: Manner,
): TrialSteps {
  if (from === null || from.number === to.number || manner === 'plain') return NO_TRIAL
  if (!hasWeb(from.config) || !hasWeb(to.config)) return NO_TRIAL
  if (strategyFor(configOf(to.config, WEB), configOf(from.config, WEB)).strategy === 'stop_first') return NO_TRIAL
  const { steps, bake } = definition.trial
  return {
    canary: steps.map(({ share }, place): Step => ({
      kind: 'canary',
      release: to.number,
      against: from.number,
      place,
      share,
    })),
    holdback: bake === null || bake.holdback === 0 ? null : { release: from.number, share: bake.holdback },
  }
}

/** What is left of a way forward that ends before the first user is moved. */
export function staged<P extends Pick<Plan, 'steps'>>(plan: P): P & { readonly stage: true } {
  const moves = plan.steps.findIndex(({ kind }) => kind === 'canary' || kind === 'shift_traffic')
  return { ...plan, stage: true, steps: moves < 0 ? plan.steps : plan.steps.slice(0, moves) }
}
