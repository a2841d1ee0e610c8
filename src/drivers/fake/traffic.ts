// Traffic through a proxy in memory: for tests and simulations, under the same conformance suite as the real one.
import { fail } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import type { Scope } from '../../core/model.ts'
import type { BackendWanted, ServerWanted, Traffic, TrafficWanted } from '../../ports/traffic.ts'
import type { FakeBackend, FakeServer } from './proxied.ts'
import type { FakeProxy, TrafficMethod } from './proxy.ts'

export type FakeTrafficOptions = {
  readonly proxy: FakeProxy
  readonly wanted: () => TrafficWanted
  readonly lock: <T>(work: () => Promise<T>) => Promise<T>
}

/** How often `drain` looks. */
const POLL_MS = 5
/** How long a server that should serve is given until the checks say that it can. */
const RISE_MS = 1_000

export function createFakeTraffic({ proxy, wanted: committed, lock }: FakeTrafficOptions): Traffic {
  async function call<T>(method: TrafficMethod, effect: () => T | Promise<T>): Promise<T> {
    proxy.calls.push(method)
    const before = proxy.takeFault(method, 'before')
    if (before !== null) throw before
    proxy.check()
    const result = await effect()
    const after = proxy.takeFault(method, 'after')
    if (after !== null) throw after
    return result
  }

  function mustRun(): void {
    if (proxy.state === 'down') throw fail('PROXY_DOWN', { reason: 'connection refused' })
  }

  function serverOf(scope: Scope, name: string): FakeServer {
    const server = proxy.backends.get(scopeName(scope))?.servers.get(name)
    if (server === undefined) throw fail('PROXY_REFUSED', { command: `server ${name}`, answer: 'No such server.' })
    return server
  }

  async function ensure(scope?: Scope): Promise<void> {
    const wanted = committed()
    const next = shapeOf(wanted)
    if (proxy.state === 'down') {
      proxy.file = wanted
      mustRun()
    }
    const present = hasMoved(proxy, wanted) ? 'to be read anew' : shapeOfRunning(proxy)
    // what commands can do comes first, and stands although a reload is refused
    proxy.file = present === next ? wanted : inPresentShape(proxy, wanted)
    await settle(wanted)
    if (present === next) return
    const obstacle = wanted.backends.find(
      ({ listen }) => proxy.taken.has(listen) && ![...proxy.backends.values()].some((own) => own.listen === listen),
    )
    if (obstacle !== undefined) {
      if (scope !== undefined && isUnchanged(proxy, wanted, scope)) return
      throw fail('PORT_TAKEN', { address: obstacle.listen, by: '' })
    }
    proxy.file = wanted
    proxy.reload()
    await settle(wanted)
  }

  async function settle(wanted: TrafficWanted): Promise<void> {
    for (const part of wanted.backends) {
      const backend = proxy.backends.get(scopeName(part))
      if (backend === undefined) continue
      for (const server of part.servers) join(backend, server)
      await awaitSuccessor(backend, part)
      for (const server of part.servers) apply(backend, server)
      backend.trial = part.trial
      backend.standIn = part.standIn
      if (part.candidate === undefined) delete backend.candidate
      else backend.candidate = part.candidate
    }
    for (const [name, backend] of proxy.backends) {
      const part = wanted.backends.find((each) => scopeName(each) === name)
      for (const server of backend.servers.values()) {
        if (part?.servers.some((each) => each.name === server.name) === true) continue
        server.weight = 0
        server.mode = 'maintenance'
        if (server.sessions.size === 0) backend.servers.delete(server.name)
      }
    }
  }

  // Whoever serves now serves on until one of those who should can.
  async function awaitSuccessor(backend: FakeBackend, wanted: BackendWanted): Promise<void> {
    const { clock } = proxy
    const meant = wanted.servers.filter(({ weight, mode }) => weight > 0 && mode === 'ready')
    const names = new Set(meant.map(({ name }) => name))
    const isServing = ({ name, weight, up, mode }: FakeServer): boolean =>
      !names.has(name) && weight > 0 && up && mode === 'ready'
    const deadline = clock.monotonic() + RISE_MS
    const servers = (): FakeServer[] => [...backend.servers.values()]
    while (meant.length > 0 && servers().some(isServing) && !servers().some(({ name, up }) => names.has(name) && up)) {
      if (clock.monotonic() > deadline) {
        throw fail('PROXY_REFUSED', { command: 'set weight', answer: `${[...names].join(', ')} is down` })
      }
      await clock.sleep(POLL_MS)
      proxy.check()
    }
  }

  async function drain(scope: Scope, names: readonly string[], drainMs: number, signal?: AbortSignal): Promise<number> {
    const { clock } = proxy
    const deadline = clock.monotonic() + drainMs
    const left = () => names.flatMap((name) => proxy.inFlight(scopeName(scope), name))
    while (left().length > 0) {
      signal?.throwIfAborted()
      if (clock.monotonic() >= deadline) {
        const requests = left()
        for (const request of requests) {
          request.cut = true
          request.end()
        }
        return requests.length
      }
      await clock.sleep(POLL_MS, signal)
    }
    return 0
  }

  return {
    observe: () =>
      call('observe', () => {
        mustRun()
        const backends = [...proxy.backends.values()].map(({ service, environment, servers }) => ({
          service,
          environment,
          servers: [...servers.values()].map(({ sessions, healthPath: _path, ...server }) => ({
            ...server,
            up: server.up && server.mode === 'ready',
            sessions: sessions.size,
          })),
        }))
        return { process: proxy.process, backends: backends.filter(({ servers }) => servers.length > 0) }
      }),
    ensure: (scope) => call('ensure', () => lock(() => ensure(scope))),
    markUp: (scope, name) =>
      call('markUp', () => {
        mustRun()
        serverOf(scope, name).up = true
      }),
    drain: (scope, names, drainMs, signal) => call('drain', () => drain(scope, names, drainMs, signal)),
    counters: (scope) =>
      call('counters', () => {
        mustRun()
        const { servers, counters } = proxy.backends.get(scopeName(scope)) ?? emptyBackend
        const known = new Set([...servers.values()].map(({ release }) => release))
        return [...known]
          .sort((a, b) => a - b)
          .map((release) => counters.get(release) ?? { release, requests: 0, failures: 0, responses: noResponses })
      }),
    probe: (scope, path, count, release) =>
      call('probe', () => {
        const part = committed().backends.find((each) => scopeName(each) === scopeName(scope))
        return Array.from({ length: count }, () => {
          if (part === undefined) return { release: null, status: 0 }
          const host = part.hosts[0]
          const answer = proxy.request({
            listen: part.listen,
            path,
            proof: committed().proofSecret,
            ...(host === undefined ? {} : { host }),
            ...(release === undefined ? {} : { headers: { 'X-Astern-To': `r${release}` } }),
          })
          return { release: answer.shown, status: answer.status }
        })
      }),
    tally: (scopes) =>
      call('tally', () => {
        mustRun()
        const backends = scopes.map(({ service, environment }) => {
          const backend = proxy.backends.get(scopeName({ service, environment }))
          const servers = [...(backend?.servers.values() ?? [])].map(
            ({ name, release }) => backend?.serverCounts.get(name) ?? { name, release, answered: 0, failed: 0 },
          )
          return { service, environment, arms: new Map(backend?.arms), servers }
        })
        return { process: proxy.process, backends }
      }),
    synced: async () => {},
    close: () => {},
  }

  function join(backend: FakeBackend, wanted: ServerWanted): void {
    const present = backend.servers.get(wanted.name)
    if (present === undefined) proxy.join(backend, wanted)
    else if (wanted.checked && !present.checked) {
      // whoever switches the checks on again has probed it
      present.checked = true
      present.up = true
    }
    proxy.check()
  }
}

