// The steps that bring a service from one release to another: the same for the way forward and the way back.
// Invariants: two releases of a process that must not meet never run at once; on the way forward everything new that may run beside the old is
// healthy before users are moved; on the way back users are moved first.
import type { Release, Step, Strategy } from './model.ts'
import type { Handover, Plan } from './plan.ts'
import type { TrialSteps } from './plan-trial.ts'
import { configOf, hasWeb, named, runningProcesses, standbyPolicy, WEB } from './processes.ts'
import { isAsleep, newNames, readinessOf, replicasOf, rungOf, type Seen, strategyFor } from './seen.ts'

export type Direction = 'forward' | 'back'
type Switch = Pick<Plan, 'strategy' | 'because' | 'outage' | 'handovers' | 'rung' | 'create' | 'steps'>

/** One process on its way: what must be awake of the one release, and what runs of the other. */
type Part = Handover & {
  readonly create: readonly string[]
  readonly asleep: readonly string[]
  readonly old: readonly string[]
}

/** `between`: what must happen while neither of the two runs; where there is something, the switch is stop-first. */
export function planSwitch(
  seen: Seen,
  from: Release | null,
  to: Release,
  direction: Direction,
  trial: TrialSteps | null = null,
  between: readonly Step[] = [],
): Switch {
  const names = runningProcesses(...(from === null ? [] : [from.config]), to.config)
  const parts = names.map((process) => partOf(seen, from, to, process, between.length > 0))
  const web = parts.find(({ process }) => process === WEB) ?? null
  const workers = parts.filter(({ process }) => process !== WEB)
  const { strategy, because } = web ?? { strategy: 'start_first' as const, because: [] }
  return {
    strategy,
    because,
    outage: from !== null && pauses(web) ? { lastMs: seen.lastOutageMs } : null,
    handovers: workers.map(({ process, strategy, because }) => ({ process, strategy, because })),
    rung: rungOf(seen, to),
    create: parts.flatMap(({ create }) => create),
    steps: steps({ seen, from, to, direction, web, workers, trial, between }),
  }
}

function partOf(seen: Seen, from: Release | null, to: Release, process: string, apart: boolean): Part {
  const { usable, missing } = readinessOf(seen, to, process)
  const create = newNames(seen, to.number, missing, process)
  const old =
    from === null || from.number === to.number
      ? []
      : replicasOf(seen, from.number, process).filter(({ level }) => level === 'running' || level === 'frozen')
  return {
    process,
    ...(apart ? APART : handoverOf(from, to, process)),
    create,
    // what has waited while the world around it changed is asked once more whether it is well
    asleep: [...usable.filter((replica) => apart || isAsleep(replica)).map(({ name }) => name), ...create],
    old: old.map(({ name }) => name),
  }
}

const APART: Omit<Handover, 'process'> = { strategy: 'stop_first', because: [{ kind: 'schema', name: 'schema' }] }

/** What a process asks for is followed, unless two of it must not meet. */
function handoverOf(from: Release | null, to: Release, process: string): Omit<Handover, 'process'> {
  const before = from === null ? null : configOf(from.config, process)
  const forced = strategyFor(configOf(to.config, process), before)
  const asked = to.config.processes.find(({ name }) => name === process)?.handover ?? null
  return forced.strategy === 'stop_first' || asked === null ? forced : { strategy: asked, because: [] }
}

/** The one release of it stops before the other starts. */
function pauses(web: Part | null): web is Part {
  return web !== null && web.strategy === 'stop_first' && web.old.length > 0
}

type Given = {
  readonly seen: Seen
  readonly from: Release | null
  readonly to: Release
  readonly direction: Direction
  readonly web: Part | null
  readonly workers: readonly Part[]
  readonly trial: TrialSteps | null
  readonly between: readonly Step[]
}

function steps({ seen, from, to, direction, web, workers, trial, between }: Given): Step[] {
  const ofStrategy = (wanted: Strategy) => workers.filter(({ strategy }) => strategy === wanted)
  const beside = ofStrategy('start_first')
  const inPlace = ofStrategy('stop_first')
  const pause = from !== null && (pauses(web) || between.length > 0)
  const stopInPlace = inPlace.flatMap((part) => demote(from, part, 'stopped'))
  return [
    // a deploy has its image already
    ...(direction === 'back' ? pullFor(to, web === null ? workers : [web, ...workers]) : []),
    ...(pause ? [...(web === null ? [] : pauseWeb(from, to, web)), ...stopInPlace] : []),
    ...between,
    ...(web === null ? [] : wake(to, web)),
    // work that cannot be taken back begins after the release was tried
    ...(trial?.canary ?? []),
    ...(direction === 'forward' ? beside.flatMap((part) => wake(to, part)) : []),
    { kind: 'shift_traffic', release: to.number, ...(trial?.holdback == null ? {} : { holdback: trial.holdback }) },
    ...(hasWeb(to.config) ? [{ kind: 'prove' as const, release: to.number }] : []),
    ...(direction === 'back' ? beside.flatMap((part) => wake(to, part)) : []),
    ...(pause ? [] : stopInPlace),
    ...inPlace.flatMap((part) => wake(to, part)),
    ...beside.flatMap((part) => rest(seen, from, part, direction)),
  ]
}

function pullFor(to: Release, parts: readonly Part[]): Step[] {
  return parts.some(({ create }) => create.length > 0) ? [{ kind: 'pull', release: to.number, image: to.image }] : []
}

/** Nobody serves from here until the other release is healthy: what can be prepared is prepared before. */
function pauseWeb(from: Release, to: Release, web: Part): Step[] {
  return [
    ...(web.create.length > 0 ? [{ kind: 'create' as const, release: to.number, replicas: web.create }] : []),
    { kind: 'shift_traffic', release: null },
    ...(web.old.length > 0 ? [{ kind: 'drain' as const, release: from.number, replicas: web.old }] : []),
    ...demote(from, web, 'stopped'),
  ]
}

function wake(to: Release, part: Part): Step[] {
  if (part.asleep.length === 0) return []
  const common = { release: to.number, replicas: part.asleep, ...named(part.process) }
  return [
    { kind: 'wake', ...common },
    { kind: 'health', ...common },
  ]
}

/** A worker that was handed over from does its work no more: two releases would share it. One that is to stand by warm goes on. */
function rest(seen: Seen, from: Release | null, part: Part, direction: Direction): Step[] {
  const { warm, frozen } = standbyPolicy(seen.definition, part.process)
  if (direction === 'back') return demote(from, part, 'stopped')
  return warm > 0 ? [] : demote(from, part, frozen > 0 ? 'frozen' : 'stopped')
}

function demote(from: Release | null, part: Part, level: 'frozen' | 'stopped'): Step[] {
  if (from === null || part.old.length === 0) return []
  return [{ kind: 'demote', release: from.number, replicas: part.old, level, ...named(part.process) }]
}
