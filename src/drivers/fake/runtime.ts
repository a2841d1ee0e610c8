// A runtime that works on an engine in memory: for tests and simulations, under the same conformance suite as the real one.
// Every await stands before the effect, so that a call's effect is one instant, as in a real engine.
import { addressPool, chooseSubnet } from '../../core/addresses.ts'
import { fail } from '../../core/errors.ts'
import { healthDeadlineMs } from '../../core/health.ts'
import { releaseName, type ImageFacts, type Level, type Scope } from '../../core/model.ts'
import type {
  LogLine,
  LogOptions,
  ReplicaName,
  ReplicaSeen,
  ReplicaSpec,
  ReplicaStats,
  Runtime,
} from '../../ports/runtime.ts'
import { portName, type FakeContainer, type FakeEngine, type RuntimeMethod } from './engine.ts'
import { ensureOneOffCreated, execute, readOneOff, runOneOff, seeOneOff, startOneOff, stopOneOff } from './one-off.ts'

/** How long a call waits for an engine that does not answer. */
export const HUNG_LIMIT_MS = 5_000
const LOG_LINES_SHOWN = 10
const ENDPOINT = 'fake://engine'

export type FakeRuntimeOptions = {
  readonly installation: string
  readonly engine: FakeEngine
  readonly subnets: { subnet(): string | null; choose(subnet: string): void }
  /** Called while a command runs in a container of its own. */
  readonly onRunning?: () => void
}

