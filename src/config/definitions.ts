// Puts services and environments together: one Definition for each pair, and everything that two of them must not share.
import type { Definition, ProcessDefinition, PublishedPort, SecretReference } from '../core/model.ts'
import { checkRequired, checksOf, type Said } from './checks.ts'
import type { Placed } from './compose-service.ts'
import { checkUrl } from './database.ts'
import { listenText, sameSocket } from './listen.ts'
import type { Listen } from './listen.ts'
import type { Path } from './problems.ts'
import type { PortEntry } from './published-port.ts'
import type { EnvironmentConfig } from './schema.ts'
import type { Service } from './service.ts'
import type { ServiceContext } from './service-context.ts'
import { didYouMean } from './suggest.ts'
import { retentionOf } from './retention.ts'
import { trialOf } from './trial.ts'
import type { TrialLayer } from './trial.ts'
import { addPlain } from './variables.ts'
import type { Variables } from './variables.ts'

/** A definition with what was read for it, and where it was written. */
type Draft = {
  readonly definition: Definition
  readonly label: string
  readonly listen: Placed<Listen> | null
  readonly hosts: readonly Placed<string>[]
  readonly ports: readonly Placed<PortEntry>[]
  readonly requires: Said<readonly string[]>
}

export type Environment = { readonly name: string; readonly config: EnvironmentConfig }

export function buildDefinitions(
  configPath: string,
  services: readonly Service[],
  environments: readonly Environment[],
  sets: ReadonlyMap<string, readonly string[]>,
  context: ServiceContext,
): readonly Definition[] {
  const drafts: Draft[] = []
  for (const environment of environments) {
    checkServiceNames(environment, services, context)
    const here = services.map((service) =>
      draft(configPath, service, environment, portsBesideProxy(service, environments, context), context),
    )
    for (const [index, one] of here.entries()) checkPorts(one, here.slice(0, index), context)
    drafts.push(...here)
  }
  // The proxy serves all environments of a file, so their addresses must differ too.
  for (const [index, one] of drafts.entries()) checkListen(one, drafts.slice(0, index), context)
  const checked = drafts.map(({ definition: { service, environment, checks = [] } }) => ({
    service,
    environment,
    checks,
  }))
  for (const { definition, requires } of drafts)
    checkRequired({ service: definition.service, requires }, checked, context.problems)
  return drafts.map(({ definition }) => ({ ...definition, sets: placesOf(definition.service, sets) }))
}

function checkServiceNames({ name, config }: Environment, services: readonly Service[], context: ServiceContext): void {
  const { document, problems } = context
  // A service with faults is known too.
  const known = isMapping(document.value)
    ? Object.keys(document.value['services'] ?? {})
    : services.map((one) => one.name)
  for (const service of Object.keys(config.services ?? {})) {
    if (known.includes(service)) continue
    const place = { document, path: ['environments', name, 'services', service] }
    problems.atKey(place, `there is no service of this name${didYouMean(service, known)}`)
  }
}

