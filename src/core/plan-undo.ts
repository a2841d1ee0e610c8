// Decides how to bring back what a rollback took out. Pure.
import { diffReleases } from './diff.ts'
import type { Release, Step } from './model.ts'
import type { Noop, Plan, Refused } from './plan.ts'
import { withHooks } from './plan-hooks.ts'
import { refusedBySchema, warned, withSchema } from './plan-schema.ts'
import type { Force } from './plan-rollback.ts'
import { planSwitch } from './plan-switch.ts'
import { type Manner, planTrial } from './plan-trial.ts'
import type { Seen } from './seen.ts'

/** `taken` is what the rollback to the release that serves took out. Its quarantine stands until it serves again, and is no reason against it. */
export function planUndo(
  seen: Seen,
  taken: Release | null,
  manner: Manner = 'trial',
  force: ReadonlySet<Force> = new Set(),
): Plan | Noop | Refused {
  const from = seen.active
  if (from?.activeBy !== 'rollback' || taken === null || taken.number === from.number) {
    return { outcome: 'noop', active: from?.number ?? null, why: 'nothing_to_undo' }
  }
  const forced = force.has('schema')
  const opinion = seen.schema?.forward(taken, from, forced)
  if (opinion !== undefined && opinion.against !== null) return refusedBySchema(taken, opinion.against)
  const way = planSwitch(seen, from, taken, 'forward', planTrial(seen, from, taken, manner))
  const steps = withHooks(seen.definition.hooks, taken, withSchema(seen, taken, way.steps, forced))
  const plan: Plan = {
    outcome: 'plan',
    from: from.number,
    to: taken.number,
    notYetStable: true,
    undo: true,
    changes: diffReleases(from, taken, new Set(seen.currentSecrets.keys())),
    ...way,
    // unlike a new release, it may be here no more
    steps: [...(way.create.length === 0 ? [] : [pull(taken)]), ...steps],
  }
  return warned(plan, opinion?.warnings ?? [])
}

function pull({ number, image }: Release): Step {
  return { kind: 'pull', release: number, image }
}
