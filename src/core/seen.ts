// What the planners look at: a service in an environment as it is known at one moment.
import { type SecretVersions, keptSecretsHash } from './identity.ts'
import { replicaName } from './replica-name.ts'
import type { Definition, Level, ReleaseConfig, Release, Replica, Rung, Scope, Strategy } from './model.ts'

export type SeenReplica = Replica & {
  /** The proxy has it and lets it take requests. `false` too when it cannot be said. */
  readonly up: boolean
}

export type Quarantine = { readonly release: number; readonly reason: string }

export type Seen = Scope & {
  readonly nowAt: number
  readonly definition: Definition
  readonly liveReplicas: number
  readonly active: Release | null
  /** The release of a deploy that has not ended. */
  readonly candidate: Release | null
  readonly replicas: readonly SeenReplica[]
  /** Identities that were rolled back from, of those that may matter. */
  readonly quarantined: Pick<ReadonlyMap<string, Quarantine>, 'get'>
  readonly currentSecrets: SecretVersions
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

/** How ready a release is to serve with as many replicas as are live now. */
export function readinessOf(seen: Seen, release: Release): Readiness {
  const wanted = keptSecretsHash(release, seen.currentSecrets)
  const own = seen.replicas.filter((replica) => replica.release === release.number)
  const stale = own.filter((replica) => replica.secretsHash !== wanted)
  const usable = own
    .filter((replica) => replica.secretsHash === wanted && replica.level !== 'absent')
    .sort((a, b) => SLOWNESS.indexOf(rungOfReplica(a)) - SLOWNESS.indexOf(rungOfReplica(b)))
    .slice(0, seen.liveReplicas)
  const missing = seen.liveReplicas - usable.length
  const slowest = usable.at(-1)
  const rung = missing > 0 || slowest === undefined ? 'retired' : rungOfReplica(slowest)
  return { rung, usable, missing, stale }
}

/** Names for `count` replicas to come. */
export function newNames(seen: Seen, release: number, count: number): string[] {
  const first = seen.nextOrdinal(release)
  return Array.from({ length: count }, (_, index) => replicaName(release, first + index))
}

export type StrategyReason = { readonly kind: 'volume' | 'port'; readonly name: string }

/** Why two releases with this configuration must never run at the same time. */
export function exclusiveReasons(config: Pick<ReleaseConfig, 'mounts' | 'ports'>): StrategyReason[] {
  return [
    ...config.mounts
      .filter((mount) => !mount.readOnly && !mount.shared)
      .map((mount): StrategyReason => ({ kind: 'volume', name: `${mount.source}:${mount.target}` })),
    ...config.ports.map((port): StrategyReason => ({ kind: 'port', name: String(port.hostPort) })),
  ]
}

/** Start-first unless two writers, or two holders of one port, would meet. */
export function strategyFor(...configs: (Pick<ReleaseConfig, 'mounts' | 'ports'> | undefined)[]): {
  strategy: Strategy
  because: StrategyReason[]
} {
  const because = configs.flatMap((config) => (config === undefined ? [] : exclusiveReasons(config)))
  const unique = [...new Map(because.map((reason) => [`${reason.kind} ${reason.name}`, reason])).values()]
  return { strategy: unique.length > 0 ? 'stop_first' : 'start_first', because: unique }
}
