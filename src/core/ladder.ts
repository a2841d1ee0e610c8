// Decides on which rung each standby should be by now: warm, then frozen, then cold, then retired, by configured times and counts.
// Pure, and derived from state alone, so that work which nobody did in time is found by looking.
import type { Level, Release, Step } from './model.ts'
import { configOf, named, runningProcesses, standbyPolicy, WEB } from './processes.ts'
import { exclusiveReasons, isAsleep, newNames, readinessOf, replicasOf, type Seen, type SeenReplica } from './seen.ts'

/** Standbys to consider, the one that served last first. Those without the process are left out. */
export function wantedLevels(seen: Seen, standbys: readonly Release[], process = WEB): Map<number, Level> {
  const { warm, warmForMs, frozen, frozenForMs, cold } = standbyPolicy(seen.definition, process)
  const left = { warm, frozen, cold, failed: 1 }
  const wanted = new Map<number, Level>()
  for (const release of standbys) {
    const config = configOf(release.config, process)
    if (config === null) continue
    const ageMs = seen.nowAt - (release.standbySince ?? release.createdAt)
    const level = ((): Level => {
      if (release.state === 'failed') return left.failed-- > 0 ? 'stopped' : 'absent'
      const mayRun = !release.rolledBack && exclusiveReasons(config).length === 0
      if (mayRun && left.warm > 0 && ageMs < warmForMs) return (left.warm--, 'running')
      if (mayRun && left.frozen > 0 && ageMs < warmForMs + frozenForMs) return (left.frozen--, 'frozen')
      return left.cold-- > 0 || release.pinned ? 'stopped' : 'absent'
    })()
    wanted.set(release.number, level)
  }
  return wanted
}

export type LadderPlan = { readonly steps: readonly Step[]; readonly create: readonly string[] }
type Moves = { readonly down: Step[]; readonly up: Step[]; readonly create: string[] }

/**
 * Steps that bring every replica to its level. What can be made smaller comes first. `standbys` are the releases that have replicas, without the
 * active one and the candidate, the one that served last first. `retire`: those that nobody wants to keep, whatever their rung.
 */
export function planLadder(
  seen: Seen,
  standbys: readonly Release[],
  retire: ReadonlySet<number> = new Set(),
): LadderPlan {
  const moves: Moves = { down: [], up: [], create: [] }
  const releases = seen.active === null ? standbys : [seen.active, ...standbys]
  for (const process of runningProcesses(...releases.map(({ config }) => config))) {
    if (seen.active !== null) {
      const { wake, surplus, create } = fitActive(seen, seen.active, process)
      moves.create.push(...create)
      moves.up.push(...wake, ...surplus)
    }
    const wanted = wantedLevels(seen, standbys, process)
    for (const release of standbys) {
      const level = retire.has(release.number) ? 'absent' : wanted.get(release.number)
      if (level !== undefined) planStandby(seen, release, process, level, moves)
    }
  }
  return { steps: [...moves.down, ...moves.up], create: moves.create }
}

export type Fit = {
  readonly wake: readonly Step[]
  readonly surplus: readonly Step[]
  readonly create: readonly string[]
}

/** A process of the active release runs with as many replicas as are live: what must wake for that, and what goes then. */
export function fitActive(seen: Seen, active: Release, process: string): Fit {
  if (configOf(active.config, process) === null) return { wake: [], surplus: [], create: [] }
  const { usable, missing } = readinessOf(seen, active, process)
  const create = newNames(seen, active.number, missing, process)
  const surplus = replicasOf(seen, active.number, process).filter((replica) => !usable.includes(replica))
  return {
    wake: wake(active, process, [...names(usable.filter(isAsleep)), ...create]),
    surplus: demote(active, process, surplus, 'absent'),
    create,
  }
}

function planStandby(seen: Seen, release: Release, process: string, level: Level, { down, up, create }: Moves): void {
  const own = replicasOf(seen, release.number, process)
  if (level === 'absent') {
    down.push(...demote(release, process, own, 'absent'))
    return
  }
  const { usable, missing, stale } = readinessOf(seen, release, process)
  const surplus = own.filter((replica) => !usable.includes(replica))
  down.push(...demote(release, process, surplus, 'absent'))
  if (level === 'stopped') {
    const awake = usable.filter((replica) => replica.level !== 'stopped')
    down.push(...demote(release, process, awake, 'stopped'))
  }
  if (level === 'frozen') {
    // A stopped container stays stopped: freezing it would mean starting the code that nobody asked for.
    const running = usable.filter((replica) => replica.level === 'running')
    down.push(...demote(release, process, running, 'frozen'))
  }
  if (level !== 'running' && stale.length === 0) return
  // Stale ones are made again off traffic; a warm standby has as many replicas as are live.
  const fresh = newNames(seen, release.number, level === 'running' ? missing : Math.min(missing, stale.length), process)
  create.push(...fresh)
  if (level === 'running') {
    up.push(...wake(release, process, [...names(usable.filter(isAsleep)), ...fresh]))
  } else if (fresh.length > 0 && level === 'stopped') {
    up.push({ kind: 'create', release: release.number, replicas: fresh, ...named(process) })
  } else if (fresh.length > 0) {
    const freeze: Step = {
      kind: 'demote',
      release: release.number,
      replicas: fresh,
      level: 'frozen',
      ...named(process),
    }
    up.push(...wake(release, process, fresh), freeze)
  }
}

function names(replicas: readonly SeenReplica[]): string[] {
  return replicas.map(({ name }) => name)
}

function wake(release: Release, process: string, replicas: readonly string[]): Step[] {
  if (replicas.length === 0) return []
  const common = { release: release.number, replicas, ...named(process) }
  return [
    { kind: 'wake', ...common },
    { kind: 'health', ...common },
  ]
}

/** Only `web` has requests in flight. */
function demote(
  release: Release,
  process: string,
  replicas: readonly SeenReplica[],
  level: Exclude<Level, 'running'>,
): Step[] {
  if (replicas.length === 0) return []
  const awake = process === WEB ? replicas.filter((replica) => replica.level === 'running') : []
  const drain: Step[] = awake.length === 0 ? [] : [{ kind: 'drain', release: release.number, replicas: names(awake) }]
  return [...drain, { kind: 'demote', release: release.number, replicas: names(replicas), level, ...named(process) }]
}
