// Decides how a staged release goes on, and how a bake ends. Pure.
import { diffReleases } from './diff.ts'
import type { Release } from './model.ts'
import type { Plan } from './plan.ts'
import { withHooks } from './plan-hooks.ts'
import { withSchema } from './plan-schema.ts'
import { planSwitch } from './plan-switch.ts'
import { type Manner, planTrial } from './plan-trial.ts'
import { hasWeb } from './processes.ts'
import { rungOf, type Seen } from './seen.ts'

/** What comes before the first user is moved was done when it was staged, but for what has been lost since. `forced`: whatever its schema. */
export function planPromotion(seen: Seen, staged: Release, manner: Manner, forced = false): Plan {
  const from = seen.active
  const way = planSwitch(seen, from, staged, 'forward', planTrial(seen, from, staged, manner))
  const after = seen.definition.hooks.filter(({ name }) => name === 'after_deploy')
  return {
    outcome: 'plan',
    from: from?.number ?? null,
    to: staged.number,
    notYetStable: true,
    changes: from === null ? [] : diffReleases(from, staged),
    ...way,
    steps: withHooks(after, staged, withSchema(seen, staged, way.steps, forced)),
  }
}

/** The release serves already: what its holdback had goes to it as well. */
export function planBakeEnd(seen: Seen, baking: Release): Plan {
  const prove = hasWeb(baking.config) ? [{ kind: 'prove' as const, release: baking.number }] : []
  return {
    outcome: 'plan',
    from: baking.number,
    to: baking.number,
    strategy: 'start_first',
    because: [],
    outage: null,
    handovers: [],
    rung: rungOf(seen, baking),
    create: [],
    changes: [],
    notYetStable: true,
    endsBake: true,
    steps: [{ kind: 'shift_traffic', release: baking.number }, ...prove],
  }
}
