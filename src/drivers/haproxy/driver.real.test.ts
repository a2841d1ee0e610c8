// What only a real HAProxy shows: what happens to requests on their way, reloads under load, a full disk.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Agent } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  send,
  startProxy,
  until,
  type HaproxyWorld,
  type ProxyUnderTest,
} from '../../../test/conformance/haproxy-world.ts'
import { API, handsOf, type Hands } from '../../../test/conformance/traffic-world.ts'
import { createConfigFile } from './config-file.ts'
import { createSession } from './session.ts'
import { farewellKey, farewellMap, render } from './render.ts'

const run = promisify(execFile)

describe('requests on their way', () => {
  let proxy: ProxyUnderTest
  let world: HaproxyWorld
  let hands: Hands
  beforeAll(async () => {
    proxy = await startProxy('haproxy:3.2')
  })
  afterAll(async () => {
    await proxy.close()
  })
  beforeEach(async () => {
    world = await proxy.open()
    hands = handsOf(world)
    await world.traffic.ensure()
  })
  afterEach(async () => {
    await world.close()
  })

  it('that a replica has read are not sent again, a GET no more than a POST', async () => {
    await hands.serve(await hands.server('r1-1', 100), await hands.server('r1-2', 100))
    world.breaksOn('/order')
    for (const method of ['POST', 'GET'] as const) {
      expect(await world.send({ listen: world.listen(0), path: '/order', method })).toMatchObject({ status: 502 })
    }
    expect([...world.received('r1-1'), ...world.received('r1-2')].map(({ method }) => method).sort()).toEqual([
      'GET',
      'POST',
    ])
    expect(await world.traffic.counters({ service: 'shop', environment: 'prod' })).toMatchObject([
      { requests: 2, failures: 2 },
    ])
  })

  it('to a replica that is gone go to another one, also a POST', async () => {
    const check = { intervalMs: 60_000, timeoutMs: 500, rise: 1, fall: 3 }
    const servers = [await hands.server('r1-1', 100), await hands.server('r1-2', 100)]
    world.commit([hands.backend(servers, { check })])
    await world.traffic.ensure()
    await hands.replica('r1-1').stop()
    expect(await hands.answering(40, { method: 'POST' })).toEqual(['r1-2'])
  })

  it('say where they come from', async () => {
    await hands.serve(await hands.server('r1-1', 100))
    await world.send({ listen: world.listen(0), host: 'shop.example.com' })
    expect(world.received('r1-1')[0]?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      host: 'shop.example.com',
    })
  })

  it('survive reloads under load, on connections that stay and on new ones', async () => {
    const shop = hands.backend([await hands.server('r1-1', 100), await hands.server('r1-2', 100)])
    world.commit([shop])
    await world.traffic.ensure()
    const ended = new AbortController()
    const seen = new Map<string, number>()
    const users = [new Agent({ keepAlive: true }), false, new Agent({ keepAlive: true }), false].map(
      async (agent, user) => {
        while (!ended.signal.aborted) {
          const { status } = await send(agent as Agent | false, {
            listen: world.listen(0),
            method: user < 2 ? 'GET' : 'POST',
          })
          seen.set(`${status}`, (seen.get(`${status}`) ?? 0) + 1)
        }
        if (agent !== false) (agent as Agent).destroy()
      },
    )
    const processes = new Set<string>()
    for (let round = 0; round < 6; round += 1) {
      world.commit(round % 2 === 0 ? [shop, hands.backend([], { ...API, listen: world.listen(1) })] : [shop])
      await world.traffic.ensure()
      processes.add((await world.traffic.observe()).process)
    }
    ended.abort()
    await Promise.all(users)
    expect(processes.size).toBe(6)
    expect([...seen.keys()]).toEqual(['200'])
  })

  it('that become WebSockets are let in even while a worker says farewell', async () => {
    await hands.serve(await hands.server('r1-1', 100))
    world.upgradesOn('/socket')
    const session = createSession(join(proxy.dir, 'run', 'admin.sock'))
    await session.ask([`add map ${farewellMap} ${farewellKey} 1`])
    const [plain, socket] = [await firstAnswer('/'), await firstAnswer('/socket')]
    await session.ask([`clear map ${farewellMap}`])
    session.forget()
    expect(plain).toMatch(/^HTTP\/1.1 200 .*\r\nconnection: close\r\n/is)
    expect(socket).toMatch(/^HTTP\/1.1 101 .*\r\nconnection: upgrade\r\n/is)

    async function firstAnswer(path: string): Promise<string> {
      const [address, port] = world.listen(0).split(':')
      const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      const upgrade = path === '/' ? '' : `Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`
      let answer = ''
      const connection = connect(Number(port), address)
      connection.on('data', (chunk: Buffer) => (answer += chunk.toString()))
      connection.write(`GET ${path} HTTP/1.1\r\nHost: shop\r\n${upgrade}\r\n`)
      await until(async () => answer.includes('\r\n\r\n'))
      connection.destroy()
      return answer
    }
  })

  it('move with the next shift also when the connection to the proxy was closed', async () => {
    const [old, next] = [await hands.server('r1-1', 100), await hands.server('r2-1', 0)]
    await hands.serve(old, next)
    await hands.untilUp('r2-1')
    world.traffic.close()
    await hands.serve({ ...old, weight: 0 }, { ...next, weight: 100 })
    expect(await hands.answering()).toEqual(['r2-1'])
  })
})

