// Decides how the active release gets other numbers of replicas. Pure: what was seen and asked goes in, steps come out.
// Invariant: nothing goes before everything that was asked for is there.
import { fitActive } from './ladder.ts'
import type { Definition, Release, Step } from './model.ts'
import { configOf, hasWeb, runningProcesses, WEB, workersOf } from './processes.ts'
import { liveOf, type Seen } from './seen.ts'

/** Replicas by the name of their process. */
export type Counts = Readonly<Record<string, number>>

export type ScalePlan = {
  readonly release: number | null
  readonly before: Counts
  readonly live: Counts
  /** Names of replicas that the steps create. */
  readonly create: readonly string[]
  /** What must succeed before the new numbers count. */
  readonly up: readonly Step[]
  /** What goes once they do. */
  readonly down: readonly Step[]
}

/** Standbys follow by the ladder, which looks at the live numbers. */
export function planScale(seen: Seen, asked: Counts): ScalePlan {
  const { active } = seen
  const processes = Object.keys(asked)
  const wanted: Seen = { ...seen, live: { ...seen.live, ...asked } }
  const fits = active === null ? [] : processes.map((process) => fitActive(wanted, active, process))
  return {
    release: active?.number ?? null,
    before: Object.fromEntries(processes.map((process) => [process, liveOf(seen, process)])),
    live: asked,
    create: fits.flatMap(({ create }) => create),
    up: fits.flatMap(({ wake }) => wake),
    down: fits.flatMap(({ surplus }) => surplus),
  }
}

/** Everything is as it was asked for. */
export function isDone({ before, live, up, down }: ScalePlan): boolean {
  return up.length + down.length === 0 && Object.entries(live).every(([process, count]) => before[process] === count)
}

/** Processes that have a number of replicas: those of the file, and those that only the active release still has. */
export function scalable(definition: Definition, active: Release | null): string[] {
  const inFile = [...(hasWeb(definition.process) ? [WEB] : []), ...workersOf(definition).map(({ name }) => name)]
  return [...new Set([...inFile, ...(active === null ? [] : runningProcesses(active.config))])]
}

/** A fixed port on the host that a process holds, so that it can have one replica only; `null`: none. */
export function heldPort(definition: Definition, active: Release | null, process: string): number | null {
  const inFile = process === WEB ? definition.process : definition.processes.find(({ name }) => name === process)
  const ports = [...(inFile?.ports ?? []), ...(active === null ? [] : (configOf(active.config, process)?.ports ?? []))]
  return ports[0]?.hostPort ?? null
}
