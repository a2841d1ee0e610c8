// Decides how to go back to a release, and to its schema. Pure.
// Invariant: a release that can live with the schema as it is takes over first, and users are safe before anything is done to the database. Where none
// can live with both, nobody is served in between: writes of a release to a schema that it does not know would be worse than no answer.
import { type Release, releaseName, type Step } from './model.ts'
import type { Plan, Refused } from './plan.ts'
import { refusedBySchema } from './plan-schema.ts'
import { planSwitch } from './plan-switch.ts'
import { WEB } from './processes.ts'
import { replicasOf, type Seen } from './seen.ts'

type Way = Pick<Plan, 'warnings'> & ReturnType<typeof planSwitch>

/** `null`: the schema is where the target needs it. */
export function planRevert(seen: Seen, from: Release | null, target: Release): Way | Refused | null {
  const { schema, service, environment, definition } = seen
  if (schema === undefined || definition.database?.revert == null) {
    return { outcome: 'refused', code: 'NO_REVERT', details: { service, environment } }
  }
  const way = schema.revert(target)
  if (way === null) return null
  if ('against' in way) return refusedBySchema(target, way.against)
  const revert: Step = { kind: 'database_revert', ...way }
  const planned = planSwitch(seen, from, target, 'back')
  const serves = target.number === seen.active?.number
  const { against } = schema.back(target, { rung: planned.rung, forced: false, serves })
  if (against !== null) return planSwitch(seen, from, target, 'back', null, [revert])
  const ending = planned.strategy === 'stop_first' ? [] : silence(seen, from, target)
  const warnings = serves && schema.back(target, { rung: planned.rung, forced: false, serves: false }).against !== null
  return {
    ...planned,
    ...(warnings ? { warnings: [`${releaseName(target.number)} serves while the schema is taken back`] } : {}),
    steps: [...planned.steps, ...ending, revert],
  }
}

/** What goes away does not use the database any more when its schema is taken back. */
function silence(seen: Seen, from: Release | null, target: Release): Step[] {
  if (from === null || from.number === target.number) return []
  const replicas = replicasOf(seen, from.number, WEB)
    .filter(({ level }) => level === 'running')
    .map(({ name }) => name)
  if (replicas.length === 0) return []
  return [
    { kind: 'drain', release: from.number, replicas },
    { kind: 'demote', release: from.number, replicas, level: 'stopped' },
  ]
}