function isMapping(value: unknown): value is Record<string, Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function draft(
  configPath: string,
  service: Service,
  environment: Environment,
  ports: readonly Placed<PortEntry>[],
  context: ServiceContext,
): Draft {
  const { document, problems } = context
  const { config } = environment
  const base: Path = ['environments', environment.name]
  const own = config.services?.[service.name]
  const ownBase: Path = [...base, 'services', service.name]
  /** What the most specific place says: the service's own, else the environment's. */
  const pick = <T>(key: string, mine: T | undefined, shared: T | undefined): Said<T> => {
    if (mine !== undefined) return { value: mine, place: { document, path: [...ownBase, key] } }
    return shared === undefined ? null : { value: shared, place: { document, path: [...base, key] } }
  }

  const listen = service.port === null ? null : pick('listen', own?.listen, config.listen)
  if (
    service.port !== null &&
    listen === null &&
    !document.has([...base, 'listen']) &&
    !document.has([...ownBase, 'listen'])
  ) {
    const place = { document, path: [...base, 'listen'] }
    problems.missing(place, `is missing; it is where users of ${service.name} connect, as in 127.0.0.1:18080`)
  }
  const hosts = service.port === null ? null : pick('hosts', own?.hosts, config.hosts)
  const placedHosts = (hosts?.value ?? []).map((value, index) => ({
    value,
    place: { document, path: [...(hosts?.place.path ?? []), index] },
  }))
  const replicas = pick('replicas', own?.replicas, config.replicas) ?? {
    value: service.replicas.count,
    place: service.replicas.place,
  }
  const [firstPort] = ports
  if (replicas.value > 1 && firstPort !== undefined) {
    const hint = service.portsFromCompose ? '; ports: [] in astern.yaml drops those of the compose file' : ''
    const place = replicas.place ?? firstPort.place
    problems.at(place, `${replicas.value} replicas cannot share the host port ${firstPort.value.hostPort}${hint}`)
  }

  const variables = new Map(service.variables)
  addPlain(variables, config.env ?? {}, { document, path: [...base, 'env'] }, problems)
  addPlain(variables, own?.env ?? {}, { document, path: [...ownBase, 'env'] }, problems)
  const secrets = new Map<string, SecretReference>()
  for (const [name, variable] of variables) if (variable.kind === 'secret') secrets.set(name, variable.reference)
  for (const reference of service.secrets) secrets.set(reference.name, reference)
  if (service.database !== null) {
    const at = (...rest: Path) => ({ document, path: [...service.path, 'database', ...rest] })
    checkUrl(service.database, new Set([...variables.keys(), ...secrets.keys()]), environment.name, at, context)
  }
  const plain = (all: Variables): Record<string, string> =>
    Object.fromEntries(
      [...all]
        .toSorted(byName)
        .flatMap(([name, variable]) =>
          variable.kind === 'plain' && !secrets.has(name) ? [[name, variable.value]] : [],
        ),
    )
  const processes = service.processes.map(({ place, env: ownEnv, ...process }): ProcessDefinition => {
    const all = new Map(variables)
    addPlain(all, ownEnv, { ...place, path: [...place.path, 'env'] }, problems)
    return { ...process, env: plain(all) }
  })
  const layers: TrialLayer[] = [
    { said: config, at: (...rest) => ({ document, path: [...base, ...rest] }), own: false },
    { said: own ?? {}, at: (...rest) => ({ document, path: [...ownBase, ...rest] }), own: true },
  ]
  const requires = pick('requires', own?.requires, config.requires)
  const checks = checksOf(pick('checks', own?.checks, config.checks), context)
  return {
    label: `${service.name} in ${environment.name}`,
    listen,
    hosts: placedHosts,
    ports,
    requires,
    definition: {
      service: service.name,
      environment: environment.name,
      configPath,
      trial: trialOf(service.trial, layers, service.port !== null, problems),
      image: service.image,
      composeTag: service.composeTag,
      build: service.build,
      ...((own?.registry ?? config.registry ?? service.registry) === 'none' ? { registry: 'none' } : {}),
      listen: listen === null ? '' : listenText(listen.value),
      hosts: placedHosts.map((host) => host.value),
      health: service.health,
      replicas: replicas.value,
      process: {
        port: service.port,
        command: service.command,
        env: plain(variables),
        mounts: service.mounts,
        ports: ports.map(({ value }) => published(value)),
        memoryBytes: service.memoryBytes,
        cpus: service.cpus,
        stop: service.stop,
        ...(Object.keys(service.container).length === 0 ? {} : { container: service.container }),
      },
      processes,
      secrets: [...secrets].toSorted(byName).map(([, reference]) => reference),
      standby: service.standby,
      sets: {},
      freeze: config.freeze ?? [],
      ...(service.dependencies.length === 0 ? {} : { dependencies: service.dependencies }),
      hooks: service.hooks,
      ...(service.database === null ? {} : { database: service.database }),
      retention: retentionOf([service.retention, config.retention, own?.retention]),
      ...(checks.length === 0 ? {} : { checks }),
      ...(requires === null || requires.value.length === 0 ? {} : { requires: requires.value }),
    },
  }
}

function placesOf(service: string, sets: ReadonlyMap<string, readonly string[]>): Definition['sets'] {
  const places = [...sets].map(([name, members]): [string, number] => [name, members.indexOf(service)])
  return Object.fromEntries(places.filter(([, place]) => place >= 0))
}

