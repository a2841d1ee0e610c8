// Decides on which rung each standby should be by now: warm, then frozen, then cold, then retired, by configured times and counts.
// Pure, and derived from state alone, so that work which nobody did in time is found by looking.
import { type Level, type Release, type Step } from './model.ts'
import { exclusiveReasons, newNames, readinessOf, type Seen, type SeenReplica } from './seen.ts'

/** Standbys to consider, the one that served last first. */
export function wantedLevels(seen: Seen, standbys: readonly Release[]): Map<number, Level> {
  const { warm, warmForMs, frozen, frozenForMs, cold } = seen.definition.standby
  const left = { warm, frozen, cold, failed: 1 }
  const wanted = new Map<number, Level>()
  for (const release of standbys) {
    const ageMs = seen.nowAt - (release.standbySince ?? release.createdAt)
    const level = ((): Level => {
      if (release.state === 'failed') return left.failed-- > 0 ? 'stopped' : 'absent'
      const mayRun = !release.rolledBack && exclusiveReasons(release.config).length === 0
      if (mayRun && left.warm > 0 && ageMs < warmForMs) return (left.warm--, 'running')
      if (mayRun && left.frozen > 0 && ageMs < warmForMs + frozenForMs) return (left.frozen--, 'frozen')
      return left.cold-- > 0 || release.pinned ? 'stopped' : 'absent'
    })()
    wanted.set(release.number, level)
  }
  return wanted
}

export type LadderPlan = { readonly steps: readonly Step[]; readonly create: readonly string[] }

/**
 * Steps that bring every replica to its level. What can be made smaller comes first. `standbys` are the releases that have replicas, without the
 * active one and the candidate, the one that served last first.
 */
export function planLadder(seen: Seen, standbys: readonly Release[]): LadderPlan {
  const down: Step[] = []
  const up: Step[] = []
  const create: string[] = []
  const wanted = wantedLevels(seen, standbys)

  if (seen.active !== null) {
    // It serves with as many replicas as are live.
    const { usable, missing } = readinessOf(seen, seen.active)
    const fresh = newNames(seen, seen.active.number, missing)
    create.push(...fresh)
    up.push(...wake(seen.active, [...names(usable.filter(asleep)), ...fresh]))
    up.push(
      ...demote(
        seen.active,
        own(seen, seen.active).filter((replica) => !usable.includes(replica)),
        'absent',
      ),
    )
  }
  for (const release of standbys) {
    const level = wanted.get(release.number)!
    const { usable, missing, stale } = readinessOf(seen, release)
    const rest = own(seen, release).filter((replica) => !usable.includes(replica))
    if (level === 'absent') {
      down.push(...demote(release, own(seen, release), 'absent'))
      continue
    }
    down.push(...demote(release, rest, 'absent'))
    if (level === 'stopped')
      down.push(
        ...demote(
          release,
          usable.filter(({ level }) => level !== 'stopped'),
          'stopped',
        ),
      )
    if (level === 'frozen') {
      // A stopped container stays stopped: freezing it would mean starting the code that nobody asked for.
      down.push(
        ...demote(
          release,
          usable.filter(({ level }) => level === 'running'),
          'frozen',
        ),
      )
    }
    if (level !== 'running' && stale.length === 0) continue
    // Stale ones are made again off traffic; a warm standby has as many replicas as are live.
    const fresh = newNames(seen, release.number, level === 'running' ? missing : Math.min(missing, stale.length))
    create.push(...fresh)
    if (level === 'running') {
      up.push(...wake(release, [...names(usable.filter(asleep)), ...fresh]))
    } else if (fresh.length > 0 && level === 'stopped') {
      up.push({ kind: 'create', release: release.number, replicas: fresh })
    } else if (fresh.length > 0) {
      up.push(...wake(release, fresh), { kind: 'demote', release: release.number, replicas: fresh, level: 'frozen' })
    }
  }
  return { steps: [...down, ...up], create }
}

function own(seen: Seen, release: Release): SeenReplica[] {
  return seen.replicas.filter((replica) => replica.release === release.number)
}

function asleep(replica: SeenReplica): boolean {
  return replica.level !== 'running' || !replica.up
}

function names(replicas: readonly SeenReplica[]): string[] {
  return replicas.map(({ name }) => name)
}

function wake(release: Release, replicas: readonly string[]): Step[] {
  if (replicas.length === 0) return []
  return [
    { kind: 'wake', release: release.number, replicas },
    { kind: 'health', release: release.number, replicas },
  ]
}

function demote(release: Release, replicas: readonly SeenReplica[], level: Exclude<Level, 'running'>): Step[] {
  if (replicas.length === 0) return []
  const awake = replicas.filter((replica) => replica.level === 'running')
  const drain: Step[] = awake.length === 0 ? [] : [{ kind: 'drain', release: release.number, replicas: names(awake) }]
  return [...drain, { kind: 'demote', release: release.number, replicas: names(replicas), level }]
}
