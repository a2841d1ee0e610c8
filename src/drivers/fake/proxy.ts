// A proxy in memory: the world that fake traffic drivers work on. It outlives a driver as a real proxy outlives a process.
// Tests reach into it: what answers behind it, requests through it, what goes wrong with a call, restarts and reloads.
import type { AsternError } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { BackendWanted, ServerWanted, Traffic, TrafficCounters, TrafficWanted } from '../../ports/traffic.ts'

/** What stands behind an address. */
export type Target = {
  /** What it answers on a path; `null`: it is not there, or frozen. */
  answer: (path: string) => number | null
}

export type FakeServer = {
  -readonly [Key in 'weight' | 'mode' | 'checked']: ServerWanted[Key]
} & {
  readonly name: string
  readonly release: number
  readonly address: string
  readonly port: number
  healthPath: string | null
  up: boolean
  readonly sessions: Set<FakeRequest>
}

/** A request in flight. */
export type FakeRequest = {
  readonly server: string
  readonly release: number
  /** It was cut, not answered. */
  cut: boolean
  end: () => void
}

export type Answer = { readonly status: number; readonly server: string | null; readonly release: number | null }

/** Where users connect and how they are routed: changes only by a reload. */
export type FakeBackend = Omit<BackendWanted, 'servers'> & {
  readonly servers: Map<string, FakeServer>
  readonly counters: Map<number, TrafficCounters>
}

export type TrafficMethod = Exclude<keyof Traffic, 'close'>

/** A scripted failure. `after`: the call had its effect, only its answer is lost. */
export type TrafficFault = {
  readonly method: TrafficMethod
  readonly when: 'before' | 'after'
  readonly error: AsternError | Error
  readonly times: number
}

