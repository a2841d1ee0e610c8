// What the fake proxy does with a user's request: by weights, by chance, on purpose, or to whoever stands in; and what it counts of it.
import { BlockList, isIPv6 } from 'node:net'
import type { ArmCounts, ServerCounts } from '../../core/verdict/counts.ts'
import { LATENCY_EDGES_MS, NO_COUNTS } from '../../core/verdict/counts.ts'
import { WHOLE_SHARE } from '../../core/trial.ts'
import type { BackendWanted, ServerWanted, TrafficCounters } from '../../ports/traffic.ts'

/** What stands behind an address. */
export type Target = {
  /** What it answers; `null`: it is not there, or frozen; status 0: it breaks off. */
  answer: (path: string, method: string) => number | TargetAnswer | null
}
export type TargetAnswer = { readonly status: number; readonly headers?: Headers; readonly ms?: number }
export type Headers = Readonly<Record<string, string>>

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

/** Where users connect and how they are routed changes only by a reload; servers and trials by commands. */
export type FakeBackend = Omit<BackendWanted, 'servers' | 'trial' | 'standIn' | 'candidate'> & {
  candidate?: number
  trial: BackendWanted['trial']
  standIn: BackendWanted['standIn']
  readonly servers: Map<string, FakeServer>
  readonly counters: Map<number, TrafficCounters>
  readonly arms: Map<number, ArmCounts>
  readonly serverCounts: Map<string, ServerCounts>
}

export type UserRequest = {
  readonly path: string
  readonly method: string
  readonly from: string
  /** It carries the proof secret. */
  readonly proven: boolean
  /** `r41` or `candidate`, by header or host name. */
  readonly to: string | null
  /** By their names in lower case. */
  readonly headers: Headers
}

export type Answer = {
  readonly status: number
  readonly server: string | null
  readonly release: number | null
  /** The release that the proxy says to whoever sent it there on purpose, or has the secret. */
  readonly shown: number | null
  readonly cookie: string | null
  /** What the proxy says itself. */
  readonly text: string | null
}

/** How a request meets the world; `draw`: a number from 0 to 9,999, `turn`: which of so many. */
export type Hands = {
  readonly ask: (server: FakeServer, path: string, method: string) => TargetAnswer | null
  readonly draw: () => number
  readonly turn: (among: number) => number
}

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS']
const TRIED_AGAIN = [0, 500, 502, 503, 504]
const nobody: Answer = { status: 503, server: null, release: null, shown: null, cookie: null, text: null }

export function answerTo(backend: FakeBackend, request: UserRequest, hands: Hands): Answer {
  const mayAsk = request.proven || isWithin(request.from, backend.rules.previewFrom)
  if (request.to !== null && mayAsk) return onPurpose(backend, request, hands, request.to)
  if (backend.trial !== null && !request.proven) return onTrial(backend, request, hands, backend.trial)
  return shown(byWeight(backend, request, hands).answer, request.proven)
}

function onPurpose(backend: FakeBackend, request: UserRequest, hands: Hands, to: string): Answer {
  const named = backend.candidate ?? backend.trial?.release
  const name = to === 'candidate' && named !== undefined ? `r${named}` : to
  const server = oneOf(readyServers(backend, name), hands)
  if (server === null) return { ...nobody, status: 404, text: `${name} has no server here that is ready\n` }
  const { status } = given(backend, server, request, hands)
  return shown({ ...nobody, status, server: server.name, release: server.release }, true)
}

function onTrial(
  backend: FakeBackend,
  request: UserRequest,
  hands: Hands,
  trial: NonNullable<BackendWanted['trial']>,
): Answer {
  const { sticky } = backend.rules
  const known =
    sticky === null ? null : numberOf(sticky.kind, request.headers[sticky.name.toLowerCase()], sticky.name, request)
  const number = known ?? hands.draw()
  const drawn = number < trial.share
  const fresh = sticky === null || (sticky.kind === 'cookie' && known === null)
  const cookie =
    sticky?.kind === 'cookie' && known === null ? `${sticky.name}=${number}; Path=/; HttpOnly; SameSite=Lax` : null
  const base = heaviest(backend)
  const side = drawn ? trial.release : base
  if (side !== null && fresh) add(backend, side, { drawn: 1 })

  const server = drawn ? oneOf(readyServers(backend, `r${trial.release}`), hands) : null
  const first = server?.up === true ? given(backend, server, request, hands) : null
  // what could not be sent may be sent elsewhere; what failed only if that changes nothing
  const unsent = first === null || first.refused
  const covered =
    trial.shield &&
    IDEMPOTENT.includes(request.method) &&
    TRIED_AGAIN.includes(first?.broken === true ? 0 : (first?.status ?? 0))
  if (drawn && server !== null && first !== null && !unsent && !covered) {
    countAnswer(backend, trial.release, request, first, false)
    return { ...nobody, status: first.status, server: server.name, release: server.release, cookie }
  }
  const { answer, given: last, stoodIn } = byWeight(backend, request, hands)
  if (side !== null) countAnswer(backend, side, request, last, drawn || stoodIn)
  return { ...answer, cookie }
}

type Given = {
  readonly status: number
  readonly headers: Headers
  readonly ms: number
  readonly refused: boolean
  readonly broken: boolean
}
const unanswered: Given = { status: 503, headers: {}, ms: 0, refused: true, broken: false }

function byWeight(backend: FakeBackend, request: UserRequest, hands: Hands) {
  const able = [...backend.servers.values()].filter(({ weight, mode, up }) => weight > 0 && mode === 'ready' && up)
  const stoodIn = able.length === 0
  const server = stoodIn ? standInOf(backend, hands) : heavier(able, hands)
  if (server === null) return { answer: nobody, given: unanswered, stoodIn }
  const last = given(backend, server, request, hands)
  return {
    answer: { ...nobody, status: last.status, server: server.name, release: server.release },
    given: last,
    stoodIn,
  }
}