// needs root, for a file system of its own
describe.skipIf(process.getuid?.() !== 0)('a full disk', () => {
  let dir: string
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'astern-full-'))
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir])
  })
  afterEach(async () => {
    await run('umount', [dir])
    rmSync(dir, { recursive: true })
  })
  const wanted = (generation: number, weight: number, count = 1) => ({
    generation,
    proofSecret: 'c0ffee',
    backends: Array.from({ length: count }, (_, index) => ({
      service: `shop${index}`,
      environment: 'prod',
      listen: '127.0.0.1:80',
      hosts: [],
      check: { intervalMs: 500, timeoutMs: 500, rise: 1, fall: 2 },
      trial: null,
      standIn: null,
      rules: { sticky: null, failure: { header: null, statuses: [], grpc: true }, previewFrom: [] },
      servers: [
        {
          name: 'r1-1',
          release: 1,
          address: '10.0.0.1',
          port: 80,
          weight,
          mode: 'ready' as const,
          checked: true,
          healthPath: '/',
        },
      ],
    })),
  })
  const fill = (): void => {
    const rest = join(dir, 'rest')
    for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2)) {
      try {
        writeFileSync(rest, Buffer.alloc(bytes), { flag: 'a' })
      } catch {
        // smaller pieces may still fit
      }
    }
  }

  it('still takes another weight, in the blocks that the file has', async () => {
    mkdirSync(join(dir, 'proxy', 'cfg'), { recursive: true })
    const file = createConfigFile(join(dir, 'proxy'))
    file.write(render(wanted(9, 100)))
    await file.sync()
    fill()
    for (const [generation, weight] of [
      [10, 0],
      [11, 100],
      [12, 0],
    ] as const) {
      const next = render(wanted(generation, weight))
      file.write(next)
      expect(readFileSync(join(dir, 'proxy', 'cfg', 'haproxy.cfg'), 'utf8')).toBe(next.config)
      await file.sync()
    }
    rmSync(join(dir, 'rest'))
    file.write(render(wanted(13, 100)))
    await file.sync()
    expect(readFileSync(join(dir, 'proxy', 'cfg', 'haproxy.cfg'), 'utf8')).toBe(render(wanted(13, 100)).config)
  })

  it('is said where nothing else helps, and the file stays whole', async () => {
    mkdirSync(join(dir, 'proxy', 'cfg'), { recursive: true })
    const file = createConfigFile(join(dir, 'proxy'))
    const before = render(wanted(1, 100))
    file.write(before)
    await file.sync()
    fill()
    expect(() => file.write(render(wanted(2, 100, 20)))).toThrow('The disk is full')
    await file.sync()
    expect(readFileSync(join(dir, 'proxy', 'cfg', 'haproxy.cfg'), 'utf8')).toBe(before.config)
    expect(statSync(join(dir, 'proxy', 'cfg', 'haproxy.cfg')).size).toBe(before.config.length)
  })
})
