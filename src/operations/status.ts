// What runs, as people and machines ask for it: read from the state and the proxy, so that it works while Docker is away. The engine is asked for one
// thing alone, containers that somebody has removed, and not waited for. Invariant: it costs the same however long the history is.
import { type AsternError, isAsternError } from '../core/errors.ts'
import {
  type Level,
  type Release,
  type ReleaseRef,
  releaseName,
  type Rung,
  type Scope,
  scopeName,
} from '../core/model.ts'
import { planRollback } from '../core/plan-rollback.ts'
import { runningProcesses, WEB } from '../core/processes.ts'
import { liveOf, replicasOf as replicasOfProcess, rungOf, type Seen } from '../core/seen.ts'
import type { ServerSeen, TrafficSeen } from '../ports/traffic.ts'
import type { Hold } from '../store/holds.ts'
import type { LeaseHolder } from '../store/leases.ts'
import type { StoredReplica } from '../store/replicas.ts'
import type { Service } from '../store/services.ts'
import { type HoldView, holdView, releaseRef } from './answer.ts'
import { WHOLE_SHARE } from '../core/trial.ts'
import type { Trial } from '../store/trials.ts'
import type { App } from './app.ts'
import { promptly } from './copies.ts'
import { stateOf, withContainers } from './releases.ts'
import { choices, seeTrusting, serversOf } from './see.ts'

export type ServiceHealth = 'healthy' | 'degraded' | 'down'

/** One of `services` in `astern status --json`. The names are a contract. */
export type ServiceStatus = Scope & {
  readonly active: ReleaseRef | null
  readonly candidate: ReleaseRef | null
  readonly standby: readonly (ReleaseRef & { readonly rung: Rung })[]
  /** Percent of the requests, by release: `{ r42: 95, r41: 5 }`. Empty: nobody gets any. */
  readonly shares: Readonly<Record<string, number>>
  readonly health: ServiceHealth
  /** Of the active release, `web` first. */
  readonly processes: readonly ProcessStatus[]
  readonly hold: HoldView | null
  readonly trial: TrialView | null
}

/** A release that is staged, in a canary, or baking. */
export type TrialView = {
  readonly release: string
  readonly against: string | null
  readonly phase: Trial['phase']
  /** Of a canary, from 1. */
  readonly step: number
  readonly steps: number
  /** ISO 8601, UTC. */
  readonly since: string
  readonly verdict: Trial['verdict']
  readonly reason: string | null
}

export function trialView({ release, against, phase, step, policy, stepSince, verdict, reason }: Trial): TrialView {
  return {
    release: releaseName(release),
    against: against === null ? null : releaseName(against),
    phase,
    step: phase === 'canary' ? step + 1 : 0,
    steps: policy.steps.length,
    since: new Date(stepSince).toISOString(),
    verdict,
    reason,
  }
}

export type ProcessStatus = { readonly process: string; readonly running: number; readonly wanted: number }

export type StandbyView = {
  readonly release: Release
  readonly rung: Rung
  /** Why it was rolled back from; `null`: it is not in quarantine. */
  readonly quarantine: string | null
}

/** The same for people, with what is beside it. */
export type StatusView = {
  readonly status: ServiceStatus
  readonly listen: string
  readonly hosts: readonly string[]
  readonly active: Release | null
  readonly candidate: Release | null
  readonly standbys: readonly StandbyView[]
  /** Where a rollback would go now; `null`: nowhere. */
  readonly target: StandbyView | null
  readonly hold: Hold | null
  /** The operation that runs now. */
  readonly busy: LeaseHolder | null
  /** Releases of which somebody has removed containers. */
  readonly removed: readonly number[]
}

/** What the proxy does, or the error that says why it cannot be asked. */
export type TrafficLook =
  | { readonly traffic: TrafficSeen; readonly trouble: null }
  | { readonly traffic: null; readonly trouble: AsternError }

