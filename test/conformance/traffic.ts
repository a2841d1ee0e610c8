// What every traffic driver must do, whatever proxy it drives. Run against the fake on every test run, and against a real proxy too.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerWanted } from '../../src/ports/traffic.ts'
import { API, handsOf, HEALTH_PATH, SHOP, times, type Hands, type TrafficWorld } from './traffic-world.ts'

export function isTraffic(open: () => Promise<TrafficWorld>): void {
  let world: TrafficWorld
  let hands: Hands
  beforeEach(async () => {
    world = await open()
    hands = handsOf(world)
    await world.traffic.ensure()
  })
  // whatever a test did: the file says what is wanted, or a restart would serve something else
  afterEach(async () => {
    const agreed = world.fileIsAsWanted()
    await world.close()
    expect(agreed).toBe(true)
  })

  describe('before anything serves', () => {
    it('nobody is answered where no service is', async () => {
      expect(await hands.answering(1)).toEqual(['0'])
    })
    it('users get 503 where a service has no release yet', async () => {
      await hands.serve()
      expect(await hands.answering(3)).toEqual(['503'])
    })
    it('a release that is only a standby serves nobody', async () => {
      await hands.serve(await hands.server('r1-1', 0))
      await hands.untilUp('r1-1')
      expect(await hands.answering(3)).toEqual(['503'])
    })
  })

  describe('a release', () => {
    it('serves with all its replicas', async () => {
      await hands.serve(await hands.server('r1-1', 100), await hands.server('r1-2', 100))
      expect(await hands.answering(40)).toEqual(['r1-1', 'r1-2'])
    })
    it('is seen as what is wanted of it', async () => {
      const server = await hands.server('r1-1', 100)
      const standby = await hands.server('r2-1', 0)
      await hands.serve(server, standby)
      await hands.untilUp('r1-1', 'r2-1')
      const { healthPath: _path, ...expected } = server
      expect(await hands.seen('r1-1')).toEqual({ ...expected, up: true, sessions: 0 })
      expect(await hands.seen('r2-1')).toMatchObject({ weight: 0, release: 2, mode: 'ready', checked: true })
    })
    it('is checked on its own health path', async () => {
      const servers = [
        await hands.server('r1-1', 100, { healthPath: '/old/health' }),
        await hands.server('r2-1', 0, { healthPath: '/new/health;deep=1?a=b,c' }),
      ]
      hands.replica('r1-1').answers('/new/health;deep=1?a=b,c', 500)
      hands.replica('r2-1').answers('/old/health', 500)
      await hands.serve(...servers.slice(0, 1))
      await hands.serve(...servers)
      await hands.untilUp('r1-1', 'r2-1')
      hands.replica('r2-1').answers('/new/health;deep=1?a=b,c', 500)
      await hands.until(async () => (await hands.seen('r2-1'))?.up === false)
      expect((await hands.seen('r1-1'))?.up).toBe(true)
    })
    it('may have no health path: then it is up when it can be connected to', async () => {
      const old = await hands.server('r1-1', 100)
      const plain = await hands.server('r2-1', 0, { healthPath: null })
      hands.replica('r2-1').answers('/', 500)
      hands.replica('r2-1').answers(HEALTH_PATH, 500)
      await hands.serve(old)
      await hands.serve(old, plain)
      await hands.untilUp('r1-1', 'r2-1')
      await hands.serve({ ...old, weight: 0 }, { ...plain, weight: 100 })
      await hands.serve({ ...old, weight: 100 })
      await hands.untilUp('r1-1')
      hands.replica('r1-1').answers(HEALTH_PATH, 500)
      await hands.until(async () => (await hands.seen('r1-1'))?.up === false)
      expect(await hands.answering(1)).toEqual(['503'])
    })
    it('is vouched for by whoever probed it, before the proxy has', async () => {
      const old = await hands.server('r1-1', 100)
      const next = await hands.server('r2-1', 0)
      await hands.serve(old, next)
      await world.traffic.markUp(SHOP, 'r2-1')
      await hands.serve({ ...old, weight: 0 }, { ...next, weight: 100 })
      expect(await hands.answering()).toEqual(['r2-1'])
    })
  })

  describe('a shift', () => {
    it('moves every new request, at once', async () => {
      const { old, next } = await twoReleases()
      for (const round of [1, 2, 3, 4]) {
        const forward = round % 2 === 1
        await hands.serve(...weighed(old, forward ? 0 : 100), ...weighed(next, forward ? 100 : 0))
        const names = (await hands.answering(20)).map((name) => name.slice(0, 2))
        expect(new Set(names)).toEqual(new Set([forward ? 'r2' : 'r1']))
      }
    })
    it('leaves requests in flight where they are', async () => {
      const { old, next } = await twoReleases()
      const held = await world.hold({ listen: world.listen(0) })
      await hands.serve(...weighed(old, 0), ...weighed(next, 100))
      expect((await hands.seen(held.server))?.sessions).toBe(1)
      held.finish()
      expect(await held.status).toBe(200)
    })
    it('to a release that is down does not happen, and who served before serves on', async () => {
      const { old, next } = await twoReleases()
      for (const { name } of next) hands.replica(name).answers(HEALTH_PATH, 500)
      await hands.until(
        async () => (await hands.seen('r2-1'))?.up === false && (await hands.seen('r2-2'))?.up === false,
      )
      hands.commit(...weighed(old, 0), ...weighed(next, 100))
      await expect(world.traffic.ensure()).rejects.toMatchObject({ code: 'PROXY_REFUSED' })
      expect((await hands.answering()).map((name) => name.slice(0, 2))).not.toContain('r2')
      expect(await hands.answering()).not.toContain('503')
      for (const { name } of next) hands.replica(name).answers(HEALTH_PATH, 200)
      await hands.untilUp('r2-1', 'r2-2')
      await world.traffic.ensure()
      expect(new Set((await hands.answering()).map((name) => name.slice(0, 2)))).toEqual(new Set(['r2']))
    })
    it('away from everybody who is down anyway does happen', async () => {
      const { old, next } = await twoReleases()
      for (const { name } of [...old, ...next]) hands.replica(name).answers(HEALTH_PATH, 500)
      await hands.until(async () => (await hands.answering(1)).join() === '503')
      await hands.until(
        async () => (await hands.seen('r2-1'))?.up === false && (await hands.seen('r2-2'))?.up === false,
      )
      await hands.serve(...weighed(old, 0), ...weighed(next, 100))
      expect(await hands.seen('r2-1')).toMatchObject({ weight: 100 })
      expect(await hands.seen('r1-1')).toMatchObject({ weight: 0 })
    })
    it('loses no request under load, fifty times, with releases coming and going', async () => {
      const { old, next } = await twoReleases()
      let standing = [old, next]
      const load = startLoad()
      for (let round = 0; round < 50; round += 1) {
        const [one, two] = standing as [ServerWanted[], ServerWanted[]]
        const forward = round % 2 === 0
        await hands.serve(...weighed(one, forward ? 0 : 100), ...weighed(two, forward ? 100 : 0))
        await load.goesOn()
        if (round % 10 !== 8) continue
        // a new one takes the place of the first, which stands by in this round
        const release = 3 + (round - 8) / 10
        const joining = [await hands.server(`r${release}-1`, 0), await hands.server(`r${release}-2`, 0)]
        await hands.serve(...weighed(one, 0), ...weighed(two, 100), ...joining)
        await hands.untilUp(`r${release}-1`, `r${release}-2`)
        await world.traffic.drain(SHOP, ['r1-1'], 1_000)
        await hands.serve(...weighed(two, 100), ...joining)
        standing = [joining, two]
      }
      const { sent, failed } = await load.stop()
      expect(sent).toBeGreaterThan(400)
      expect(failed).toEqual([])
    })
  })

  describe('a server', () => {
    it('that is frozen is not checked, and serves at once when it is wanted again', async () => {
      const old = await hands.server('r1-1', 100)
      const next = await hands.server('r2-1', 0)
      await hands.serve(old, next)
      await hands.untilUp('r2-1')
      await hands.serve(old, { ...next, checked: false })
      // a check that is on its way may still be answered
      await world.clock.sleep(100)
      hands.replica('r2-1').answers(HEALTH_PATH, 500)
      await world.clock.sleep(200)
      expect(await hands.seen('r2-1')).toMatchObject({ checked: false, up: true, weight: 0 })
      hands.replica('r2-1').answers(HEALTH_PATH, 200)
      await hands.serve({ ...old, weight: 0 }, { ...next, weight: 100 })
      expect(await hands.answering()).toEqual(['r2-1'])
      expect(await hands.seen('r2-1')).toMatchObject({ checked: true, up: true })
    })
    it('that was frozen while it was down is believed when its checks are switched on', async () => {
      const old = await hands.server('r1-1', 100)
      const next = await hands.server('r2-1', 0)
      hands.replica('r2-1').answers(HEALTH_PATH, 500)
      await hands.serve(old, next)
      await hands.until(async () => (await hands.seen('r2-1'))?.up === false)
      await hands.serve(old, { ...next, checked: false })
      hands.replica('r2-1').answers(HEALTH_PATH, 200)
      await hands.serve({ ...old, weight: 0 }, { ...next, weight: 100 })
      expect(await hands.answering()).toEqual(['r2-1'])
    })
    it('that is frozen stays so over a restart of the proxy, and serves at once when it is wanted', async () => {
      const old = await hands.server('r1-1', 100)
      const frozen = await hands.server('r2-1', 0, { checked: false })
      await hands.serve(old, frozen)
      await world.kill()
      await world.start()
      await hands.serve({ ...old, weight: 0 }, { ...frozen, weight: 100, checked: true })
      expect(await hands.answering()).toEqual(['r2-1'])
    })
    it('in maintenance takes nothing until it is ready again', async () => {
      const one = await hands.server('r1-1', 100)
      const two = await hands.server('r1-2', 100)
      await hands.serve(one, { ...two, mode: 'maintenance', checked: false, weight: 0 })
      expect(await hands.answering()).toEqual(['r1-1'])
      expect(await hands.seen('r1-2')).toMatchObject({ mode: 'maintenance', up: false })
      await hands.serve({ ...one, mode: 'maintenance', checked: false, weight: 0 }, two)
      expect(await hands.answering()).toEqual(['r1-2'])
    })
    it('that is wanted no more is gone', async () => {
      const { old, next } = await twoReleases()
      await hands.serve(...weighed(next, 100))
      const { backends } = await world.traffic.observe()
      expect(backends.flatMap(({ servers }) => servers.map(({ name }) => name)).sort()).toEqual(['r2-1', 'r2-2'])
      expect(await hands.seen(old[0]!.name)).toBeNull()
    })
    it('that is wanted no more finishes what it has, takes nothing new, and is gone then', async () => {
      const one = await hands.server('r1-1', 100)
      const two = await hands.server('r1-2', 0)
      await hands.serve(one, two)
      await hands.untilUp('r1-2')
      const held = await world.hold({ listen: world.listen(0) })
      await hands.serve({ ...two, weight: 100 })
      expect(await hands.answering()).toEqual(['r1-2'])
      expect(await hands.seen('r1-1')).toMatchObject({ mode: 'maintenance', sessions: 1 })
      held.finish()
      expect(await held.status).toBe(200)
      await hands.until(async () => {
        await world.traffic.ensure()
        return (await hands.seen('r1-1')) === null
      })
    })
    it('may move to another address under its name', async () => {
      const one = await hands.server('r1-1', 100)
      const elsewhere = await world.startReplica('elsewhere')
      await hands.serve(one)
      await hands.serve({ ...one, address: elsewhere.address, port: elsewhere.port })
      expect(await hands.answering()).toEqual(['elsewhere'])
      expect(await hands.seen('r1-1')).toMatchObject({ port: elsewhere.port })
    })
  })

  describe('several services', () => {
    it('have an address each', async () => {
      world.commit([
        hands.backend([await hands.server('r1-1', 100)]),
        hands.backend([await hands.server('r7-1', 100)], { ...API, listen: world.listen(1) }),
      ])
      await world.traffic.ensure()
      expect(await hands.answering(4)).toEqual(['r1-1'])
      expect(await hands.answering(4, { listen: world.listen(1) })).toEqual(['r7-1'])
    })
    it('share an address by host name, and one without hosts gets the rest', async () => {
      const named = { ...API, hosts: ['api.example.com', 'www.api.example.com'] }
      world.commit([
        hands.backend([await hands.server('r7-1', 100)], named),
        hands.backend([await hands.server('r1-1', 100)]),
      ])
      await world.traffic.ensure()
      expect(await hands.answering(3, { host: 'api.example.com' })).toEqual(['r7-1'])
      expect(await hands.answering(3, { host: 'WWW.api.example.com:8080' })).toEqual(['r7-1'])
      expect(await hands.answering(3, { host: 'example.com' })).toEqual(['r1-1'])
      expect(await world.traffic.probe(API, HEALTH_PATH, 2)).toEqual(times(2, { release: 7, status: 200 }))
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 2)).toEqual(times(2, { release: 1, status: 200 }))
    })
    it('get no request of a host that none of them names', async () => {
      world.commit([hands.backend([await hands.server('r1-1', 100)], { hosts: ['shop.example.com'] })])
      await world.traffic.ensure()
      expect(await hands.answering(3, { host: 'shop.example.com' })).toEqual(['r1-1'])
      expect(await hands.answering(3, { host: 'other.example.com' })).toEqual(['503'])
    })
    it('come and go without a lost request of the others', async () => {
      const shop = hands.backend([await hands.server('r1-1', 100)])
      const api = hands.backend([await hands.server('r7-1', 100)], { ...API, listen: world.listen(1) })
      world.commit([shop])
      await world.traffic.ensure()
      const load = startLoad()
      for (const backends of [[shop, api], [shop], [api, shop]]) {
        world.commit(backends)
        await world.traffic.ensure()
        await load.goesOn()
      }
      expect((await load.stop()).failed).toEqual([])
      expect(await hands.answering(2, { listen: world.listen(1) })).toEqual(['r7-1'])
    })
  })

  /** Two replicas each; the first release serves, the second stands by and is up. */
  async function twoReleases(): Promise<{ old: ServerWanted[]; next: ServerWanted[] }> {
    const old = [await hands.server('r1-1', 100), await hands.server('r1-2', 100)]
    const next = [await hands.server('r2-1', 0), await hands.server('r2-2', 0)]
    await hands.serve(...old)
    await hands.serve(...old, ...next)
    await hands.untilUp('r1-1', 'r1-2', 'r2-1', 'r2-2')
    return { old, next }
  }

  function weighed(servers: readonly ServerWanted[], weight: number): ServerWanted[] {
    return servers.map((server) => ({ ...server, weight }))
  }

  /** Users who ask again as soon as they are answered, one in two with a POST. */
  function startLoad(): { goesOn(): Promise<void>; stop(): Promise<{ sent: number; failed: string[] }> } {
    const ended = new AbortController()
    let sent = 0
    const failed: string[] = []
    const users = (['GET', 'POST', 'GET', 'POST'] as const).map(async (method) => {
      while (!ended.signal.aborted) {
        const { status, server } = await world.send({ listen: world.listen(0), method })
        sent += 1
        if (status !== 200) failed.push(`${method} ${status} ${server}`)
      }
    })
    // a change has to be lived through by somebody
    const goesOn = () => {
      const enough = sent + 8
      return hands.until(() => sent >= enough)
    }
    return {
      goesOn,
      async stop() {
        await goesOn()
        ended.abort()
        await Promise.all(users)
        return { sent, failed }
      },
    }
  }
}
