import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import { realClock } from '../../../test/fixtures/real-clock.ts'
import { probe } from './probe.ts'

const timing = { intervalMs: 100, timeoutMs: 2_000, rise: 1, fall: 2, startPeriodMs: 0 }
const http = { ...timing, kind: 'http', path: '/healthz?full=1' } as const
const tcp = { ...timing, kind: 'tcp' } as const
const servers: TcpServer[] = []

async function listening(server: Server | TcpServer): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  servers.push(server)
  return (server.address() as AddressInfo).port
}
const serve = (answer: RequestListener) => listening(createServer(answer))

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe('a probe', () => {
  it('asks the path and takes any status from 200 to 399 for health', async () => {
    const paths: string[] = []
    let status = 200
    const port = await serve((request, response) => {
      paths.push(request.url ?? '')
      response.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(100_000))
    })
    for (status of [200, 204, 302, 399]) {
      expect(await probe(realClock, http, '127.0.0.1', port)).toEqual({ healthy: true })
    }
    expect(new Set(paths)).toEqual(new Set(['/healthz?full=1']))
    for (status of [400, 404, 500, 503]) {
      const reason = `GET /healthz?full=1 answered ${status}`
      expect(await probe(realClock, http, '127.0.0.1', port)).toEqual({ healthy: false, reason })
    }
  })
  it('takes a refused connection for an answer', async () => {
    const port = await serve(() => undefined)
    servers.pop()?.close()
    for (const health of [http, tcp]) {
      expect(await probe(realClock, health, '127.0.0.1', port)).toEqual({
        healthy: false,
        reason: 'connection refused',
      })
    }
  })
  it('takes a connection for health where no path is asked', async () => {
    const port = await listening(createTcpServer())
    expect(await probe(realClock, tcp, '127.0.0.1', port)).toEqual({ healthy: true })
  })
  it('waits no longer than its timeout for one that accepts and never answers', async () => {
    const port = await listening(createTcpServer())
    expect(await probe(createVirtualClock(), http, '127.0.0.1', port)).toEqual({
      healthy: false,
      reason: 'no answer to GET /healthz?full=1 within 2 s',
    })
  })
  it('survives one that hangs up', async () => {
    const port = await listening(createTcpServer((socket) => socket.destroy()))
    expect(await probe(realClock, http, '127.0.0.1', port)).toEqual({ healthy: false, reason: 'it hung up' })
  })
  it('is called off by its signal', async () => {
    const port = await listening(createTcpServer())
    const reason = new Error('pre-empted')
    const caller = new AbortController()
    const asking = probe(realClock, http, '127.0.0.1', port, caller.signal)
    caller.abort(reason)
    await expect(asking).rejects.toBe(reason)
  })
})