export async function lookAtTraffic(app: App): Promise<TrafficLook> {
  try {
    return { traffic: await app.traffic.observe(), trouble: null }
  } catch (error) {
    if (!isAsternError(error)) throw error
    return { traffic: null, trouble: error }
  }
}

/** Containers that somebody has removed, each as `shop.prod r41-1`. */
export type Removed = ReadonlySet<string>

/** Asks the engine which containers are gone; one that does not answer at once is not waited for. */
export async function lookForRemoved(app: App): Promise<Removed> {
  const there = await promptly(app, async () => (await app.runtime()).levels())
  if (there === null) return new Set()
  const names = new Set(there.map(keyOf))
  const kept = app.store.services.list().flatMap((scope) => app.store.replicas.of(scope))
  return new Set(
    kept
      .filter(({ level }) => level !== 'absent')
      .map(keyOf)
      .filter((key) => !names.has(key)),
  )
}

function keyOf(replica: Scope & { readonly name: string }): string {
  return `${scopeName(replica)} ${replica.name}`
}

/** `removed` count as gone, although the state does not know it yet. Error: SERVICE_UNKNOWN. */
export function statusOf(
  app: App,
  scope: Scope,
  traffic: TrafficSeen | null,
  removed: Removed = new Set(),
): StatusView {
  const { store } = app
  const asOf = <T extends Scope & { readonly name: string; readonly level: Level }>(replicas: readonly T[]) =>
    replicas.map((replica): T => (removed.has(keyOf(replica)) ? { ...replica, level: 'absent' } : replica))
  const trusting = seeTrusting(app, scope, traffic)
  const seen = { ...trusting, replicas: asOf(trusting.replicas) }
  const trial = store.trials.open(scope)
  const service = store.services.get(scope)!
  const stored = store.replicas.of(scope)
  const replicas = asOf(stored)
  const servers = traffic === null ? null : serversOf(traffic, scope)
  const up = seen.active === null || servers === null ? 0 : takingRequests(servers, seen.active.number, trial)
  const target = targetOf(app, scope, seen)
  const standbys = standbysOf(app, seen, service, replicas, target)
  const processes = processesOf(seen, up)
  const holder = store.leases.holder(scope, app.clock.now())
  const hold = store.holds.get(scope)
  return {
    status: {
      service: scope.service,
      environment: scope.environment,
      active: seen.active === null ? null : releaseRef(seen.active),
      candidate: seen.candidate === null ? null : releaseRef(seen.candidate),
      standby: standbys.map(({ release, rung }) => ({ ...releaseRef(release), rung })),
      shares: sharesOf(servers ?? replicas.filter(({ attached }) => attached), trial),
      trial: trial === null ? null : trialView(trial),
      health: healthOf(processes),
      processes,
      hold: holdView(hold),
    },
    listen: service.definition.listen,
    hosts: service.definition.hosts,
    active: seen.active,
    candidate: seen.candidate,
    standbys,
    target: target === null ? null : viewOf(seen, target),
    hold,
    busy: holder?.alive === true ? holder : null,
    removed: [...new Set(stored.filter((replica) => removed.has(keyOf(replica))).map(({ release }) => release))],
  }
}

/** By their weights, or by a draw. */
function takingRequests(servers: readonly ServerSeen[], release: number, trial: Trial | null): number {
  const drawn = trial !== null && trial.share > 0 && trial.release === release
  return servers.filter(
    (server) => server.release === release && server.up && server.mode === 'ready' && (server.weight > 0 || drawn),
  ).length
}

/** Replicas of `web` count while they take requests, those of other processes while they run, as far as the state knows. */
function processesOf(seen: Seen, up: number): ProcessStatus[] {
  const { active } = seen
  if (active === null) return []
  return runningProcesses(active.config).map((process) => {
    const running = replicasOfProcess(seen, active.number, process).filter(({ level }) => level === 'running')
    return { process, running: process === WEB ? up : running.length, wanted: liveOf(seen, process) }
  })
}

