// What the planners look at: a service in an environment as it is known at one moment.
import { type SecretVersions, keptSecretsHash } from './identity.ts'
import { configOf, runningProcesses, WEB } from './processes.ts'
import { replicaName } from './replica-name.ts'
import type { Definition, Level, ProcessConfig, Release, Replica, Rung, Scope, Strategy } from './model.ts'
import type { SchemaGate } from './schema.ts'

export type SeenReplica = Replica & {
  /** The proxy has it and lets it take requests; `false` too when it cannot be said. Of a process beside `web`: it runs. */
  readonly up: boolean
}

export type Quarantine = { readonly release: number; readonly reason: string }

export type Seen = Scope & {
  readonly nowAt: number
  readonly definition: Definition
  /** How many replicas each process has now, by its name. */
  readonly live: Readonly<Record<string, number>>
  /** How long nobody was served in the last switch that stopped first; `null`: never measured. */
  readonly lastOutageMs: number | null
  readonly active: Release | null
  /** The release of a deploy that has not ended. */
  readonly candidate: Release | null
  readonly replicas: readonly SeenReplica[]
  /** Identities that were rolled back from, of those that may matter. */
  readonly quarantined: Pick<ReadonlyMap<string, Quarantine>, 'get'>
  readonly currentSecrets: SecretVersions
  /** Only of a service that says what its database is. */
  readonly schema?: SchemaGate
  /** First number that a new replica of a release may take. */
  readonly nextOrdinal: (release: number) => number
}

const SLOWNESS: readonly Rung[] = ['warm', 'frozen', 'cold', 'retired']

function rungOfReplica(replica: SeenReplica): Rung {
  const rungs: Record<Level, Rung> = {
    running: replica.up ? 'warm' : 'cold',
    frozen: 'frozen',
    stopped: 'cold',
    absent: 'retired',
  }
  return rungs[replica.level]
}

export type Readiness = {
  /** The slowest of those that are needed: what a switch to it has to wait for. */
  readonly rung: Rung
  /** Replicas to use, fastest first, at most as many as are live. */
  readonly usable: readonly SeenReplica[]
  /** How many must be created beside them. */
  readonly missing: number
  /** Replicas that hold an old value of a `keep_current` secret: not usable. */
  readonly stale: readonly SeenReplica[]
}

/** How ready a process of a release is to run with as many replicas as are live now. */
export function readinessOf(seen: Seen, release: Release, process = WEB): Readiness {
  const wanted = keptSecretsHash(release, seen.currentSecrets)
  const live = configOf(release.config, process) === null ? 0 : liveOf(seen, process)
  const own = replicasOf(seen, release.number, process)
  const stale = own.filter((replica) => replica.secretsHash !== wanted)
  const usable = own
    .filter((replica) => replica.secretsHash === wanted && replica.level !== 'absent')
    .sort((a, b) => SLOWNESS.indexOf(rungOfReplica(a)) - SLOWNESS.indexOf(rungOfReplica(b)))
    .slice(0, live)
  const missing = live - usable.length
  const slowest = usable.at(-1)
  const rung = missing > 0 || slowest === undefined ? 'retired' : rungOfReplica(slowest)
  return { rung, usable, missing, stale }
}

/** The slowest rung of all its processes without `web`, or of `web` alone: users wait for nobody else. */
export function rungOf(seen: Seen, release: Release): Rung {
  const running = runningProcesses(release.config)
  const decisive = running.includes(WEB) ? [WEB] : running
  const rungs = decisive.map((process) => readinessOf(seen, release, process).rung)
  return rungs.sort((a, b) => SLOWNESS.indexOf(b) - SLOWNESS.indexOf(a))[0] ?? 'retired'
}

/** A process that was never counted has one replica. */
export function liveOf(seen: Pick<Seen, 'live'>, process: string): number {
  return seen.live[process] ?? 1
}

export function replicasOf(seen: Seen, release: number, process: string): SeenReplica[] {
  return seen.replicas.filter((replica) => replica.release === release && replica.process === process)
}

/** It must be woken before it can do its work. */
export function isAsleep(replica: SeenReplica): boolean {
  return replica.level !== 'running' || !replica.up
}

/** Names for `count` replicas to come. */
export function newNames(seen: Seen, release: number, count: number, process = WEB): string[] {
  const first = seen.nextOrdinal(release)
  return Array.from({ length: count }, (_, index) => replicaName(release, first + index, process))
}

export type StrategyReason = { readonly kind: 'volume' | 'port' | 'asked' | 'schema'; readonly name: string }

type Exclusive = Pick<ProcessConfig, 'mounts' | 'ports' | 'container'>

/** Why two releases with this configuration must never run at the same time. */
export function exclusiveReasons(config: Exclusive): StrategyReason[] {
  return [
    ...config.mounts
      .filter((mount) => !mount.readOnly && !mount.shared)
      .map((mount): StrategyReason => ({ kind: 'volume', name: `${mount.source}:${mount.target}` })),
    ...config.ports.map((port): StrategyReason => ({ kind: 'port', name: String(port.hostPort) })),
    ...(config.container?.stopFirst === true ? [{ kind: 'asked' as const, name: 'update_config.order' }] : []),
  ]
}

/** Start-first unless two writers, or two holders of one port, would meet. */
export function strategyFor(...configs: (Exclusive | null)[]): {
  strategy: Strategy
  because: StrategyReason[]
} {
  const because = configs.flatMap((config) => (config === null ? [] : exclusiveReasons(config)))
  const unique = [...new Map(because.map((reason) => [`${reason.kind} ${reason.name}`, reason])).values()]
  return { strategy: unique.length > 0 ? 'stop_first' : 'start_first', because: unique }
}