function apply(backend: FakeBackend, wanted: ServerWanted): void {
  const server = backend.servers.get(wanted.name)
  if (server === undefined) return
  const returns = server.mode === 'maintenance' && wanted.mode === 'ready'
  server.weight = wanted.weight
  server.mode = wanted.mode
  server.checked = wanted.checked
  server.healthPath = wanted.healthPath
  if (wanted.weight > 0 && (returns || !wanted.checked)) server.up = true
}

const noResponses = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }
const emptyBackend = { servers: new Map<string, FakeServer>(), counters: new Map<number, never>() }

// How its servers are checked is part of the shape, and so is where users connect.
function shapeOf(wanted: TrafficWanted): string {
  return JSON.stringify([
    wanted.proofSecret,
    wanted.backends.map(({ servers, ...structure }) => [
      partOf(structure),
      servers.some(({ healthPath }) => healthPath === null),
    ]),
  ])
}

function shapeOfRunning({ proofSecret, backends }: FakeProxy): string {
  return JSON.stringify([
    proofSecret,
    [...backends.values()].map(({ servers, ...structure }) => [
      partOf(structure),
      [...servers.values()].some(({ healthPath }) => healthPath === null),
    ]),
  ])
}

/** A server's address changes only with the file. */
function hasMoved({ backends }: FakeProxy, wanted: TrafficWanted): boolean {
  return wanted.backends.some((part) =>
    part.servers.some(({ name, address, port }) => {
      const server = backends.get(scopeName(part))?.servers.get(name)
      return server !== undefined && (server.address !== address || server.port !== port)
    }),
  )
}

function partOf({ service, environment, listen, hosts, check, rules }: Omit<BackendWanted, 'servers'>): unknown {
  return { service, environment, listen, hosts, check, rules }
}

function inPresentShape({ proofSecret, backends }: FakeProxy, wanted: TrafficWanted): TrafficWanted {
  return {
    ...wanted,
    proofSecret,
    backends: [...backends.values()].map(({ service, environment, listen, hosts, check, rules }) => {
      const part = wanted.backends.find((each) => each.service === service && each.environment === environment)
      const own = part ?? { servers: [], trial: null, standIn: null }
      return { ...own, service, environment, listen, hosts, check, rules }
    }),
  }
}

function isUnchanged({ backends }: FakeProxy, wanted: TrafficWanted, scope: Scope): boolean {
  const present = backends.get(scopeName(scope))
  const next = wanted.backends.find((each) => scopeName(each) === scopeName(scope))
  return present !== undefined && next !== undefined && JSON.stringify(partOf(present)) === JSON.stringify(partOf(next))
}
