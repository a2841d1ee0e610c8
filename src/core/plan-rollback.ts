// Decides how to go back. Pure: what was seen and asked goes in; steps, or every reason why not, come out.
import { diffReleases } from './diff.ts'
import { type Release, releaseName, type Step } from './model.ts'
import type { Decision, Noop, NoopWhy, Plan, Refused } from './plan.ts'
import { planRevert } from './plan-revert.ts'
import { refusedBySchema, warned } from './plan-schema.ts'
import { planSwitch } from './plan-switch.ts'
import { hasWeb } from './processes.ts'
import type { Seen } from './seen.ts'

export type Force = 'quarantine' | 'hold' | 'outdated' | 'freeze' | 'schema'

export type RollbackRequest = {
  /** `r40`, `40`, a version, `previous`; `null`: the newest eligible stable release. */
  readonly to: string | null
  readonly force: ReadonlySet<Force>
  /** Traffic moves step by step over this long; absent: at once. */
  readonly rampMs?: number
  /** The schema of the database goes back as well. */
  readonly revertDatabase?: true
}

export type RollbackChoices = {
  /** Releases that may be meant, newest first: those that served, or those that `to` names. */
  readonly candidates: readonly Release[]
  /** The one that served before the present one. */
  readonly previous: Release | null
}

export function planRollback(seen: Seen, choices: RollbackChoices, ask: RollbackRequest): Decision {
  const from = seen.candidate ?? seen.active
  const target = chooseTarget(seen, choices, ask)
  if ('outcome' in target) return target
  const reverted = ask.revertDatabase === true ? planRevert(seen, from, target) : null
  if (reverted !== null && 'outcome' in reverted) return reverted
  const planned = reverted ?? planSwitch(seen, from, target, 'back')
  const serves = target.number === seen.active?.number
  const opinion =
    reverted === null
      ? seen.schema?.back(target, { rung: planned.rung, forced: ask.force.has('schema'), serves })
      : undefined
  if (opinion !== undefined && opinion.against !== null) {
    return refusedBySchema(target, opinion.against, instead(seen, choices, target, ask))
  }
  if (ask.rampMs !== undefined && planned.strategy === 'stop_first') {
    return { outcome: 'refused', code: 'RAMP_IMPOSSIBLE', details: { release: releaseName(target.number) } }
  }
  const plan: Plan = {
    outcome: 'plan',
    from: from?.number ?? null,
    to: target.number,
    notYetStable: !target.stable,
    changes: from === null ? [] : diffReleases(from, target, new Set(seen.currentSecrets.keys())),
    ...planned,
    steps: planned.steps.map((step) => ramped(seen, target, step, ask)),
  }
  return warned(plan, opinion?.warnings ?? [])
}

/** A release that the schema does not speak against. */
function instead(seen: Seen, choices: RollbackChoices, target: Release, ask: RollbackRequest): Release | null {
  const others = choices.candidates.filter(
    (release) =>
      release.number !== target.number &&
      release.number !== (seen.candidate ?? seen.active)?.number &&
      ineligible(seen, release, ask.force) === null,
  )
  const how = { rung: 'retired', forced: false, serves: false } as const
  return others.find((release) => seen.schema?.back(release, how).against === null) ?? null
}

/** Only what serves users now can hand them over step by step. */
function ramped({ active }: Seen, target: Release, step: Step, { rampMs }: RollbackRequest): Step {
  if (rampMs === undefined || step.kind !== 'shift_traffic' || active === null || active.number === target.number)
    return step
  return hasWeb(active.config) && hasWeb(target.config) ? { ...step, ramp: { from: active.number, ms: rampMs } } : step
}

/** Why a release cannot be gone back to; `null`: it can. */
export function ineligible(seen: Seen, release: Release, force: ReadonlySet<Force>): string | null {
  const quarantine = seen.quarantined.get(release.identity)
  if (release.activeAt === null) return release.state === 'failed' ? 'its deploy failed' : 'it never served'
  if (release.prunedAt !== null) return `its image was deleted by retention on ${dayOf(release.prunedAt)}`
  if (force.has('quarantine')) return null
  if (quarantine !== undefined)
    return `in quarantine since ${releaseName(quarantine.release)} was rolled back from (${quarantine.reason})`
  if (release.rolledBack) return 'it was rolled back from'
  return null
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 'YYYY-MM-DD'.length)
}

function chooseTarget(seen: Seen, choices: RollbackChoices, ask: RollbackRequest): Release | Refused | Noop {
  if (ask.to === 'previous') return previousTarget(seen, choices, ask)
  if (ask.to !== null) return namedTarget(seen, choices, ask)
  if (seen.candidate === null && seen.active?.activeBy === 'rollback') {
    return noop(seen, 'went_back')
  }
  const from = seen.candidate ?? seen.active
  const earlier = choices.candidates.filter((release) => release.number !== from?.number)
  if (earlier.length === 0) return noop(seen, 'no_earlier')
  const eligible = earlier.filter((release) => ineligible(seen, release, ask.force) === null)
  return eligible.find((release) => release.stable) ?? eligible[0] ?? refusal(seen, earlier, ask)
}

function namedTarget(seen: Seen, choices: RollbackChoices, ask: RollbackRequest): Release | Refused | Noop {
  const eligible = choices.candidates.find((release) => ineligible(seen, release, ask.force) === null)
  if (eligible === undefined) return refusal(seen, choices.candidates, ask)
  if (seen.candidate === null && eligible.number === seen.active?.number) {
    return noop(seen, 'serves')
  }
  return eligible
}

function previousTarget(seen: Seen, choices: RollbackChoices, ask: RollbackRequest): Release | Refused | Noop {
  const previous = seen.candidate === null ? choices.previous : seen.active
  if (previous === null) return noop(seen, 'no_earlier')
  return ineligible(seen, previous, ask.force) === null ? previous : refusal(seen, [previous], ask)
}

function noop(seen: Seen, why: NoopWhy): Noop {
  return { outcome: 'noop', active: seen.active?.number ?? null, why }
}

function refusal(seen: Seen, releases: readonly Release[], ask: RollbackRequest): Refused {
  const [only] = releases
  const quarantine = only === undefined ? undefined : seen.quarantined.get(only.identity)
  if (
    ask.to !== null &&
    releases.length === 1 &&
    only !== undefined &&
    only.activeAt !== null &&
    quarantine !== undefined
  ) {
    return {
      outcome: 'refused',
      code: 'QUARANTINED',
      details: { release: releaseName(only.number), reason: quarantine.reason },
    }
  }
  const lines = releases.map((release) => {
    const version = release.version === null ? '' : ` ${release.version}`
    return `  ${releaseName(release.number)}${version}: ${ineligible(seen, release, ask.force)}`
  })
  return { outcome: 'refused', code: 'NO_TARGET', details: { reasons: lines.join('\n') } }
}
