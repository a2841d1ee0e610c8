// The processes beside `web`: workers and schedules. What they do not say themselves is the service's.
import { Cron } from 'croner'
import { reasonOf } from '../core/errors.ts'
import type { ContainerOptions, Mount, ProcessDefinition, Schedule, StopPolicy } from '../core/model.ts'
import { WEB } from '../core/processes.ts'
import { DEFAULTS } from './defaults.ts'
import type { Path, Place, Problems } from './problems.ts'
import { NAME_PATTERN } from './schema-fields.ts'
import type { ProcessConfig, ServiceConfig } from './schema.ts'
import { msOf, standbyOf } from './standby.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }

/** Without its environment, which an environment of the file may change. */
export type Process = Omit<ProcessDefinition, 'env'> & {
  readonly env: NonNullable<ProcessConfig['env']>
  readonly place: DocumentPlace
}

/** What a process has in common with its service unless it says otherwise. */
export type Common = {
  readonly mounts: readonly Mount[]
  readonly memoryBytes: number | null
  readonly cpus: number | null
  readonly stop: StopPolicy
  readonly container: ContainerOptions
}

type Given = {
  readonly at: (...rest: Path) => DocumentPlace
  readonly problems: Problems
  readonly words: (words: NonNullable<ProcessConfig['command']>, place: DocumentPlace) => readonly string[]
  readonly mounts: (config: ProcessConfig, place: (...rest: Path) => DocumentPlace) => readonly Mount[]
}

export function readProcesses({ processes }: ServiceConfig, common: Common, given: Given): readonly Process[] {
  return Object.entries(processes ?? {}).flatMap(([name, config]) => {
    const place = given.at('processes', name)
    if (name === WEB) {
      given.problems.atKey(place, 'web is the service itself; its settings stand beside processes')
      return []
    }
    if (!NAME_PATTERN.test(name)) {
      given.problems.atKey(place, 'expected a name of lower-case letters, digits and dashes, 40 at most')
      return []
    }
    return [readProcess(name, config, common, given)]
  })
}

function readProcess(name: string, config: ProcessConfig, common: Common, given: Given): Process {
  const at = (...rest: Path) => given.at('processes', name, ...rest)
  if (config.schedule !== undefined) refuseBesideSchedule(config, at, given.problems)
  return {
    name,
    place: at(),
    port: null,
    command: config.command === undefined ? null : given.words(config.command, at('command')),
    env: config.env ?? {},
    mounts: config.volumes === undefined ? common.mounts : given.mounts(config, at),
    ports: [],
    memoryBytes: config.memory ?? common.memoryBytes,
    cpus: config.cpus ?? common.cpus,
    stop: {
      signal: config.stop?.signal ?? common.stop.signal,
      timeoutMs: config.stop?.timeout ?? common.stop.timeoutMs,
      drainMs: config.stop?.drain ?? common.stop.drainMs,
    },
    replicas: config.replicas ?? DEFAULTS.replicas,
    handover: config.handover ?? null,
    schedule: scheduleOf(config, at, given.problems),
    standby: standbyOf(config.standby, DEFAULTS.processStandby),
    ...(Object.keys(common.container).length === 0 ? {} : { container: common.container }),
  }
}

/** What has no containers between two runs has none to keep. */
function refuseBesideSchedule(config: ProcessConfig, at: Given['at'], problems: Problems): void {
  for (const key of ['replicas', 'standby', 'handover'] as const) {
    if (config[key] !== undefined) problems.atKey(at(key), 'means nothing for a process with a schedule')
  }
}

function scheduleOf(config: ProcessConfig, at: Given['at'], problems: Problems): Schedule | null {
  const { schedule: cron, time_zone: timeZone = DEFAULTS.schedule.time_zone, timeout } = config
  if (cron === undefined) {
    for (const key of ['time_zone', 'timeout'] as const) {
      if (config[key] !== undefined) problems.atKey(at(key), 'belongs to a process with a schedule')
    }
    return null
  }
  try {
    if (new Cron(cron, { timezone: timeZone, mode: '5-part' }).nextRun() === null) throw new Error('it never comes')
  } catch (error) {
    const place =
      /timezone|time zone/i.test(reasonOf(error)) && config.time_zone !== undefined ? at('time_zone') : at('schedule')
    problems.at(
      place,
      `expected five fields (minute hour day month weekday) and a time zone that is known: ${reasonOf(error)}`,
    )
  }
  return { cron, timeZone, timeoutMs: timeout ?? msOf(DEFAULTS.schedule.timeout) }
}
