// The world of the traffic suite: a proxy, replicas behind it, users in front of it, and hands that do to it what tests want done.
import { expect } from 'vitest'
import { scopeName, type Scope } from '../../src/core/model.ts'
import { releaseOf } from '../../src/core/replica-name.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { BackendWanted, ServerSeen, ServerWanted, Traffic, TrafficWanted } from '../../src/ports/traffic.ts'

export type TrafficWorld = {
  readonly traffic: Traffic
  readonly clock: Clock
  /** Another driver on the same state and proxy, as another process has it. */
  reopen(): Traffic
  wanted(): TrafficWanted
  commit(backends: readonly BackendWanted[]): void
  /** An address that is free, another one for each number. */
  listen(number: number): string
  /** Something that answers as a replica. Its name is what it says in its answers. */
  startReplica(name: string): Promise<ReplicaAt>
  send(request: UserRequest): Promise<Reply>
  /** A request that its replica answers only when it is told to. Resolves when it has arrived there. */
  hold(request: UserRequest): Promise<Held>
  /** Kills the proxy without warning, and waits until it is gone. */
  kill(): Promise<void>
  /** Starts it with the file as it is. */
  start(): Promise<void>
  /** As an operator does it by hand. */
  reload(): Promise<void>
  /** Somebody else listens there, until the returned function is called. */
  occupy(listen: string): Promise<() => Promise<void>>
  /** Whether the file says what is wanted at this moment. */
  fileIsAsWanted(): boolean
  close(): Promise<void>
}

export type ReplicaAt = {
  readonly address: string
  readonly port: number
  /** What it answers on a path, 200 unless said otherwise; 0: it breaks off. With a function, the n-th request on that path (from 1). */
  answers(path: string, status: number | ((nth: number) => number), headers?: Readonly<Record<string, string>>): void
  /** How many requests it got on a path. */
  requests(path: string): number
  stop(): Promise<void>
}

export type UserRequest = {
  readonly listen: string
  readonly host?: string
  readonly path?: string
  readonly method?: 'GET' | 'POST'
  /** What it carries as proof of who asks. */
  readonly proof?: string
  readonly headers?: Readonly<Record<string, string>>
}
/** `status` 0: no answer. */
export type Reply = {
  readonly status: number
  /** The replica that answered. */
  readonly server: string | null
  /** What the proxy says of the release. */
  readonly release: string | null
  /** Whether the replica saw what is meant for the proxy alone: the proof, or the release that is asked for. */
  readonly proofSeen: boolean
  /** What the client is to send again. */
  readonly cookie: string | null
  /** What the proxy says itself. */
  readonly text: string | null
}
export type Held = {
  readonly server: string
  finish(): void
  /** 0: it was cut. */
  readonly status: Promise<number>
}

export const SHOP: Scope = { service: 'shop', environment: 'prod' }
export const API: Scope = { service: 'api', environment: 'prod' }
export const HEALTH_PATH = '/healthz'
const CHECK = { intervalMs: 50, timeoutMs: 500, rise: 1, fall: 2 }
const PATIENCE_MS = 5_000

/** The same answer so many times. */
export function times<T>(count: number, answer: T): T[] {
  return Array.from({ length: count }, () => answer)
}

/** Short ways to say what is wanted, and to look at what came of it. */
export type Hands = {
  /** Starts what is needed and describes it: `server('r1-1', 100)`. */
  readonly server: (name: string, weight: number, more?: Partial<ServerWanted>) => Promise<ServerWanted>
  readonly replica: (name: string) => ReplicaAt
  /** Commits one backend on the first address, and ensures. */
  readonly serve: (...servers: readonly ServerWanted[]) => Promise<void>
  /** Commits it only. */
  readonly commit: (...servers: readonly ServerWanted[]) => void
  readonly backend: (servers: readonly ServerWanted[], more?: Partial<BackendWanted>) => BackendWanted
  readonly seen: (name: string, scope?: Scope) => Promise<ServerSeen | null>
  /** Names of servers that answered so many requests. */
  readonly answering: (count?: number, more?: Partial<UserRequest>) => Promise<string[]>
  readonly until: (condition: () => Promise<boolean> | boolean) => Promise<void>
  readonly untilUp: (...names: readonly string[]) => Promise<void>
}

export function handsOf(world: TrafficWorld): Hands {
  const replicas = new Map<string, ReplicaAt>()
  const backend: Hands['backend'] = (servers, more = {}) => ({
    ...SHOP,
    listen: world.listen(0),
    hosts: [],
    check: CHECK,
    servers,
    trial: null,
    standIn: null,
    rules: { sticky: null, failure: { header: null, statuses: [], grpc: true }, previewFrom: [] },
    ...more,
  })
  const until: Hands['until'] = async (condition) => {
    const deadline = world.clock.monotonic() + PATIENCE_MS
    while (!(await condition())) {
      if (world.clock.monotonic() > deadline) expect.unreachable('it did not become true in time')
      await world.clock.sleep(10)
    }
  }
  const seen: Hands['seen'] = async (name, scope = SHOP) => {
    const { backends } = await world.traffic.observe()
    const found = backends.find((each) => scopeName(each) === scopeName(scope))
    return found?.servers.find((server) => server.name === name) ?? null
  }
  return {
    backend,
    until,
    seen,
    async server(name, weight, more = {}) {
      let at = replicas.get(name)
      if (at === undefined) replicas.set(name, (at = await world.startReplica(name)))
      const { address, port } = at
      const release = releaseOf(name) ?? 0
      return {
        name,
        release,
        address,
        port,
        weight,
        mode: 'ready',
        checked: true,
        healthPath: HEALTH_PATH,
        ...more,
      }
    },
    replica(name) {
      const found = replicas.get(name)
      if (found === undefined) throw new Error(`no replica ${name}`)
      return found
    },
    async serve(...servers) {
      world.commit([backend(servers)])
      await world.traffic.ensure()
    },
    commit: (...servers) => world.commit([backend(servers)]),
    async answering(count = 12, more = {}) {
      const replies = await Promise.all(
        Array.from({ length: count }, () => world.send({ listen: world.listen(0), ...more })),
      )
      return [...new Set(replies.map(({ status, server }) => (status === 200 ? (server ?? '?') : `${status}`)))].sort()
    },
    untilUp: (...names) =>
      until(async () => (await Promise.all(names.map((name) => seen(name)))).every((at) => at?.up)),
  }
}
