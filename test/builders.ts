// Small whole values for tests of the planners: a release, a replica, a service as it is seen.
import { PLAIN_RETENTION } from '../src/core/retention-policy.ts'
import { PLAIN_TRIAL } from '../src/core/trial.ts'
import { identityOf, keptSecretsHash } from '../src/core/identity.ts'
import type { BuildDefinition } from '../src/core/build.ts'
import type { Definition, Level, Release, ReleaseConfig, ReleaseProcess } from '../src/core/model.ts'
import { WEB } from '../src/core/processes.ts'
import { replicaName } from '../src/core/replica-name.ts'
import type { Seen, SeenReplica } from '../src/core/seen.ts'

const HOUR_MS = 3_600_000
export const NOW_AT = Date.UTC(2026, 3, 5, 10)

export const timing = { intervalMs: 500, timeoutMs: 2_000, rise: 1, fall: 2, startPeriodMs: 30_000 }

export function buildConfig(changes: Partial<ReleaseConfig> = {}): ReleaseConfig {
  return {
    port: 8080,
    command: null,
    env: {},
    mounts: [],
    ports: [],
    memoryBytes: null,
    cpus: null,
    stop: { signal: 'SIGTERM', timeoutMs: 10_000, drainMs: 30_000 },
    health: { kind: 'http', path: '/healthz', ...timing },
    secrets: [],
    processes: [],
    ...changes,
  }
}

export function buildDefinition(changes: Partial<Definition> = {}): Definition {
  const { health, secrets: _secrets, processes: _processes, ...process } = buildConfig()
  return {
    service: 'shop',
    environment: 'prod',
    configPath: '/srv/shop/astern.yaml',
    image: 'shop',
    composeTag: null,
    listen: '127.0.0.1:18080',
    hosts: [],
    health,
    replicas: 2,
    process,
    processes: [],
    secrets: [],
    sets: {},
    standby: { warm: 1, warmForMs: HOUR_MS, frozen: 1, frozenForMs: 24 * HOUR_MS, cold: 5 },
    freeze: [],
    hooks: [],
    trial: PLAIN_TRIAL,
    retention: PLAIN_RETENTION,
    ...changes,
  }
}

export function buildBuild(changes: Partial<BuildDefinition> = {}): BuildDefinition {
  return {
    context: '/srv/shop',
    dockerfile: '/srv/shop/Dockerfile',
    target: null,
    args: {},
    tag: '{version}-{env}-{build}',
    pointers: ['latest'],
    platforms: [],
    ...changes,
  }
}

/** A release that served well and stands by. Its image is its number's unless said otherwise. */
export function buildRelease(number: number, changes: Partial<Release> = {}): Release {
  const configDigest = changes.configDigest ?? `sha256:${String(number).padStart(64, '0')}`
  const config = changes.config ?? buildConfig()
  return {
    service: 'shop',
    environment: 'prod',
    number,
    version: `v1.${number}.0`,
    image: `shop:v1.${number}.0`,
    digest: configDigest,
    configDigest,
    identity: identityOf(configDigest, config),
    config,
    gitRevision: null,
    createdAt: NOW_AT - 1_000_000 + number,
    state: 'standby',
    stable: true,
    rolledBack: false,
    pinned: false,
    pinName: null,
    prunedAt: null,
    activeAt: NOW_AT - 500_000 + number,
    activeBy: 'deploy',
    standbySince: NOW_AT - 100_000 + number,
    ...changes,
  }
}

export function buildActive(number: number, changes: Partial<Release> = {}): Release {
  return buildRelease(number, { state: 'active', standbySince: null, ...changes })
}

/** A process beside `web`, as a release keeps it. */
export function buildProcess(name: string, changes: Partial<ReleaseProcess> = {}): ReleaseProcess {
  const { health: _health, secrets: _secrets, processes: _processes, ...common } = buildConfig({ port: null })
  return {
    ...common,
    name,
    command: ['/app', name],
    handover: null,
    schedule: null,
    health: { kind: 'running', ...timing },
    ...changes,
  }
}

export function buildReplicas(release: Release, level: Level, count = 2, process = WEB): SeenReplica[] {
  return Array.from({ length: count }, (_, index) => ({
    service: 'shop',
    environment: 'prod',
    name: replicaName(release.number, index + 1, process),
    release: release.number,
    process,
    address: `10.213.${process === WEB ? 0 : 1}.${release.number * 10 + index}`,
    level,
    secretsHash: keptSecretsHash(release, new Map()),
    up: process !== WEB || level === 'running',
  }))
}

export function buildSeen(changes: Partial<Seen> = {}): Seen {
  return {
    service: 'shop',
    environment: 'prod',
    nowAt: NOW_AT,
    definition: buildDefinition(),
    live: { web: 2 },
    lastOutageMs: null,
    active: null,
    candidate: null,
    replicas: [],
    quarantined: new Map(),
    currentSecrets: new Map(),
    nextOrdinal: () => 3,
    ...changes,
  }
}
