// The processes of a release: `web` takes requests; workers run beside it; schedules have no containers of their own between two runs.
import type { Definition, Health, ProcessConfig, ReleaseConfig, ReleaseProcess, StandbyPolicy } from './model.ts'

export const WEB = 'web'

/** Of one process in one environment. */
export const MAX_REPLICAS = 100

/** What a process beside `web` keeps when its configuration says nothing, or no longer knows it: one stopped container set. */
const ONE_COLD: StandbyPolicy = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }

export type RunningConfig = ProcessConfig & { readonly health: Health }

/** How a process of a release runs; `null`: the release does not have it. */
export function configOf(config: ReleaseConfig, process: string): RunningConfig | null {
  if (process === WEB) return config.port === null ? null : config
  return config.processes.find(({ name }) => name === process) ?? null
}

export function hasWeb(config: Pick<ProcessConfig, 'port'>): boolean {
  return config.port !== null
}

/** Those that run all the time, `web` not among them. */
export function workersOf<P extends Pick<ReleaseProcess, 'schedule'>>(config: {
  readonly processes: readonly P[]
}): readonly P[] {
  return config.processes.filter(({ schedule }) => schedule === null)
}

/** Names of all processes that have containers all the time, `web` first. */
export function runningProcesses(...configs: readonly ReleaseConfig[]): string[] {
  const names = configs.flatMap((config) => [
    ...(hasWeb(config) ? [WEB] : []),
    ...workersOf(config).map(({ name }) => name),
  ])
  return [...new Set(names)].sort((a, b) => Number(b === WEB) - Number(a === WEB))
}

/** How a step names its process: `web` needs no name, it was there before there were others. */
export function named(process: string): { process?: string } {
  return process === WEB ? {} : { process }
}

export function standbyPolicy(definition: Definition, process: string): StandbyPolicy {
  if (process === WEB) return definition.standby
  return definition.processes.find(({ name }) => name === process)?.standby ?? ONE_COLD
}
