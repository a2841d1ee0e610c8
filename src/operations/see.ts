// Reads what the planners look at. One pass over the state, without an await, so that deciding and writing the intent are one transaction.
import { fail } from '../core/errors.ts'
import { type Definition, type Release, releaseName, scopeName, type Scope } from '../core/model.ts'
import { hasWeb, WEB } from '../core/processes.ts'
import type { RollbackChoices } from '../core/plan-rollback.ts'
import type { SchemaGate } from '../core/schema.ts'
import type { Seen } from '../core/seen.ts'
import type { Autopilot } from '../core/trial.ts'
import type { ServerSeen, TrafficSeen } from '../ports/traffic.ts'
import type { StoredReplica } from '../store/replicas.ts'
import type { App } from './app.ts'

/** How many earlier releases are looked at for a target, first and at most. */
const RECENT = 6
const HISTORY_LIMIT = 50

/** What the proxy does; a service without `web` needs none, and one that nobody knows has none. Error: PROXY_DOWN. */
export async function observeFor(
  app: App,
  definition: Pick<Definition, 'process'> | null,
): Promise<TrafficSeen | null> {
  return definition !== null && hasWeb(definition.process) ? app.traffic.observe() : null
}

/** As it was taken over last; `null`: there is no such service. */
export function definitionOf(app: App, scope: Scope): Definition | null {
  return app.store.services.get(scope)?.definition ?? null
}

/** `r42 v1.3.0` */
export function nameOf(app: App, scope: Scope, number: number): string {
  const version = app.store.releases.get(scope, number)?.version ?? null
  return version === null ? releaseName(number) : `${releaseName(number)} ${version}`
}

/** What it does about a release that turns out bad. */
export function autopilotOf(app: App, scope: Scope): Autopilot {
  return definitionOf(app, scope)?.trial.autopilot ?? 'act'
}

/** Error: SERVICE_UNKNOWN. */
export function see(app: App, scope: Scope, traffic: TrafficSeen | null, schema: SchemaGate | null = null): Seen {
  const { store } = app
  const service = store.services.get(scope)
  if (service === null) {
    const known = store.services.list().map(scopeName).join(', ')
    throw fail('SERVICE_UNKNOWN', { service: scope.service, environment: scope.environment, known: known || 'none' })
  }
  const up = upServers(traffic, scope)
  const release = (number: number | null) => (number === null ? null : store.releases.get(scope, number))
  return {
    service: scope.service,
    environment: scope.environment,
    nowAt: app.clock.now(),
    definition: service.definition,
    live: service.live,
    lastOutageMs: service.lastOutageMs,
    active: release(service.active),
    candidate: release(service.candidate),
    replicas: store.replicas
      .of(scope)
      .map((replica) => ({ ...replica, up: replica.process !== WEB || (mayServe(replica) && up.has(replica.name)) })),
    // one identity at a time, so that a long history costs nothing
    quarantined: { get: (identity) => store.releases.quarantined(scope, identity) ?? undefined },
    currentSecrets: new Map(store.services.currentSecrets(scope).map(({ name, version }) => [name, version])),
    ...(schema === null ? {} : { schema }),
    nextOrdinal: (number) => store.replicas.nextOrdinal(scope, number),
  }
}

/** By the committed intent: what the proxy still does otherwise, it will not do for long. */
function mayServe(replica: StoredReplica): boolean {
  return replica.attached && replica.mode === 'ready' && replica.checked
}

/** The proxy's servers of a scope. */
export function serversOf(traffic: TrafficSeen, scope: Scope): readonly ServerSeen[] {
  const backend = traffic.backends.find(
    ({ service, environment }) => service === scope.service && environment === scope.environment,
  )
  return backend?.servers ?? []
}

function upServers(traffic: TrafficSeen | null, scope: Scope): Set<string> {
  const servers = traffic === null ? [] : serversOf(traffic, scope)
  return new Set(servers.filter((server) => server.up && server.mode === 'ready').map(({ name }) => name))
}

/** With nobody to say which servers are up, a running replica is taken for what it was left as. Error: SERVICE_UNKNOWN. */
export function seeTrusting(app: App, scope: Scope, traffic: TrafficSeen | null): Seen {
  const seen = see(app, scope, traffic)
  return traffic === null ? { ...seen, replicas: seen.replicas.map((replica) => ({ ...replica, up: true })) } : seen
}

/** The releases that `to` may mean. Error: RELEASE_UNKNOWN. */
export function choices(app: App, scope: Scope, to: string | null): RollbackChoices {
  const { releases } = app.store
  const previous = to === 'previous' ? releases.lastStandby(scope) : null
  if (to === null || to === 'previous') {
    return { candidates: earlier(app, scope), previous }
  }
  const candidates = named(app, scope, to)
  if (candidates.length === 0) {
    throw fail('RELEASE_UNKNOWN', { service: scope.service, environment: scope.environment, release: to })
  }
  return { candidates, previous }
}

/** Those that served, or, where hardly any did, all: so that a refusal can give every reason. A long history costs nothing while a recent release will do. */
function earlier(app: App, scope: Scope): Release[] {
  const { releases, services } = app.store
  const active = services.get(scope)?.active
  const recent = releases.thatServed(scope, RECENT)
  const mayDo = ({ number, stable, identity, prunedAt }: Release) =>
    number !== active && stable && prunedAt === null && releases.quarantined(scope, identity) === null
  if (recent.some(mayDo)) return recent
  const served = releases.thatServed(scope, HISTORY_LIMIT)
  return served.length > 1 ? served : releases.list(scope, HISTORY_LIMIT)
}

/** `r41`, `41` or a version (`v1.2.0`, also without its v); newest first. */
export function named(app: App, scope: Scope, name: string): Release[] {
  const { releases } = app.store
  const number = /^r?(\d+)$/.exec(name)?.[1]
  if (number !== undefined) return releases.some(scope, [Number(number)])
  const exact = releases.ofVersion(scope, name, HISTORY_LIMIT)
  if (exact.length > 0) return exact
  return releases.ofVersion(scope, name.startsWith('v') ? name.slice(1) : `v${name}`, HISTORY_LIMIT)
}