/** Down: no user is served, or where there are none nothing runs. */
export function healthOf(processes: readonly ProcessStatus[]): ServiceHealth {
  const web = processes.find(({ process }) => process === WEB)
  const decisive = web === undefined ? processes : [web]
  if (decisive.every(({ running }) => running === 0)) return 'down'
  return processes.every(({ running, wanted }) => running >= wanted) ? 'healthy' : 'degraded'
}

/** In percent, to two digits at most, the largest first. */
export function sharesOf(
  servers: readonly Pick<ServerSeen | StoredReplica, 'release' | 'weight' | 'mode'>[],
  trial: Pick<Trial, 'release' | 'share'> | null = null,
): Record<string, number> {
  const weights = new Map<number, number>()
  for (const { release, weight, mode } of servers) {
    if (mode === 'ready' && weight > 0) weights.set(release, (weights.get(release) ?? 0) + weight)
  }
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  const drawn = trial === null ? 0 : trial.share / WHOLE_SHARE
  const parts = new Map([...weights].map(([release, weight]) => [release, (1 - drawn) * (weight / total)]))
  if (trial !== null && drawn > 0) parts.set(trial.release, drawn + (parts.get(trial.release) ?? 0))
  const shares = [...parts]
    .sort(([a, partOfA], [b, partOfB]) => partOfB - partOfA || b - a)
    .map(([release, part]) => [releaseName(release), Math.round(part * 10_000) / 100] as const)
  return Object.fromEntries(shares)
}

function targetOf(app: App, scope: Scope, seen: Seen): Release | null {
  const decision = planRollback(seen, choices(app, scope, null), { to: null, force: new Set() })
  return decision.outcome === 'plan' ? app.store.releases.get(scope, decision.to) : null
}

/**
 * Releases that are kept ready, the one that served last first: those with containers, and the one that a rollback would go to, which may be
 * retired. One whose deploy failed is not among them: its containers are kept for their output alone.
 */
function standbysOf(
  app: App,
  seen: Seen,
  service: Service,
  replicas: readonly StoredReplica[],
  target: Release | null,
): StandbyView[] {
  const kept = withContainers(replicas)
  const numbers = new Set([...kept, ...(target === null ? [] : [target.number])])
  return app.store.releases
    .some(seen, [...numbers])
    .filter((release) => ['standby', 'retired'].includes(stateOf(release, service, kept)))
    .sort((a, b) => (b.standbySince ?? 0) - (a.standbySince ?? 0) || b.number - a.number)
    .map((release) => viewOf(seen, release))
}

function viewOf(seen: Seen, release: Release): StandbyView {
  return {
    release,
    rung: rungOf(seen, release),
    quarantine: seen.quarantined.get(release.identity)?.reason ?? null,
  }
}

/** A container of a release, and what the proxy does with it. */
export type ReplicaView = {
  readonly name: string
  readonly process: string
  readonly level: Level
  readonly address: string
  readonly weight: number
  /** The proxy lets it take requests; `null`: the proxy does not have it, or cannot be asked. */
  readonly up: boolean | null
}

/** `rung` is `null` for a release that no rollback can wake: one that serves, is on trial, or failed. */
export function replicasOf(
  app: App,
  scope: Scope,
  release: Release,
  traffic: TrafficSeen | null,
): { readonly rung: Rung | null; readonly replicas: readonly ReplicaView[] } {
  const { store } = app
  const replicas = store.replicas.of(scope)
  const servers = new Map((traffic === null ? [] : serversOf(traffic, scope)).map((server) => [server.name, server]))
  const state = stateOf(release, store.services.get(scope)!, withContainers(replicas))
  const isStandby = state === 'standby' || state === 'retired'
  return {
    rung: isStandby ? rungOf(seeTrusting(app, scope, traffic), release) : null,
    replicas: replicas
      .filter((replica) => replica.release === release.number)
      .map(({ name, process, level, address, weight }) => {
        const server = servers.get(name)
        return { name, process, level, address, weight: server?.weight ?? weight, up: server?.up ?? null }
      }),
  }
}