/** So that moving a line changes nothing. */
function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1
}

function published({ hostAddress, hostPort, containerPort, protocol }: PortEntry): PublishedPort {
  return { hostAddress, hostPort: hostPort ?? 0, containerPort, protocol }
}

/** A compose file publishes the port that users connect to; where the proxy listens on it, the proxy takes its place. */
function portsBesideProxy(
  service: Service,
  environments: readonly Environment[],
  { problems }: ServiceContext,
): readonly Placed<PortEntry>[] {
  if (!service.portsFromCompose) return service.ports
  const listens = environments.map(({ config }) => (config.services?.[service.name]?.listen ?? config.listen)?.port)
  return service.ports.filter(({ value, place }) => {
    const served = value.containerPort === service.port && value.protocol === 'tcp'
    if (served && value.hostPort !== null && listens.includes(value.hostPort)) {
      problems.note(place, `not published by the container: the proxy listens on port ${value.hostPort} in its place`)
      return false
    }
    problems.note(
      place,
      `the container itself holds host port ${value.hostPort}, so a new release starts only when the old one has stopped; with ports: [] in astern.yaml users come through the proxy alone`,
    )
    return true
  })
}

function socketOf({ hostAddress, hostPort }: PortEntry): Listen {
  return { address: hostAddress ?? '0.0.0.0', port: hostPort ?? 0 }
}

/** Fixed host ports within an environment. In another one they may live on another host; the engine tells if they do not. */
function checkPorts(one: Draft, others: readonly Draft[], { problems }: ServiceContext): void {
  for (const [index, { value, place }] of one.ports.entries()) {
    const socket = socketOf(value)
    const taken = (holder: string): void =>
      problems.at(place, `host port ${socket.port}/${value.protocol} is already taken by ${holder}`)
    const conflicts = (other: Placed<PortEntry>): boolean =>
      other.value.protocol === value.protocol && sameSocket(socketOf(other.value), socket)
    if (one.ports.slice(0, index).some(conflicts)) taken('another port of this service')
    for (const other of others) if (other.ports.some(conflicts)) taken(other.label)
    for (const { listen, label } of [one, ...others]) {
      if (value.protocol === 'tcp' && listen !== null && sameSocket(listen.value, socket)) {
        taken(`listen of ${label}`)
      }
    }
  }
  // The other way round: an earlier service holds a port that this one listens on.
  for (const other of others) {
    const holder = other.ports.find(
      ({ value }) => value.protocol === 'tcp' && one.listen !== null && sameSocket(socketOf(value), one.listen.value),
    )
    if (one.listen !== null && holder !== undefined) {
      problems.at(one.listen.place, `port ${one.listen.value.port} is already taken by ports of ${other.label}`)
    }
  }
}

/** Services share an address only when host names tell them apart; one of them may take what is left. */
function checkListen(one: Draft, others: readonly Draft[], { problems }: ServiceContext): void {
  const { listen, hosts } = one
  for (const [index, host] of hosts.entries()) {
    if (hosts.slice(0, index).some((earlier) => earlier.value === host.value)) {
      problems.at(host.place, `${host.value} is named twice`)
    }
  }
  if (listen === null) return
  for (const other of others) {
    if (other.listen === null || !sameSocket(other.listen.value, listen.value)) continue
    if (other.listen.value.address !== listen.value.address) {
      const text = `${listenText(listen.value)} and ${listenText(other.listen.value)} of ${other.label} share a port`
      problems.at(listen.place, `${text}; use one address, or another port`)
      continue
    }
    if (hosts.length === 0 && other.hosts.length === 0) {
      const text = `${one.label} and ${other.label} both answer on ${listenText(listen.value)}`
      problems.at(listen.place, `${text}; give each its hosts, or another port (environments.NAME.services.SERVICE)`)
    }
    for (const host of hosts) {
      if (!other.hosts.some((theirs) => theirs.value === host.value)) continue
      problems.at(host.place, `${host.value} on ${listenText(listen.value)} already leads to ${other.label}`)
    }
  }
}
