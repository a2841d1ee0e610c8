// The Engine API as far as Astern uses it: the only file that knows dockerode. Every call has a limit, because an engine may accept
// and never answer; what the engine refuses is an EngineRefusal, and an engine that cannot be asked is an error of the catalogue.
import type { Readable } from 'node:stream'
import { Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { inspect } from 'node:util'
import { fail, isAsternError, reasonOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ContainerWhole } from './container-whole.ts'
import type { ContainerListed, ContainerSeen } from './container-seen.ts'
import type { ImageSeen } from './image-seen.ts'
import type { StatsSeen } from './stats-seen.ts'
import type { RegistryLogin } from './credentials.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { LimitReached, within } from './limit.ts'

/** How long each kind of call may take. `silenceMs` is the longest pause in a pull; a stop has its own timeout on top of `stopMs`. */
export const limits = {
  pingMs: 5_000,
  readMs: 15_000,
  freezeMs: 15_000,
  createMs: 60_000,
  startMs: 60_000,
  stopMs: 30_000,
  removeMs: 60_000,
  networkMs: 30_000,
  silenceMs: 120_000,
} as const

const OLDEST_API = '1.41'
/** The newest version that Astern was tested with; a newer engine is asked in this one. */
const NEWEST_API = '1.51'
const NOT_FOUND = 404
const SECOND_MS = 1_000
const OLDEST_ENGINE = '20.10'
/** An idle connection may be closed by the engine at the moment it is used again. Every call may be made twice. */
const ATTEMPTS = 2

/** The engine answered, and said no. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export type NetworkSeen = {
  readonly Id: string
  readonly Name: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null }
  readonly Containers?: Readonly<Record<string, { readonly Name: string; readonly IPv4Address: string }>> | null
}

export type EngineSeen = {
  readonly LiveRestoreEnabled?: boolean
  readonly SecurityOptions?: readonly string[] | null
  readonly RegistryConfig?: {
    readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean }>> | null
    readonly InsecureRegistryCIDRs?: readonly string[] | null
  } | null
}

type Query = Readonly<Record<string, string | number | boolean>>
export type Call = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly limitMs: number
  readonly query?: Query
  readonly body?: object
  readonly signal?: AbortSignal | undefined
  readonly login?: RegistryLogin | null
  /** The connection becomes one for bytes in both directions. */
  readonly upgrade?: true
  /** What is sent; it can be sent only once. */
  readonly upload?: Readable
}

export type EngineApi = ReturnType<typeof createEngineApi>

export function createEngineApi(endpoint: DockerEndpoint, clock: Clock) {
  let connected: Promise<Connected> | null = null
  let negotiated: Promise<string> | null = null

  async function dial(call: Call, prefix: string, stream: boolean): Promise<unknown> {
    connected ??= connect(endpoint)
    const { modem } = await connected
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await within(clock, call.limitMs, call.signal, (signal) => once(modem, call, prefix, stream, signal))
      } catch (error) {
        if (attempt < ATTEMPTS && call.upload === undefined && isStaleConnection(error)) continue
        call.signal?.throwIfAborted()
        throw translate(endpoint, call, error)
      }
    }
  }

  /** Resolves to `/v1.41` or newer, the version that both sides know. */
  function version(): Promise<string> {
    negotiated ??= negotiate().catch((error: unknown) => {
      negotiated = null
      throw error
    })
    return negotiated
  }

  async function negotiate(): Promise<string> {
    const answer = (await dial({ method: 'GET', path: '/_ping', limitMs: limits.pingMs }, '', true)) as IncomingMessage
    answer.resume()
    const offered = String(answer.headers['api-version'] ?? '')
    if (compareVersions(offered, OLDEST_API) < 0) {
      const { Version } = (await dial({ method: 'GET', path: '/version', limitMs: limits.pingMs }, '', false)) as {
        Version?: string
      }
      throw fail('ENGINE_TOO_OLD', { version: Version ?? `older than ${OLDEST_ENGINE}` })
    }
    return `/v${compareVersions(offered, NEWEST_API) > 0 ? NEWEST_API : offered}`
  }

  const answer = async <T>(call: Call) => (await dial(call, await version(), false)) as T
  const open = async (call: Call) => (await dial(call, await version(), true)) as IncomingMessage
  const change = async (call: Omit<Call, 'method'>) => void (await answer({ method: 'POST', ...call }))

  return {
    endpoint,
    /** For calls that stand in a file of their own. */
    answer,
    open,
    version: () => answer<{ Version: string; ApiVersion: string }>(get('/version')),
    info: () => answer<EngineSeen>(get('/info')),

    container: (name: string, signal?: AbortSignal) =>
      orNull(answer<ContainerSeen>({ ...get(of(name, 'json')), signal })),
    containers: (labels: readonly string[], signal?: AbortSignal) => {
      const query = { all: true, ...filter({ label: labels }) }
      return answer<ContainerListed[]>({ ...get('/containers/json'), query, signal })
    },
    /** What it uses now. Engine 20.10 answers at its next second. */
    stats: (id: string, signal?: AbortSignal) =>
      orNull(answer<StatsSeen>({ ...get(of(id, 'stats')), query: { stream: false, 'one-shot': true }, signal })),
    /** A container with everything that the engine says of it. */
    containerWhole: (name: string, signal?: AbortSignal) =>
      orNull(answer<ContainerWhole>({ ...get(of(name, 'json')), signal })),
    update: (id: string, body: object, signal?: AbortSignal) =>
      change({ path: of(id, 'update'), body, limitMs: limits.createMs, signal }),
    create: (name: string, body: object, signal?: AbortSignal) =>
      answer<{ Id: string }>({
        method: 'POST',
        path: '/containers/create',
        query: { name },
        body,
        limitMs: limits.createMs,
        signal,
      }),
    start: (id: string, signal?: AbortSignal) => change({ path: of(id, 'start'), limitMs: limits.startMs, signal }),
    pause: (id: string, signal?: AbortSignal) => change({ path: of(id, 'pause'), limitMs: limits.freezeMs, signal }),
    unpause: (id: string, signal?: AbortSignal) =>
      change({ path: of(id, 'unpause'), limitMs: limits.freezeMs, signal }),
    /** Sends the container's stop signal, and kills it after `timeoutSeconds`. */
    stop: (id: string, timeoutSeconds: number, signal?: AbortSignal) =>
      change({
        path: of(id, 'stop'),
        query: { t: timeoutSeconds },
        limitMs: timeoutSeconds * 1_000 + limits.stopMs,
        signal,
      }),
    /** Removes a container with its anonymous volumes; named ones stay. */
    remove: async (id: string, signal?: AbortSignal) =>
      void (await answer({
        method: 'DELETE',
        path: `/containers/${encodeURIComponent(id)}`,
        query: { v: true, force: true },
        limitMs: limits.removeMs,
        signal,
      })),
    /**
     * Resolves at the container's next end, by itself or not. The exit code of the answer is left aside: engine 20.10 says 0 when it
     * started the container again before it answers.
     */
    awaitEnd: (id: string, limitMs: number, signal?: AbortSignal) =>
      change({ path: of(id, 'wait'), query: { condition: 'next-exit' }, limitMs, signal }),
    /** The ends of a container that the engine remembers, as a stream of JSON lines. */
    ends: (id: string, untilAt: number, signal?: AbortSignal) => {
      const query = {
        since: 0,
        until: (untilAt / SECOND_MS).toFixed(3),
        ...filter({ container: [id], event: ['oom', 'die'] }),
      }
      return open({ ...get('/events'), query, signal })
    },
    awaitRemoved: (id: string, signal?: AbortSignal) =>
      change({ path: of(id, 'wait'), query: { condition: 'removed' }, limitMs: limits.removeMs, signal }),
    logs: (id: string, query: Query, signal?: AbortSignal) =>
      open({ ...get(of(id, 'logs')), query: { stdout: true, stderr: true, timestamps: true, ...query }, signal }),

    image: (reference: string, signal?: AbortSignal) =>
      orNull(answer<ImageSeen>({ ...get(`/images/${reference}/json`), signal })),
    /** The answer is a stream of JSON lines, which may bear an error. */
    pull: (repository: string, tagOrDigest: string, login: RegistryLogin | null, signal?: AbortSignal) =>
      open({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: repository, tag: tagOrDigest },
        limitMs: limits.silenceMs,
        signal,
        login,
      }),

    /** An answer that comes bit by bit. A connection that breaks is ENGINE_UNAVAILABLE. */
    read: async function* (stream: IncomingMessage): AsyncGenerator<Buffer> {
      try {
        for await (const chunk of stream) yield chunk as Buffer
      } catch (error) {
        throw unavailable(endpoint, reasonOf(error), error)
      }
    },

    network: (name: string) => orNull(answer<NetworkSeen>(get(`/networks/${encodeURIComponent(name)}`))),
    networks: (labels: readonly string[]) =>
      answer<NetworkSeen[]>({ ...get('/networks'), query: filter({ label: labels }) }),
    createNetwork: (body: object) => change({ path: '/networks/create', body, limitMs: limits.networkMs }),
    removeNetwork: async (id: string) =>
      void (await answer({ method: 'DELETE', path: `/networks/${id}`, limitMs: limits.networkMs })),
    /** `null`: any address that is free. */
    connect: (network: string, container: string, address: string | null) =>
      change({
        path: `/networks/${encodeURIComponent(network)}/connect`,
        body: {
          Container: container,
          ...(address === null ? {} : { EndpointConfig: { IPAMConfig: { IPv4Address: address } } }),
        },
        limitMs: limits.networkMs,
      }),
    disconnect: (network: string, container: string) =>
      change({
        path: `/networks/${encodeURIComponent(network)}/disconnect`,
        body: { Container: container, Force: true },
        limitMs: limits.networkMs,
      }),
    close: () => void connected?.then(({ agent }) => agent.destroy(), ignoreUnusable),
  }
}

/** As far as dockerode's own transport is used; it says `any`. */
type Modem = { dial(options: object, done: (error: DialError | null, answer: unknown) => void): void }
type DialError = Error & { statusCode?: number; code?: string; json?: { message?: string } | null }

type Connected = { readonly agent: HttpAgent; readonly modem: Modem }

/** Loads dockerode only now: it takes longer to load than most calls take, and a warm rollback makes none. */
async function connect(endpoint: DockerEndpoint): Promise<Connected> {
  const { connection } = endpoint
  if (connection.kind === 'unusable') throw unavailable(endpoint, connection.reason)
  const tls = connection.kind === 'tcp' ? connection.tls : null
  const agent =
    tls === null
      ? new HttpAgent({ keepAlive: true })
      : new HttpsAgent({
          keepAlive: true,
          rejectUnauthorized: tls.verify,
          ...(tls.ca === null ? {} : { ca: tls.ca }),
          ...(tls.cert === null ? {} : { cert: tls.cert }),
          ...(tls.key === null ? {} : { key: tls.key }),
        })
  const { default: Docker } = await import('dockerode')
  try {
    // Everything is said, since dockerode fills gaps from the environment of the process.
    const options = {
      agent,
      protocol: tls === null ? 'http' : 'https',
      timeout: 0,
      pathPrefix: '/',
      ...(connection.kind === 'unix'
        ? { socketPath: connection.socketPath, host: '' }
        : { host: connection.host, port: connection.port }),
    } as const
    return { agent: brief(agent), modem: new Docker(options).modem }
  } catch (error) {
    throw unavailable(endpoint, reasonOf(error), error)
  }
}

/**
 * dockerode's transport formats all options of every request with `util.inspect`, as deep as they go, for a debug line that nobody reads:
 * 2 ms a call, spent on open sockets. What says how it is to be inspected is not walked through.
 */
function brief<T extends object>(value: T): T {
  return Object.defineProperty(value, inspect.custom, { value: () => '…' })
}

function once(modem: Modem, call: Call, prefix: string, stream: boolean, signal: AbortSignal): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  modem.dial(
    {
      method: call.method,
      path: `${prefix}${call.path}?`,
      options: { _query: call.query ?? {}, _body: call.body ?? {} },
      authconfig: call.login ?? undefined,
      abortSignal: brief(signal),
      isStream: stream,
      ...(call.upgrade === true ? { hijack: true } : {}),
      // An empty body with a length: what is sent behind the header would reach the program in the container.
      ...(call.upgrade === true && call.body === undefined ? { file: Buffer.alloc(0) } : {}),
      ...(call.upload === undefined ? {} : { file: call.upload }),
      statusCodes: { 200: true, 201: true, 204: true, 304: true },
    },
    (error, result) => (error === null ? resolve(result) : reject(error)),
  )
  return promise
}

function translate(endpoint: DockerEndpoint, call: Call, error: unknown): Error {
  if (isAsternError(error)) return error
  if (error instanceof LimitReached) {
    return unavailable(endpoint, `no answer to ${call.method} ${call.path} within ${error.limitMs / 1000} s`, error)
  }
  const { statusCode, code, json, message } = error as DialError
  if (statusCode !== undefined) {
    return new EngineRefusal(statusCode, json?.message ?? message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim())
  }
  if (code === 'EACCES' || code === 'EPERM') return fail('ENGINE_PERMISSION', { endpoint: endpoint.name }, error)
  const known: Record<string, string> = {
    ENOENT: 'there is no such socket',
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'there is no such host',
    ECONNRESET: 'it hung up',
  }
  return unavailable(endpoint, known[code ?? ''] ?? reasonOf(error), error)
}

function unavailable(endpoint: DockerEndpoint, reason: string, cause?: unknown): Error {
  return fail('ENGINE_UNAVAILABLE', { endpoint: endpoint.name, reason }, cause)
}

function isStaleConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

/** There is nothing to close where there was no connection; the call that found out has said so. */
function ignoreUnusable(): void {}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === NOT_FOUND) return null
    throw error
  }
}

/** The path of an action on a container. */
function of(container: string, action: string): string {
  return `/containers/${encodeURIComponent(container)}/${action}`
}

function get(path: string): Call {
  return { method: 'GET', path, limitMs: limits.readMs }
}

function filter(filters: Readonly<Record<string, readonly string[]>>): Query {
  return { filters: JSON.stringify(filters) }
}

/** Negative when `one` is older. What is no version is older than every version. */
function compareVersions(one: string, other: string): number {
  const [ones, others] = [one, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  const major = (ones?.[0] ?? 0) - (others?.[0] ?? 0)
  return major === 0 ? (ones?.[1] ?? 0) - (others?.[1] ?? 0) : major
}
