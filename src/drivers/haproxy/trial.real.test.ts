// What only a real HAProxy shows of trials: how long answers take, WebSockets, what happens while nobody watches, and how much is lost when all
// who serve die at once.
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  send,
  startProxy,
  until,
  type HaproxyWorld,
  type ProxyUnderTest,
} from '../../../test/conformance/haproxy-world.ts'
import { handsOf, SHOP, type Hands } from '../../../test/conformance/traffic-world.ts'
import type { BackendWanted, ServerWanted } from '../../ports/traffic.ts'
import { streakLimit } from './limits.ts'

let proxy: ProxyUnderTest
let world: HaproxyWorld
let hands: Hands
let servers: ServerWanted[]
beforeAll(async () => {
  proxy = await startProxy('haproxy:3.2')
})
afterAll(async () => {
  await proxy.close()
})
beforeEach(async () => {
  world = await proxy.open()
  hands = handsOf(world)
  servers = []
  for (const name of ['r1-1', 'r1-2', 'r2-1', 'r2-2']) {
    servers.push(await hands.server(name, name.startsWith('r1') ? 100 : 0))
  }
  await want({})
  await hands.untilUp('r1-1', 'r1-2', 'r2-1', 'r2-2')
})
afterEach(async () => {
  await world.close()
})

// as often as a service is checked that says nothing of it
const check = { intervalMs: 500, timeoutMs: 2_000, rise: 1, fall: 2 }

async function want(more: Partial<BackendWanted>): Promise<void> {
  world.commit([hands.backend(servers, { check, ...more })])
  await world.traffic.ensure()
}
const candidate = async () => (await world.traffic.tally([SHOP])).backends[0]?.arms.get(2)
const trial = { release: 2, share: 10_000, shield: true }

describe('answers of a candidate', () => {
  it('are counted by how long they took, those that were tried again and WebSockets not', async () => {
    await want({ trial })
    world.upgradesOn('/socket')
    for (const name of ['r2-1', 'r2-2']) {
      hands.replica(name).answers('/broken', 500)
      hands.replica(name).answers('/slow', 200, { 'X-Delay-Ms': '120' })
    }
    for (let count = 0; count < 3; count += 1) {
      await world.send({ listen: world.listen(0), path: '/slow' })
      await world.send({ listen: world.listen(0), path: '/broken' })
    }
    const [address, port] = world.listen(0).split(':')
    let answer = ''
    const socket = connect(Number(port), address)
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.write(
      'GET /socket HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await until(async () => answer.startsWith('HTTP/1.1 101'))
    const counts = await candidate()
    expect(counts).toMatchObject({ drawn: 7, answered: 7, failed: 3, failedForUsers: 0, succeeded: 4 })
    // between 100 and 250 ms
    expect(counts?.latency).toEqual([0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0])
    socket.destroy()
  })

  it('that the proxy gives in its place are its failures, and took no time', async () => {
    await want({ trial: { ...trial, shield: false } })
    world.breaksOn('/breaks')
    for (const method of ['GET', 'POST'] as const) {
      expect(await world.send({ listen: world.listen(0), path: '/breaks', method })).toMatchObject({ status: 502 })
    }
    const counts = await candidate()
    expect(counts).toMatchObject({ drawn: 2, answered: 2, failed: 2, failedForUsers: 2 })
    expect(counts?.latency.every((count) => count === 0)).toBe(true)
  })

  it('are asked of somebody else once, although that one fails too', async () => {
    await want({ trial })
    for (const { name } of servers) hands.replica(name).answers('/all', 500)
    for (let count = 0; count < 40; count += 1) {
      expect(await world.send({ listen: world.listen(0), path: '/all' })).toMatchObject({ status: 500 })
    }
    const asked = servers.map(({ name }) => hands.replica(name).requests('/all'))
    expect(asked.reduce((sum, requests) => sum + requests, 0)).toBeLessThanOrEqual(80)
    expect(await candidate()).toMatchObject({ drawn: 40, failed: 40, failedForUsers: 40 })
  })

  it('are hardly asked for any more while nobody watches and all of them fail', async () => {
    // a worker whose counters nobody has asked for
    await world.reload()
    await hands.untilUp('r2-1', 'r2-2')
    await want({ trial })
    for (const name of ['r2-1', 'r2-2']) hands.replica(name).answers('/order', 500)
    const replies = []
    for (let count = 0; count < 400; count += 1) {
      replies.push(await world.send({ listen: world.listen(0), path: '/order', method: 'POST' }))
    }
    const failed = replies.filter(({ status }) => status === 500).length
    expect(failed).toBeGreaterThanOrEqual(2 * streakLimit)
    expect(failed).toBeLessThan(2 * streakLimit + 20)
    expect(replies.filter(({ status }) => status !== 500).every(({ status }) => status === 200)).toBe(true)
    // whoever comes back to watch sees all of it
    expect(await candidate()).toMatchObject({ drawn: 400, failed: 400, failedForUsers: failed })
    for (let count = 0; count < 40; count += 1) {
      await world.send({ listen: world.listen(0), path: '/order', method: 'POST' })
    }
    expect(hands.replica('r2-1').requests('/order') + hands.replica('r2-2').requests('/order')).toBe(failed + 40)
  })
})

describe('when all who serve die at once, a stand-in', () => {
  it.each(['in a worker that has run for a while', 'in a proxy that was just started'])(
    'takes over within a few requests of a thousand a second, %s',
    async (which) => {
      await want({ standIn: 1 })
      // r2 serves, r1 stands by
      servers = servers.map((server) => ({ ...server, weight: server.release === 2 ? 100 : 0 }))
      await want({ standIn: 1 })
      if (which.endsWith('just started')) {
        await world.kill()
        await world.start()
        await hands.untilUp('r1-1', 'r1-2')
      }
      const load = startLoad()
      await load.goesOn()
      await Promise.all(['r2-1', 'r2-2'].map((name) => hands.replica(name).stop()))
      await until(async () => (await world.send({ listen: world.listen(0) })).server?.startsWith('r1') === true)
      await load.goesOn()
      const { failed, perSecond } = await load.stop()
      expect(perSecond).toBeGreaterThan(500)
      expect(failed).toBeLessThanOrEqual(20)
    },
  )

  /** Some ask every 10 ms, so that it comes to about a thousand a second. */
  function startLoad() {
    const agent = new Agent({ keepAlive: true, maxSockets: 50 })
    const ended = new AbortController()
    const began = world.clock.monotonic()
    let [sent, failed] = [0, 0]
    const one = async (): Promise<void> => {
      const { status } = await send(agent, { listen: world.listen(0) })
      sent += 1
      if (status !== 200) failed += 1
    }
    const running = (async () => {
      const pending: Promise<void>[] = []
      for (let tick = 0; !ended.signal.aborted; tick += 1) {
        for (let count = 0; count < 10; count += 1) {
          pending.push(one())
        }
        await world.clock.sleep(Math.max(0, began + (tick + 1) * 10 - world.clock.monotonic()))
      }
      await Promise.all(pending)
    })()
    return {
      goesOn: () => {
        const enough = sent + 1_000
        return until(async () => sent > enough)
      },
      async stop() {
        ended.abort()
        const seconds = (world.clock.monotonic() - began) / 1_000
        await running
        agent.destroy()
        return { sent, failed, perSecond: sent / seconds }
      },
    }
  }
})
