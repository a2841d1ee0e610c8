// Decides how to go forward. Pure: what was seen and asked goes in; steps, or the reason why not, come out.
import { diffReleases } from './diff.ts'
import { type Release, releaseName, type Step } from './model.ts'
import { type Decision, switchSteps } from './plan.ts'
import type { Force } from './plan-rollback.ts'
import { type Seen, strategyFor } from './seen.ts'

/** `release` is what is to be deployed; its image is on the host. */
export function planDeploy(seen: Seen, release: Release, ask: { readonly force: ReadonlySet<Force> }): Decision {
  const from = seen.active
  if (from !== null && from.identity === release.identity) {
    return { outcome: 'noop', active: from.number, why: 'serves' }
  }
  const quarantine = seen.quarantined.get(release.identity)
  if (quarantine !== undefined && !ask.force.has('quarantine')) {
    const details = { release: releaseName(quarantine.release), reason: quarantine.reason }
    return { outcome: 'refused', code: 'QUARANTINED', details }
  }
  const { strategy, because } = strategyFor(release.config, from?.config)
  return {
    outcome: 'plan',
    from: from?.number ?? null,
    to: release.number,
    strategy,
    because,
    notYetStable: true,
    changes: from === null ? [] : diffReleases(from, release),
    ...switchSteps(seen, from, release, strategy, { pull: false }),
  }
}

/**
 * What makes the release that served before serve again, when a deploy fails. `shifted`: the deploy had already begun to move traffic, or had
 * taken it from the former release.
 */
export function planWayBack(seen: Seen, former: Release | null, failed: Release, shifted: boolean): Step[] {
  const steps: Step[] = []
  const strategy = strategyFor(failed.config, former?.config).strategy
  const left = seen.replicas.filter((replica) => replica.release === failed.number).map(({ name }) => name)
  const stop: Step[] =
    left.length === 0 ? [] : [{ kind: 'demote', release: failed.number, replicas: left, level: 'stopped' }]
  if (former !== null && shifted) {
    const own = seen.replicas.filter((replica) => replica.release === former.number)
    const asleep = own.filter((replica) => replica.level !== 'running' || !replica.up).map(({ name }) => name)
    if (strategy === 'stop_first') steps.push({ kind: 'shift_traffic', release: null }, ...stop)
    if (asleep.length > 0) {
      steps.push({ kind: 'wake', release: former.number, replicas: asleep })
      steps.push({ kind: 'health', release: former.number, replicas: asleep })
    }
    steps.push({ kind: 'shift_traffic', release: former.number }, { kind: 'prove', release: former.number })
    return strategy === 'stop_first' ? steps : [...steps, ...stop]
  }
  if (former === null && shifted) steps.push({ kind: 'shift_traffic', release: null })
  return [...steps, ...stop]
}
