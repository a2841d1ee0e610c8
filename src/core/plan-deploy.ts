// Decides how to go forward. Pure: what was seen and asked goes in; steps, or the reason why not, come out.
import { diffReleases } from './diff.ts'
import { type Release, releaseName, type Step } from './model.ts'
import type { Decision, Plan, Refused } from './plan.ts'
import { withHooks } from './plan-hooks.ts'
import { refusedBySchema, warned, withSchema } from './plan-schema.ts'
import { planSwitch } from './plan-switch.ts'
import { type Manner, planTrial, staged } from './plan-trial.ts'
import { configOf, hasWeb, named, WEB } from './processes.ts'
import type { Force } from './plan-rollback.ts'
import { isAsleep, type Seen, type SeenReplica, strategyFor } from './seen.ts'

export type DeployRequest = {
  readonly force: ReadonlySet<Force>
  /** What speaks against any deploy now, or against one of this revision; `null`: nothing. */
  readonly barred?: Refused | null
  /** `trial` when absent. */
  readonly manner?: Manner
}

/** `release` is what is to be deployed; its image is on the host. What serves already is no deploy, so nothing speaks against it. */
export function planDeploy(seen: Seen, release: Release, ask: DeployRequest): Decision {
  const from = seen.active
  if (from !== null && from.identity === release.identity) {
    return { outcome: 'noop', active: from.number, why: 'serves' }
  }
  if (ask.barred != null) return ask.barred
  const quarantine = seen.quarantined.get(release.identity)
  if (quarantine !== undefined && !ask.force.has('quarantine')) {
    const details = { release: releaseName(quarantine.release), reason: quarantine.reason }
    return { outcome: 'refused', code: 'QUARANTINED', details }
  }
  const forced = ask.force.has('schema')
  const opinion = seen.schema?.forward(release, from, forced)
  if (opinion !== undefined && opinion.against !== null) return refusedBySchema(release, opinion.against)
  const manner = ask.manner ?? 'trial'
  const way = planSwitch(seen, from, release, 'forward', planTrial(seen, from, release, manner))
  const plan: Plan = {
    outcome: 'plan',
    from: from?.number ?? null,
    to: release.number,
    notYetStable: true,
    changes: from === null ? [] : diffReleases(from, release),
    ...way,
    steps: withHooks(seen.definition.hooks, release, withSchema(seen, release, way.steps, forced)),
  }
  return warned(manner === 'stage' ? staged(plan) : plan, opinion?.warnings ?? [])
}

/**
 * What makes the release that served before serve again, when a deploy fails. `shifted`: the deploy had already begun to move traffic, or had
 * taken it from the former release.
 */
export function planWayBack(seen: Seen, former: Release | null, failed: Release, shifted: boolean): Step[] {
  const stop = byProcess(seen.replicas.filter((replica) => replica.release === failed.number)).map(
    ([process, replicas]): Step => ({ kind: 'demote', release: failed.number, replicas, level: 'stopped', ...process }),
  )
  if (!shifted) return stop
  if (former === null) return [{ kind: 'shift_traffic', release: null }, ...stop]
  const own = seen.replicas.filter((replica) => replica.release === former.number)
  const wake = (ofWeb: boolean) =>
    byProcess(own.filter((replica) => isAsleep(replica) && (replica.process === WEB) === ofWeb)).flatMap(
      ([process, replicas]): Step[] => [
        { kind: 'wake', release: former.number, replicas, ...process },
        { kind: 'health', release: former.number, replicas, ...process },
      ],
    )
  const serve: Step[] = [
    ...wake(true),
    { kind: 'shift_traffic', release: former.number },
    ...(hasWeb(former.config) ? [{ kind: 'prove' as const, release: former.number }] : []),
  ]
  const { strategy } = strategyFor(configOf(failed.config, WEB), configOf(former.config, WEB))
  // Users first; but two that must not meet do not meet on the way back either.
  const first: Step[] = strategy === 'stop_first' ? [{ kind: 'shift_traffic', release: null }, ...stop] : []
  return [...first, ...serve, ...(strategy === 'stop_first' ? [] : stop), ...wake(false)]
}

/** Replica names by process, `web` first and without a name, as in steps. */
function byProcess(replicas: readonly SeenReplica[]): [ReturnType<typeof named>, string[]][] {
  const groups = [...Map.groupBy(replicas, ({ process }) => process)]
  return groups
    .sort(([a], [b]) => Number(b === WEB) - Number(a === WEB))
    .map(([process, own]) => [named(process), own.map(({ name }) => name)])
}