export class FakeProxy {
  readonly clock: Clock
  state: 'up' | 'down' = 'up'
  /** What its configuration file says; `null`: there is none. */
  file: TrafficWanted | null = null
  /** Addresses that somebody else listens on. */
  readonly taken = new Set<string>()
  /** `address:port` → what answers there. Nothing does where there is none. */
  readonly targets = new Map<string, Target>()
  readonly calls: TrafficMethod[] = []
  reloads = 0
  backends = new Map<string, FakeBackend>()
  proofSecret = ''
  readonly #faults: TrafficFault[] = []
  /** What a worker that was replaced by a reload still answers. */
  #former = new Map<string, FakeRequest[]>()
  #starts = 1
  #turn = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  get process(): string {
    return `${this.#starts}`
  }

  addFault(fault: Pick<TrafficFault, 'method' | 'error'> & Partial<TrafficFault>): void {
    this.#faults.push({ when: 'before', times: 1, ...fault })
  }

  /** The next fault that concerns the call, used up by one. */
  takeFault(method: TrafficMethod, when: TrafficFault['when']): Error | null {
    const index = this.#faults.findIndex((fault) => fault.method === method && fault.when === when)
    const fault = this.#faults[index]
    if (fault === undefined) return null
    this.#faults.splice(index, 1, ...(fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []))
    return fault.error
  }

  /** Its process is gone, and every request in it. */
  kill(): void {
    this.state = 'down'
    for (const request of this.#requests()) request.cut = true
    this.#former.clear()
    this.backends.clear()
  }

  /** Starts with its file. */
  start(): void {
    this.state = 'up'
    this.#starts += 1
    this.#former.clear()
    this.#load()
  }

  /** Another process takes over, with the file; what is in flight goes on in the former one. */
  reload(): void {
    this.reloads += 1
    this.#starts += 1
    for (const [name, { servers }] of this.backends) {
      for (const server of servers.values()) {
        const key = `${name}/${server.name}`
        this.#former.set(key, [...(this.#former.get(key) ?? []), ...server.sessions])
      }
    }
    this.#load()
  }

  #load(): void {
    const wanted = this.file
    this.backends = new Map()
    this.proofSecret = wanted?.proofSecret ?? ''
    for (const { servers, ...structure } of wanted?.backends ?? []) {
      const backend = { ...structure, servers: new Map<string, FakeServer>(), counters: new Map() }
      this.backends.set(scopeName(structure), backend)
      for (const server of servers) {
        const frozen = !server.checked && server.weight === 0
        this.join(backend, { ...server, mode: frozen ? 'maintenance' : server.mode })
      }
    }
  }

  join(backend: FakeBackend, wanted: ServerWanted): void {
    // a standby counts as up once it was checked
    backend.servers.set(wanted.name, { ...wanted, up: wanted.weight > 0, sessions: new Set() })
  }

  /** Lets every check have its say. */
  check(): void {
    for (const { servers } of this.backends.values()) {
      const byConnect = [...servers.values()].some(({ healthPath }) => healthPath === null)
      for (const server of servers.values()) {
        if (!server.checked || server.mode === 'maintenance') continue
        const status = this.#ask(server, byConnect ? '/' : (server.healthPath ?? '/'))
        server.up = status !== null && (byConnect || (status >= 200 && status < 400))
      }
    }
  }

  #ask(server: FakeServer, path: string): number | null {
    return this.targets.get(`${server.address}:${server.port}`)?.answer(path) ?? null
  }

  /** Requests in flight at a server, in former workers too. */
  inFlight(backend: string, server: string): FakeRequest[] {
    const former = (this.#former.get(`${backend}/${server}`) ?? []).filter(({ cut }) => !cut)
    return [...(this.backends.get(backend)?.servers.get(server)?.sessions ?? []), ...former]
  }

  *#requests(): Iterable<FakeRequest> {
    for (const { servers } of this.backends.values()) for (const { sessions } of servers.values()) yield* sessions
    for (const requests of this.#former.values()) yield* requests
  }

  /** A user's request, answered at once. */
  request(to: { readonly listen: string; readonly host?: string; readonly path?: string }): Answer {
    const backend = this.#route(to.listen, to.host)
    if (this.state === 'down' || backend === 'refused') return { status: 0, server: null, release: null }
    const server = backend === null ? null : this.#pick(backend)
    if (backend === null || server === null) return { status: 503, server: null, release: null }
    const status = this.#ask(server, to.path ?? '/') ?? 503
    count(backend, server.release, status)
    return { status, server: server.name, release: server.release }
  }

  /** A user's request that is answered when the test says so; `null`: nobody serves. */
  begin(to: { readonly listen: string; readonly host?: string }): FakeRequest | null {
    const backend = this.#route(to.listen, to.host)
    const server = this.state === 'down' || backend === 'refused' || backend === null ? null : this.#pick(backend)
    if (server === null) return null
    const request: FakeRequest = {
      server: server.name,
      release: server.release,
      cut: false,
      end: () => {
        server.sessions.delete(request)
        for (const [key, requests] of this.#former) {
          this.#former.set(
            key,
            requests.filter((other) => other !== request),
          )
        }
      },
    }
    server.sessions.add(request)
    return request
  }

  #route(listen: string, host: string | undefined): FakeBackend | 'refused' | null {
    const here = [...this.backends.values()].filter((backend) => backend.listen === listen)
    if (here.length === 0) return 'refused'
    const name = host?.replace(/:\d+$/, '').toLowerCase()
    const byHost = here.find(({ hosts }) => name !== undefined && hosts.includes(name))
    return byHost ?? here.find(({ hosts }) => hosts.length === 0) ?? null
  }

  // Takes turns by weight: no chance in it, and every server of a weight is met.
  #pick(backend: FakeBackend): FakeServer | null {
    const able = [...backend.servers.values()].filter(({ weight, mode, up }) => weight > 0 && mode === 'ready' && up)
    const total = able.reduce((sum, { weight }) => sum + weight, 0)
    if (total === 0) return null
    this.#turn += 1
    let at = (this.#turn * 61) % total
    return able.find(({ weight }) => (at -= weight) < 0) ?? null
  }
}

function count(backend: FakeBackend, release: number, status: number): void {
  const kind = (status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other') as Kind
  const before = backend.counters.get(release) ?? { release, requests: 0, failures: 0, responses: none }
  backend.counters.set(release, {
    release,
    requests: before.requests + 1,
    failures: before.failures + (status >= 500 ? 1 : 0),
    responses: { ...before.responses, [kind]: before.responses[kind] + 1 },
  })
}

type Kind = keyof TrafficCounters['responses']
const none: TrafficCounters['responses'] = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }
