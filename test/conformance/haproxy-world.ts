// The traffic suite's world with a real HAProxy in a container, real replicas (small HTTP servers) and real users.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, createServer, request as httpRequest, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { createEngineApi } from '../../src/drivers/docker/engine-api.ts'
import { resolveEndpoint } from '../../src/drivers/docker/endpoint.ts'
import { createHaproxyTraffic } from '../../src/drivers/haproxy/driver.ts'
import { createProxyProcess } from '../../src/drivers/haproxy/process.ts'
import { render } from '../../src/drivers/haproxy/render.ts'
import type { BackendWanted, ProxyProcess, Traffic, TrafficWanted } from '../../src/ports/traffic.ts'
import { realClock } from '../fixtures/real-clock.ts'
import type { Held, ReplicaAt, Reply, TrafficWorld, UserRequest } from './traffic-world.ts'

const run = promisify(execFile)
export const docker = async (...args: string[]): Promise<string> => (await run('docker', args)).stdout.trim()

/** Two files of tests that run at once do not meet. */
const FIRST_PORT = Number(process.env['TEST_FIRST_PORT'] ?? 20_000) + 1_000 * Number(process.env['VITEST_POOL_ID'] ?? 1)

/** A state folder with a proxy, which lives as long as a file of tests; each test gets a world on it. */
export type ProxyUnderTest = {
  readonly dir: string
  readonly container: string
  readonly process: ProxyProcess
  open(): Promise<HaproxyWorld>
  close(): Promise<void>
}

export type HaproxyWorld = TrafficWorld & {
  readonly traffic: Traffic
  /** Requests that a replica has got, as it saw them. */
  received(name: string): readonly { readonly method: string; readonly headers: Readonly<Record<string, unknown>> }[]
  /** A connection that is lost after the request was read. */
  breaksOn(path: string): void
  /** A request that becomes a WebSocket there. */
  upgradesOn(path: string): void
}

export function engineOf(): ReturnType<typeof createEngineApi> {
  return createEngineApi(resolveEndpoint(process.env), realClock)
}

export async function startProxy(image: string, path = process.env['PATH'] ?? ''): Promise<ProxyUnderTest> {
  const installation = `t${randomBytes(4).toString('hex')}`
  const state = mkdtempSync(join(tmpdir(), 'astern-traffic-'))
  const dir = join(state, 'proxy')
  const env = { PATH: path, ASTERN_HAPROXY_IMAGE: image }
  const proxy = createProxyProcess({ dir, installation, env, clock: realClock, engine: engineOf() })
  let wanted: TrafficWanted = { generation: 0, proofSecret: randomBytes(16).toString('hex'), backends: [] }
  const lock = createLock()
  const openTraffic = (): Traffic => createHaproxyTraffic({ dir, wanted: () => wanted, lock, clock: realClock })
  const first = openTraffic()
  await first.ensure().catch(() => undefined)
  await proxy.ensureRunning()
  first.close()
  const container = `astern-${installation}-proxy`
  const start = async (): Promise<void> => {
    await docker('start', container)
    await until(async () => (await proxy.facts()).running)
  }
  // ports are not used again at once, so that nothing of one test is met by another
  let opened = 0

  return {
    dir,
    container,
    process: proxy,
    open: async () => {
      opened += 1
      if (!(await proxy.facts()).running) await start()
      const replicas = createReplicas()
      const agent = new Agent({ keepAlive: true })
      const drivers: Traffic[] = []
      const reopen = (): Traffic => {
        const driver = openTraffic()
        drivers.push(driver)
        return driver
      }
      const commit = (backends: readonly BackendWanted[]): void => {
        wanted = { ...wanted, generation: wanted.generation + 1, backends }
      }
      const firstPort = FIRST_PORT + (opened % 300) * 3
      commit([])
      return {
        traffic: reopen(),
        clock: realClock,
        reopen,
        wanted: () => wanted,
        commit,
        listen: (number: number) => `127.0.0.1:${firstPort + number}`,
        startReplica: replicas.start,
        received: replicas.received,
        breaksOn: replicas.breaksOn,
        upgradesOn: replicas.upgradesOn,
        send: (request: UserRequest) => send(agent, request),
        hold: (request: UserRequest) => hold(replicas, request),
        async kill() {
          await docker('kill', '--signal', 'KILL', container)
          await until(async () => !(await proxy.facts()).running)
        },
        start,
        async reload() {
          const { process: before } = await openTraffic().observe()
          await docker('kill', '--signal', 'USR2', container)
          await until(async () => {
            const driver = openTraffic()
            try {
              return (await driver.observe()).process !== before
            } finally {
              driver.close()
            }
          })
        },
        occupy,
        fileIsAsWanted: () => {
          const { config, maps } = render(wanted)
          const read = (name: string): string => readFileSync(join(dir, 'cfg', name), 'utf8')
          return read('haproxy.cfg') === config && [...maps].every(([name, text]) => read(name) === text)
        },
        async close() {
          agent.destroy()
          for (const driver of drivers) {
            await driver.synced()
            driver.close()
          }
          await replicas.close()
        },
      }
    },
    async close() {
      await proxy.ensureStopped()
      rmSync(state, { recursive: true, force: true })
    },
  }
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = realClock.monotonic() + 20_000
  while (!(await condition())) {
    if (realClock.monotonic() > deadline) throw new Error('it did not become true in time')
    await realClock.sleep(5)
  }
}

export function createLock(): <T>(work: () => Promise<T>) => Promise<T> {
  let queue: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = queue.then(work)
    queue = next.catch(() => undefined)
    return next
  }
}

type Replicas = ReturnType<typeof createReplicas>
type Waiting = { readonly replica: string; finish(): void }

function createReplicas() {
  const servers: Server[] = []
  const received = new Map<string, { method: string; headers: Readonly<Record<string, unknown>> }[]>()
  const waiting: Waiting[] = []
  const breaking = new Set<string>()
  const upgrading = new Set<string>()
  const upgraded: Duplex[] = []

  async function start(name: string): Promise<ReplicaAt> {
    const statuses = new Map<string, number | ((nth: number) => number)>()
    const extra = new Map<string, Readonly<Record<string, string>>>()
    const counts = new Map<string, number>()
    const requests: { method: string; headers: Readonly<Record<string, unknown>> }[] = []
    received.set(name, requests)
    const server = createServer((request, response) => {
      const path = request.url ?? '/'
      const nth = (counts.get(path) ?? 0) + 1
      counts.set(path, nth)
      response.setHeader('X-Replica', name)
      const meantForProxy = ['x-astern-proof', 'x-astern-to'].some((header) => header in request.headers)
      if (meantForProxy) response.setHeader('X-Proof-Seen', 'yes')
      // a service that thinks it knows better
      response.setHeader('X-Astern-Release', 'r0')
      if (request.headers['user-agent'] === 'user')
        requests.push({ method: request.method ?? '', headers: request.headers })
      request.resume()
      const answered = statuses.get(path) ?? 200
      const status = typeof answered === 'number' ? answered : answered(nth)
      if (breaking.has(path) || status === 0) {
        request.on('end', () => request.socket.destroy())
        return
      }
      const answer = (): void => {
        response.statusCode = status
        for (const [header, value] of Object.entries(extra.get(path) ?? {})) response.setHeader(header, value)
        response.end(name)
      }
      const delayMs = Number(extra.get(path)?.['X-Delay-Ms'] ?? 0)
      if (path === '/hold') waiting.push({ replica: name, finish: answer })
      else request.on('end', () => void (delayMs === 0 ? answer() : realClock.sleep(delayMs).then(answer)))
    })
    server.on('upgrade', (request, socket) => {
      const welcome = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
      // for the key of RFC 6455, section 1.3
      const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
      const refusal = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
      socket.on('error', () => socket.destroy())
      upgraded.push(socket)
      socket.write(upgrading.has(request.url ?? '/') ? `${welcome}${accept}` : refusal)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      address: '127.0.0.1',
      port,
      answers: (path, status, headers = {}) => {
        statuses.set(path, status)
        extra.set(path, headers)
      },
      requests: (path) => counts.get(path) ?? 0,
      stop: () => closeServer(server),
    }
  }

  return {
    start,
    waiting,
    received: (name: string) => received.get(name) ?? [],
    breaksOn: (path: string) => void breaking.add(path),
    upgradesOn: (path: string) => void upgrading.add(path),
    close: async () => {
      for (const socket of upgraded) socket.destroy()
      await Promise.all(servers.map(closeServer))
    },
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

export function send(
  agent: Agent | false,
  { listen, host, path, method, proof, headers: more }: UserRequest,
): Promise<Reply> {
  const [address, port] = listen.split(':')
  return new Promise((resolve) => {
    const nothing = (): void =>
      resolve({ status: 0, server: null, release: null, proofSeen: false, cookie: null, text: null })
    const body = method === 'POST' ? 'order=1' : ''
    const request = httpRequest(
      {
        agent,
        host: address,
        port: Number(port),
        path: path ?? '/',
        method: method ?? 'GET',
        headers: {
          'User-Agent': 'user',
          'Content-Length': body.length,
          ...(host === undefined ? {} : { Host: host }),
          ...(proof === undefined ? {} : { 'X-Astern-Proof': proof }),
          ...more,
        },
      },
      (response) => {
        const { headers, statusCode } = response
        const server = textOf(headers['x-replica'])
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', nothing)
        response.on('end', () =>
          resolve({
            status: statusCode ?? 0,
            server,
            release: textOf(headers['x-astern-release']),
            proofSeen: headers['x-proof-seen'] !== undefined,
            cookie: headers['set-cookie']?.[0] ?? null,
            text: server === null ? text : null,
          }),
        )
      },
    )
    request.on('error', nothing)
    request.end(body)
  })
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null
}

async function hold(replicas: Replicas, request: UserRequest): Promise<Held> {
  const before = replicas.waiting.length
  const reply = send(false, { ...request, path: '/hold' })
  await until(async () => replicas.waiting.length > before)
  const held = replicas.waiting[before]
  if (held === undefined) throw new Error('it did not arrive')
  return {
    server: held.replica,
    finish: () => held.finish(),
    // an answer without a replica comes from the proxy itself: it was cut
    status: reply.then(({ status, server }) => (server === null ? 0 : status)),
  }
}

async function occupy(listen: string): Promise<() => Promise<void>> {
  const [address, port] = listen.split(':')
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(Number(port), address, resolve))
  return () => new Promise((resolve) => server.close(() => resolve()))
}