export function createFakeRuntime({ installation, engine, subnets, onRunning }: FakeRuntimeOptions): Runtime {
  const { clock } = engine
  const keyOf = (replica: Scope & { readonly name: string }) =>
    `astern-${installation}-${replica.service}-${replica.environment}-${replica.name}`
  const find = (replica: Scope & { readonly name: string }) => engine.containers.get(keyOf(replica)) ?? null

  async function call<T>(
    method: RuntimeMethod,
    replica: string | null,
    signal: AbortSignal | undefined,
    effect: () => T | Promise<T>,
  ): Promise<T> {
    engine.record(method, replica)
    signal?.throwIfAborted()
    await meetFault(method, replica, 'before', signal)
    // A replica is asked for its health on its own address: that needs no engine.
    if (method !== 'awaitHealthy') await reachEngine(signal)
    engine.settle()
    const result = await effect()
    await meetFault(method, replica, 'after', signal)
    return result
  }

  async function reachEngine(signal: AbortSignal | undefined): Promise<void> {
    if (engine.state === 'up') return
    if (engine.state === 'hung') await clock.sleep(HUNG_LIMIT_MS, signal)
    if (engine.state === 'forbidden') throw fail('ENGINE_PERMISSION', { endpoint: ENDPOINT })
    const reason = engine.state === 'down' ? 'connection refused' : `no answer within ${HUNG_LIMIT_MS / 1000} s`
    throw fail('ENGINE_UNAVAILABLE', { endpoint: ENDPOINT, reason })
  }

  async function meetFault(
    method: RuntimeMethod,
    replica: string | null,
    when: 'before' | 'after',
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const fault = engine.takeFault(method, replica, when)
    if (fault === null) return
    if (fault.delayMs > 0) await clock.sleep(fault.delayMs, signal)
    if (fault.error !== null) throw fault.error
  }

  function create(replica: ReplicaSpec): FakeContainer {
    if (!engine.images.has(replica.configDigest)) {
      throw fail('IMAGE_NOT_FOUND', { image: replica.configDigest, reason: 'it is not on this host' })
    }
    const { openEnv, ...spec } = replica
    const container: FakeContainer = {
      installation,
      spec,
      env: openEnv(),
      level: 'stopped',
      startedAt: null,
      attached: true,
      restarts: 0,
      exitCode: null,
      oomKilled: false,
      log: [],
    }
    engine.containers.set(keyOf(replica), container)
    return container
  }

  function start(container: FakeContainer, replica: ReplicaSpec): void {
    const { startFails } = engine.behaviourOf(container)
    const details = { replica: replica.name, release: releaseName(replica.release) }
    if (startFails !== null) throw fail('START_FAILED', { ...details, reason: startFails })
    for (const network of replica.config.container?.networks ?? []) {
      if (engine.userNetworks.has(network)) continue
      throw fail('NETWORK_UNKNOWN', { network, service: replica.service, command: 'docker compose up -d' })
    }
    const by = engine.holderOfAddress(replica.address, container)
    if (by !== null) {
      throw fail('ADDRESS_TAKEN', { ...details, address: replica.address, by, network: `astern-${installation}` })
    }
    for (const port of replica.config.ports) {
      const holder = engine.holderOfPort(port, container)
      if (holder !== null) throw fail('PORT_TAKEN', { address: portName(port), by: ` by ${holder}` })
    }
    engine.start(container)
  }

  function ensureNetwork(): void {
    const known = engine.networks.get(installation) ?? subnets.subnet()
    const wanted = known ?? chooseSubnet([...engine.routes, ...engine.networks.values()])
    if (wanted === null) throw fail('NETWORK_FULL', { network: `astern-${installation}` })
    addressPool(wanted)
    if (subnets.subnet() === null) subnets.choose(wanted)
    engine.networks.set(installation, wanted)
  }

  async function takeDown(replica: ReplicaName, level: Exclude<Level, 'running'>, signal?: AbortSignal): Promise<void> {
    const container = find(replica)
    if (container === null) return
    if (level === 'frozen') {
      if (container.level === 'running') container.level = 'frozen'
      return
    }
    if (container.level !== 'stopped') {
      const { stopsAfterMs } = engine.behaviourOf(container)
      if (stopsAfterMs > 0) await clock.sleep(Math.min(stopsAfterMs, replica.stop.timeoutMs), signal)
      engine.stop(container, stopsAfterMs > replica.stop.timeoutMs ? 137 : 0)
    }
    if (level === 'absent') engine.remove(container)
  }

  async function becomeHealthy(replica: ReplicaSpec, signal?: AbortSignal): Promise<void> {
    const withinMs = healthDeadlineMs(replica.config.health)
    const deadline = clock.now() + withinMs
    const restartsBefore = find(replica)?.restarts ?? 0
    const failed = (reason: string) => healthFailure(replica, find(replica), withinMs, reason)
    for (;;) {
      engine.settle()
      const container = find(replica)
      if (container === null) throw failed('its container is gone')
      const { startedAt, exitCode, oomKilled } = container
      if (startedAt === null) throw failed('its container was not started')
      if (container.restarts > restartsBefore || container.level === 'stopped') {
        throw failed(oomKilled ? 'it ran out of memory and was killed' : `it ended with exit code ${exitCode ?? 0}`)
      }
      if (container.level === 'frozen') throw failed('its container is paused')
      const { healthyAfterMs, exits } = engine.behaviourOf(container)
      const healthyAt = healthyAfterMs === null ? Number.POSITIVE_INFINITY : startedAt + healthyAfterMs
      if (clock.now() >= healthyAt) return
      if (clock.now() >= deadline) throw failed('connection refused')
      const exitAt = exits === null ? Number.POSITIVE_INFINITY : startedAt + exits.afterMs
      await clock.sleep(Math.min(healthyAt, exitAt, deadline) - clock.now(), signal)
    }
  }

  async function* readLogs(replica: ReplicaName, options: LogOptions): AsyncGenerator<LogLine> {
    const container = await call('logs', replica.name, options.signal, () => find(replica))
    if (container === null) return
    let read = container.log.length
    const since = options.sinceAt ?? Number.NEGATIVE_INFINITY
    const old = container.log.filter((line) => (line.at ?? 0) >= since)
    yield* options.tail === 0 ? [] : old.slice(-options.tail)
    while (options.follow) {
      const fresh = container.log.slice(read)
      read += fresh.length
      yield* fresh
      if (options.signal?.aborted === true || container.level === 'stopped') return
      if (find(replica) !== container) return
      if (read === container.log.length) await engine.change(options.signal)
    }
  }

  return {
    facts: () =>
      call('facts', null, undefined, () => ({
        version: engine.version,
        apiVersion: '1.41',
        liveRestore: engine.liveRestore,
        endpoint: ENDPOINT,
      })),
    image: (reference, { pull, signal }) =>
      call('image', null, signal, () => engine.images.get(reference) ?? (pull ? pulled(engine, reference) : null)),
    observe: (scope) =>
      call('observe', null, undefined, () =>
        [...engine.containers.values()]
          .filter((container) => container.installation === installation)
          .filter((container) => scope === undefined || sameScope(container.spec, scope))
          .map(seen),
      ),
    levels: (scope) =>
      call('levels', null, undefined, () =>
        [...engine.containers.values()]
          .filter((container) => container.installation === installation)
          .filter((container) => scope === undefined || sameScope(container.spec, scope))
          .map(({ spec: { service, environment, name }, level }) => ({ service, environment, name, level })),
      ),
    stats: (scope, signal) =>
      call('stats', null, signal, () =>
        [...engine.containers.values()]
          .filter((container) => container.installation === installation && sameScope(container.spec, scope))
          .map((container) => faring(engine, container)),
      ),
    foreign: (scope) =>
      call('foreign', null, undefined, () =>
        [...engine.containers.values()]
          .filter((container) => container.installation !== installation && sameScope(container.spec, scope))
          .filter((container) => container.level !== 'stopped')
          .map((container) => ({
            service: container.spec.service,
            environment: container.spec.environment,
            installation: container.installation,
            running: container.level === 'running',
          })),
      ),
    ensureRunning: (replica, signal) =>
      call('ensureRunning', replica.name, signal, () => {
        const container = find(replica) ?? create(replica)
        if (!engine.networks.has(installation)) ensureNetwork()
        container.attached = true
        if (container.level === 'stopped') start(container, replica)
        container.level = 'running'
      }),
    ensureCreated: (replica, signal) =>
      call('ensureCreated', replica.name, signal, () => {
        if (find(replica) === null) create(replica)
      }),
    ensureDown: (replica, level, signal) =>
      call('ensureDown', replica.name, signal, () => takeDown(replica, level, signal)),
    awaitHealthy: (replica, signal) => call('awaitHealthy', replica.name, signal, () => becomeHealthy(replica, signal)),
    addressOf: (name, networks) =>
      call('addressOf', null, undefined, () => {
        const network = networks.find((one) => engine.neighbours.has(`${one}/${name}`))
        return network === undefined ? null : (engine.neighbours.get(`${network}/${name}`) ?? null)
      }),
    lookAround: ({ networks, dependencies }) =>
      call('lookAround', null, undefined, () => ({
        missingNetworks: networks.filter((name) => !engine.userNetworks.has(name)),
        stoppedDependencies: dependencies
          .filter(({ project, service }) => !engine.composeServices.has(`${project}/${service}`))
          .map(({ service }) => service),
      })),
    stranger: (name) => call('stranger', null, undefined, () => engine.strangers.get(name) ?? null),
    setStranger: ({ name }, level, signal) =>
      call('setStranger', null, signal, () => {
        const found = engine.strangers.get(name)
        if (found === undefined) throw fail('ADOPT_IMPOSSIBLE', { container: name, reason: 'it is gone' })
        engine.strangers.set(name, { ...found, running: level === 'running' })
      }),
    ownerOf: (configDigest) =>
      call('ownerOf', null, undefined, () => (engine.images.has(configDigest) ? { uid: 0, gid: 0 } : null)),
    logs: readLogs,
    runOnce: (oneOff, session) =>
      call('runOnce', oneOff.name, session.signal, () =>
        runOneOff(engine, { installation, key: keyOf(oneOff), onRunning }, oneOff, session),
      ),
    ensureOneOffCreated: (oneOff) =>
      call('ensureOneOffCreated', oneOff.name, undefined, () =>
        ensureOneOffCreated(engine, installation, keyOf(oneOff), oneOff),
      ),
    startOneOff: (oneOff) =>
      call('startOneOff', oneOff.name, undefined, () => startOneOff(engine, keyOf(oneOff), oneOff)),
    seeOneOff: (oneOff) => call('seeOneOff', oneOff.name, undefined, () => seeOneOff(engine, keyOf(oneOff))),
    stopOneOff: (oneOff) => call('stopOneOff', oneOff.name, undefined, () => stopOneOff(engine, keyOf(oneOff))),
    readOneOff: (oneOff, most) =>
      call('readOneOff', oneOff.name, undefined, () => readOneOff(engine, keyOf(oneOff), most)),
    removeOneOff: (oneOff) =>
      call('removeOneOff', oneOff.name, undefined, () => void engine.oneOffs.delete(keyOf(oneOff))),
    exec: (replica, argv, session) =>
      call('exec', replica.name, session.signal, () => {
        const container = find(replica)
        if (container?.level !== 'running') {
          const details = { replica: replica.name, release: releaseName(replica.release) }
          throw fail('START_FAILED', { ...details, reason: 'it does not run' })
        }
        return execute(engine, replica.name, argv, container.env, session)
      }),
    ensureNetwork: () => call('ensureNetwork', null, undefined, ensureNetwork),
    removeAll: () =>
      call('removeAll', null, undefined, () => {
        const ours = [...engine.containers.values()].filter((container) => container.installation === installation)
        for (const container of ours) engine.remove(container)
        engine.networks.delete(installation)
        for (const [key, oneOff] of engine.oneOffs) if (oneOff.installation === installation) engine.oneOffs.delete(key)
        return ours.length
      }),
    close: () => {},
  }
}

