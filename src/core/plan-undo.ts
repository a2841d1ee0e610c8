// Decides how to bring back what a rollback took out. Pure.
import { diffReleases } from './diff.ts'
import type { Release, Step } from './model.ts'
import type { Noop, Plan } from './plan.ts'
import { withHooks } from './plan-hooks.ts'
import { planSwitch } from './plan-switch.ts'
import { type Manner, planTrial } from './plan-trial.ts'
import type { Seen } from './seen.ts'

/** `taken` is what the rollback to the release that serves took out. Its quarantine stands until it serves again, and is no reason against it. */
export function planUndo(seen: Seen, taken: Release | null, manner: Manner = 'trial'): Plan | Noop {
  const from = seen.active
  if (from?.activeBy !== 'rollback' || taken === null || taken.number === from.number) {
    return { outcome: 'noop', active: from?.number ?? null, why: 'nothing_to_undo' }
  }
  const plan = planSwitch(seen, from, taken, 'forward', planTrial(seen, from, taken, manner))
  return {
    outcome: 'plan',
    from: from.number,
    to: taken.number,
    notYetStable: true,
    undo: true,
    changes: diffReleases(from, taken, new Set(seen.currentSecrets.keys())),
    ...plan,
    // unlike a new release, it may be here no more
    steps: [...(plan.create.length === 0 ? [] : [pull(taken)]), ...withHooks(seen.definition.hooks, taken, plan.steps)],
  }
}

function pull({ number, image }: Release): Step {
  return { kind: 'pull', release: number, image }
}