function standInOf(backend: FakeBackend, hands: Hands): FakeServer | null {
  if (backend.standIn === null) return null
  return oneOf(
    readyServers(backend, `r${backend.standIn}`).filter(({ up }) => up),
    hands,
  )
}

/** Asks it, and counts what becomes of that by server and release. */
function given(backend: FakeBackend, server: FakeServer, { path, method }: UserRequest, hands: Hands): Given {
  const answer = hands.ask(server, path, method)
  const broken = answer?.status === 0
  const status = answer === null ? 503 : broken ? 502 : answer.status
  count(backend, server, status)
  return { status, headers: lowerCased(answer?.headers ?? {}), ms: answer?.ms ?? 0, refused: answer === null, broken }
}

export function lowerCased(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function shown(answer: Answer, toWhom: boolean): Answer {
  return toWhom ? { ...answer, shown: answer.release } : answer
}

function readyServers(backend: FakeBackend, release: string): FakeServer[] {
  return [...backend.servers.values()].filter(
    (server) => `r${server.release}` === release && server.mode === 'ready' && server.checked,
  )
}

function oneOf(servers: readonly FakeServer[], { turn }: Hands): FakeServer | null {
  return servers.length === 0 ? null : (servers[turn(servers.length)] ?? null)
}

/** Takes turns by weight: no chance in it, and every server of a weight is met. */
export function heavier(able: readonly FakeServer[], { turn }: Pick<Hands, 'turn'>): FakeServer | null {
  const total = able.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return null
  let at = turn(total)
  return able.find(({ weight }) => (at -= weight) < 0) ?? null
}

function heaviest({ servers }: FakeBackend): number | null {
  const weights = new Map<number, number>()
  for (const { release, weight } of servers.values()) weights.set(release, (weights.get(release) ?? 0) + weight)
  const [first] = [...weights].filter(([, weight]) => weight > 0).sort((a, b) => b[1] - a[1] || b[0] - a[0])
  return first?.[0] ?? null
}

function numberOf(
  kind: 'cookie' | 'header',
  header: string | undefined,
  name: string,
  { headers }: UserRequest,
): number | null {
  if (kind === 'cookie') {
    const pair = (headers['cookie'] ?? '').split(/; */).find((each) => each.startsWith(`${name}=`))
    return /^\d{1,4}$/.test(pair?.slice(name.length + 1) ?? '') ? Number(pair?.slice(name.length + 1)) : null
  }
  if (header === undefined) return null
  return Buffer.from(header).reduce((hash, byte) => (hash * 31 + byte) % 1_000_003, 7) % WHOLE_SHARE
}

function isWithin(address: string, networks: readonly string[]): boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', bits] = network.split('/')
    const family = isIPv6(base) ? 'ipv6' : 'ipv4'
    list.addSubnet(base, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function countAnswer(
  { arms, rules }: FakeBackend,
  side: number,
  { method }: UserRequest,
  given: Given,
  lost: boolean,
): void {
  const { status, headers, ms } = given
  const failed = lost || status >= 500
  const { failure } = rules
  const declared =
    !failed &&
    ((failure.header !== null && failure.header.toLowerCase() in headers) ||
      failure.statuses.includes(status) ||
      (failure.grpc && method === 'POST' && (headers['grpc-status'] ?? '0') !== '0'))
  const bucket = LATENCY_EDGES_MS.findIndex((edge) => ms <= edge)
  add({ arms }, side, {
    answered: 1,
    failed: failed ? 1 : 0,
    failedForUsers: status >= 500 ? 1 : 0,
    clientErrors: !failed && status >= 400 ? 1 : 0,
    declared: declared ? 1 : 0,
    succeeded: !failed && status < 400 ? 1 : 0,
    bucket:
      lost || status === 101 || given.refused || given.broken ? null : bucket < 0 ? LATENCY_EDGES_MS.length : bucket,
  })
}

type Added = Partial<Omit<ArmCounts, 'latency'>> & { readonly bucket?: number | null }

function add({ arms }: Pick<FakeBackend, 'arms'>, side: number, more: Added): void {
  const before = arms.get(side) ?? NO_COUNTS
  arms.set(side, {
    drawn: before.drawn + (more.drawn ?? 0),
    answered: before.answered + (more.answered ?? 0),
    failed: before.failed + (more.failed ?? 0),
    failedForUsers: before.failedForUsers + (more.failedForUsers ?? 0),
    clientErrors: before.clientErrors + (more.clientErrors ?? 0),
    declared: before.declared + (more.declared ?? 0),
    succeeded: before.succeeded + (more.succeeded ?? 0),
    latency: before.latency.map((counted, index) => counted + (index === more.bucket ? 1 : 0)),
  })
}

function count(backend: FakeBackend, { name, release }: FakeServer, status: number): void {
  const kind = (status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other') as Kind
  const failed = status >= 500 ? 1 : 0
  const before = backend.counters.get(release) ?? { release, requests: 0, failures: 0, responses: none }
  backend.counters.set(release, {
    release,
    requests: before.requests + 1,
    failures: before.failures + failed,
    responses: { ...before.responses, [kind]: before.responses[kind] + 1 },
  })
  const server = backend.serverCounts.get(name) ?? { name, release, answered: 0, failed: 0 }
  backend.serverCounts.set(name, { ...server, answered: server.answered + 1, failed: server.failed + failed })
}

type Kind = keyof TrafficCounters['responses']
const none: TrafficCounters['responses'] = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 }