function pulled(engine: FakeEngine, reference: string): ImageFacts {
  if (engine.unreachable.has(reference.split('/')[0] ?? '')) {
    throw fail('REGISTRY_UNREACHABLE', { image: reference, reason: 'connection refused' })
  }
  const facts = engine.remoteImages.get(reference)
  if (facts === undefined) throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'manifest unknown' })
  engine.addImage(facts)
  return facts
}

function seen(container: FakeContainer): ReplicaSeen {
  const { service, environment, name, release, process, transactionId, address } = container.spec
  const { level, oomKilled, restarts, attached } = container
  const exitCode = level === 'stopped' && container.startedAt !== null ? container.exitCode : null
  const state = { level, address: attached ? address : null, exitCode, oomKilled, restarts }
  return { service, environment, name, release, process, transactionId, ...state }
}

function faring(engine: FakeEngine, container: FakeContainer): ReplicaStats {
  const { service, environment, name, release, process, config } = container.spec
  const { level, startedAt, restarts, exitCode, oomKilled } = container
  const running = level !== 'stopped'
  const memory = {
    workingSetBytes: running ? engine.memoryOf(container) : null,
    memoryLimitBytes: config.memoryBytes,
    oomKills: !running && oomKilled ? 1 : 0,
  }
  const ends = { restarts, exitCode, oomKilled }
  return { service, environment, name, release, process, running, startedAt, ...memory, ...ends }
}

function healthFailure(replica: ReplicaSpec, container: FakeContainer | null, withinMs: number, reason: string): Error {
  const lines = container?.log.slice(-LOG_LINES_SHOWN).map((line) => `\n  ${line.text}`) ?? []
  return fail('HEALTH_FAILED', {
    replica: replica.name,
    within: `${withinMs / 1000} s`,
    reason,
    log: lines.join(''),
  })
}

function sameScope(one: Scope, other: Scope): boolean {
  return one.service === other.service && one.environment === other.environment
}
