// A proxy in memory: the world that fake traffic drivers work on. It outlives a driver as a real proxy outlives a process.
// Tests reach into it: what answers behind it, requests through it, what goes wrong with a call, restarts and reloads.
import type { AsternError } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import { WHOLE_SHARE } from '../../core/trial.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ServerWanted, Traffic, TrafficWanted } from '../../ports/traffic.ts'
import { answerTo, heavier, lowerCased } from './proxied.ts'
import type { Answer, FakeBackend, FakeRequest, FakeServer, Hands, Target, TargetAnswer } from './proxied.ts'

export type FakeUserRequest = {
  readonly listen: string
  readonly host?: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly proof?: string
  /** The address that it comes from. */
  readonly from?: string
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
  #draws = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** The next number from 0 to 9,999 that decides about a side: no chance in it, and every share is met exactly over 10,000 requests. */
  draw = (): number => {
    this.#draws += 1
    return (this.#draws * 6_181) % WHOLE_SHARE
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
      const backend: FakeBackend = {
        ...structure,
        servers: new Map(),
        counters: new Map(),
        arms: new Map(),
        serverCounts: new Map(),
      }
      this.backends.set(scopeName(structure), backend)
      for (const server of servers) {
        const frozen = !server.checked && server.weight === 0
        this.join(backend, { ...server, mode: frozen ? 'maintenance' : server.mode })
      }
    }
  }

  join(backend: FakeBackend, wanted: ServerWanted): void {
    // a standby counts as up once it was checked; who is on trial serves
    const serves = wanted.weight > 0 || wanted.release === backend.trial?.release
    backend.servers.set(wanted.name, { ...wanted, up: serves, sessions: new Set() })
  }

  /** Lets every check have its say. */
  check(): void {
    for (const { servers } of this.backends.values()) {
      const byConnect = [...servers.values()].some(({ healthPath }) => healthPath === null)
      for (const server of servers.values()) {
        if (!server.checked || server.mode === 'maintenance') continue
        const answer = this.#ask(server, byConnect ? '/' : (server.healthPath ?? '/'))
        server.up = answer !== null && (byConnect || (answer.status >= 200 && answer.status < 400))
      }
    }
  }

  #ask(server: FakeServer, path: string, method = 'GET'): TargetAnswer | null {
    const answer = this.targets.get(`${server.address}:${server.port}`)?.answer(path, method) ?? null
    return typeof answer === 'number' ? { status: answer } : answer
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
  request(request: FakeUserRequest): Answer {
    const nothing = { server: null, release: null, shown: null, cookie: null, text: null }
    const headers = lowerCased(request.headers ?? {})
    const from = request.from ?? '127.0.0.1'
    const routed = this.#route(request.listen, request.host)
    if (this.state === 'down' || routed === 'refused') return { ...nothing, status: 0 }
    if (routed === null) return { ...nothing, status: 503 }
    return answerTo(
      routed.backend,
      {
        path: request.path ?? '/',
        method: request.method ?? 'GET',
        from,
        proven: request.proof !== undefined && request.proof === this.proofSecret,
        to: headers['x-astern-to']?.toLowerCase() ?? routed.to,
        headers,
      },
      this.#hands,
    )
  }

  readonly #hands: Hands = {
    ask: (server, path, method) => this.#ask(server, path, method),
    draw: () => this.draw(),
    turn: (among) => {
      this.#turn += 1
      return (this.#turn * 61) % among
    },
  }

  /** A user's request that is answered when the test says so; `null`: nobody serves. */
  begin(to: { readonly listen: string; readonly host?: string }): FakeRequest | null {
    const routed = this.#route(to.listen, to.host)
    const server = this.state === 'down' || routed === 'refused' || routed === null ? null : this.#pick(routed.backend)
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

  // A host name may begin with a release; who may ask for it that way is found out later.
  #route(listen: string, host: string | undefined): { backend: FakeBackend; to: string | null } | 'refused' | null {
    const here = [...this.backends.values()].filter((backend) => backend.listen === listen)
    if (here.length === 0) return 'refused'
    const name = host?.replace(/:\d+$/, '').toLowerCase()
    const byHost = here.find(({ hosts }) => name !== undefined && hosts.includes(name))
    if (byHost !== undefined) return { backend: byHost, to: null }
    const [, to = null, rest = ''] = /^(r\d+|candidate)\.(.+)$/.exec(name ?? '') ?? []
    const previewed = here.find(({ hosts, rules }) => rules.previewFrom.length > 0 && hosts.includes(rest))
    if (previewed !== undefined) return { backend: previewed, to }
    const backend = here.find(({ hosts }) => hosts.length === 0)
    return backend === undefined ? null : { backend, to: rest === 'localhost' ? to : null }
  }

  #pick(backend: FakeBackend): FakeServer | null {
    const able = [...backend.servers.values()].filter(({ weight, mode, up }) => weight > 0 && mode === 'ready' && up)
    return heavier(able, this.#hands)
  }
}
