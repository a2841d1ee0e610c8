// What every traffic driver must do when things change under it: restarts, reloads, other processes, slow requests, addresses that are taken.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerWanted } from '../../src/ports/traffic.ts'
import { API, handsOf, HEALTH_PATH, SHOP, times, type Hands, type TrafficWorld } from './traffic-world.ts'

export function survivesTrouble(open: () => Promise<TrafficWorld>): void {
  let world: TrafficWorld
  let hands: Hands
  let one: ServerWanted
  let two: ServerWanted
  beforeEach(async () => {
    world = await open()
    hands = handsOf(world)
    one = await hands.server('r1-1', 100)
    two = await hands.server('r2-1', 0)
    await hands.serve(one, two)
    await hands.untilUp('r1-1', 'r2-1')
  })
  afterEach(async () => {
    const agreed = world.fileIsAsWanted()
    await world.close()
    expect(agreed).toBe(true)
  })
  const flipped = (): ServerWanted[] => [
    { ...one, weight: 0 },
    { ...two, weight: 100 },
  ]

  describe('a proxy that is down', () => {
    it('is said to be, and comes back as it is wanted', async () => {
      await world.kill()
      await expect(world.traffic.observe()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
      hands.commit(...flipped())
      await expect(world.traffic.ensure()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
      expect(world.fileIsAsWanted()).toBe(true)
      await world.start()
      expect(await hands.answering()).toEqual(['r2-1'])
      await world.traffic.ensure()
    })
    it('comes back as it was, after changes that needed no reload', async () => {
      const three = await hands.server('r3-1', 0)
      await hands.serve(...flipped(), three)
      await world.kill()
      await world.start()
      expect(await hands.answering()).toEqual(['r2-1'])
      expect(await hands.seen('r3-1')).toMatchObject({ weight: 0 })
      await world.traffic.ensure()
    })
    it('takes a new structure when it comes back', async () => {
      await world.kill()
      world.commit([hands.backend([one, two]), hands.backend([two], { ...API, listen: world.listen(1) })])
      await expect(world.traffic.ensure()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
      expect(world.fileIsAsWanted()).toBe(true)
      await world.start()
      await world.traffic.ensure()
      expect(await hands.answering(2, { listen: world.listen(1) })).toEqual(['503'])
    })
    it('has nothing in flight', async () => {
      await world.kill()
      expect(await world.traffic.drain(SHOP, ['r1-1'], 1_000)).toBe(0)
    })
    it('proves nothing', async () => {
      await world.kill()
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 3)).toEqual(times(3, { release: null, status: 0 }))
    })
  })

  describe('a proxy that is reloaded or restarted under us', () => {
    it('is another process, and does what it is told', async () => {
      const before = await world.traffic.observe()
      await world.reload()
      await hands.serve(...flipped())
      expect(await hands.answering()).toEqual(['r2-1'])
      expect((await world.traffic.observe()).process).not.toBe(before.process)
    })
    it('does what it is told after a restart', async () => {
      const before = await world.traffic.observe()
      await world.kill()
      await world.start()
      await hands.serve(...flipped())
      expect(await hands.answering()).toEqual(['r2-1'])
      expect((await world.traffic.observe()).process).not.toBe(before.process)
    })
    it('is told again although nothing is new', async () => {
      await world.reload()
      await world.traffic.ensure()
      await world.traffic.ensure()
      expect(await hands.answering()).toEqual(['r1-1'])
    })
  })

  describe('two processes', () => {
    it('that ensure at once leave what was committed last', async () => {
      const other = world.reopen()
      for (let round = 0; round < 10; round += 1) {
        hands.commit(one, two)
        const first = world.traffic.ensure()
        hands.commit(...flipped())
        await Promise.all([first, other.ensure()])
        expect(await hands.answering(4)).toEqual(['r2-1'])
        expect(world.fileIsAsWanted()).toBe(true)
        hands.commit(one, two)
        await Promise.all([other.ensure(), world.traffic.ensure()])
        expect(await hands.answering(4)).toEqual(['r1-1'])
      }
    })
    it('may each know something old', async () => {
      const other = world.reopen()
      await world.traffic.observe()
      await other.observe()
      hands.commit(...flipped())
      await other.ensure()
      const three = await hands.server('r3-1', 100)
      hands.commit({ ...one, weight: 0 }, three)
      await other.ensure()
      hands.commit({ ...one, weight: 100 }, { ...three, weight: 0 })
      await world.traffic.ensure()
      expect(await hands.answering()).toEqual(['r1-1'])
      expect(await hands.seen('r2-1')).toBeNull()
    })
    it('may reload under each other', async () => {
      const other = world.reopen()
      const api = hands.backend([await hands.server('r7-1', 100)], { ...API, listen: world.listen(1) })
      world.commit([hands.backend([one, two]), api])
      await other.ensure()
      const { process } = await other.observe()
      world.commit([hands.backend(flipped()), api])
      await world.traffic.ensure()
      expect(await hands.answering()).toEqual(['r2-1'])
      // it had nothing to reload itself
      expect((await world.traffic.observe()).process).toBe(process)
    })
  })

  describe('draining', () => {
    it('ends at once where nothing is in flight', async () => {
      await hands.serve(...flipped())
      expect(await world.traffic.drain(SHOP, ['r1-1'], 60_000)).toBe(0)
      expect(await world.traffic.drain(SHOP, ['r9-9'], 60_000)).toBe(0)
    })
    it('waits for what is in flight, and cuts nothing', async () => {
      const held = await world.hold({ listen: world.listen(0) })
      await hands.serve(...flipped())
      let drained = false
      const drain = world.traffic.drain(SHOP, ['r1-1'], 60_000).then((cut) => {
        drained = true
        return cut
      })
      await world.clock.sleep(100)
      expect(drained).toBe(false)
      held.finish()
      expect(await drain).toBe(0)
      expect(await held.status).toBe(200)
    })
    it('cuts what takes too long, and says how many', async () => {
      const held = [await world.hold({ listen: world.listen(0) }), await world.hold({ listen: world.listen(0) })]
      await hands.serve(...flipped())
      expect(await world.traffic.drain(SHOP, ['r1-1'], 50)).toBe(2)
      expect(await Promise.all(held.map(({ status }) => status))).toEqual([0, 0])
      await hands.until(async () => (await hands.seen('r1-1'))?.sessions === 0)
    })
    it('ends with the reason of whoever calls it off', async () => {
      const held = await world.hold({ listen: world.listen(0) })
      const abort = new AbortController()
      const drain = world.traffic.drain(SHOP, ['r1-1'], 60_000, abort.signal)
      abort.abort(new Error('enough'))
      await expect(drain).rejects.toThrow('enough')
      held.finish()
      await held.status
    })
    it('waits for what was in flight before a reload', async () => {
      const held = await world.hold({ listen: world.listen(0) })
      await world.reload()
      await hands.serve(...flipped())
      const drain = world.traffic.drain(SHOP, ['r1-1'], 60_000)
      await world.clock.sleep(50)
      held.finish()
      expect(await drain).toBe(0)
      expect(await held.status).toBe(200)
    })
    it('cuts what was in flight before a reload too', async () => {
      const held = await world.hold({ listen: world.listen(0) })
      await world.reload()
      await hands.serve(...flipped())
      expect(await world.traffic.drain(SHOP, ['r1-1'], 50)).toBe(1)
      expect(await held.status).toBe(0)
    })
  })

  describe('an address that somebody else has', () => {
    it('is refused by name; what needs no reload happens all the same, and a scope that is not concerned does not hear of it', async () => {
      const free = await world.occupy(world.listen(1))
      const api = hands.backend([await hands.server('r7-1', 100)], { ...API, listen: world.listen(1) })
      world.commit([hands.backend(flipped()), api])
      await expect(world.traffic.ensure()).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        details: { address: world.listen(1) },
      })
      expect(await hands.answering()).toEqual(['r2-1'])
      world.commit([hands.backend([one, two]), api])
      await world.traffic.ensure(SHOP)
      expect(await hands.answering()).toEqual(['r1-1'])
      await expect(world.traffic.ensure(API)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
      // a restart in this state brings back what can be had
      await world.kill()
      await world.start()
      expect(await hands.answering()).toEqual(['r1-1'])
      await free()
      await world.traffic.ensure()
      expect(await hands.answering(2, { listen: world.listen(1) })).toEqual(['r7-1'])
      expect(world.fileIsAsWanted()).toBe(true)
    })
  })

  describe('proof', () => {
    it('is given to whoever knows the secret, and to nobody else', async () => {
      const at = { listen: world.listen(0) }
      const secret = world.wanted().proofSecret
      expect(await world.send({ ...at, proof: secret })).toMatchObject({
        status: 200,
        server: 'r1-1',
        release: 'r1',
        proofSeen: false,
      })
      expect(await world.send(at)).toMatchObject({ status: 200, release: null })
      expect(await world.send({ ...at, proof: `${secret}0` })).toMatchObject({
        status: 200,
        release: null,
        proofSeen: false,
      })
    })
    it('says which release answers, as often as it is asked', async () => {
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 21)).toEqual(times(21, { release: 1, status: 200 }))
      await hands.serve(...flipped())
      hands.replica('r2-1').answers('/checkout', 500)
      expect(await world.traffic.probe(SHOP, '/checkout', 3)).toEqual(times(3, { release: 2, status: 500 }))
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 1)).toEqual([{ release: 2, status: 200 }])
    })
    it('is not had of a service that nobody knows', async () => {
      expect(await world.traffic.probe(API, HEALTH_PATH, 2)).toEqual(times(2, { release: null, status: 0 }))
    })
    it('says 503 and no release where nobody serves', async () => {
      await hands.serve({ ...one, weight: 0 }, two)
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 2)).toEqual(times(2, { release: null, status: 503 }))
    })
  })

  describe('counters', () => {
    it('tell the answers of each release apart', async () => {
      hands.replica('r2-1').answers('/checkout', 500)
      hands.replica('r2-1').answers('/missing', 404)
      const before = await requests(1)
      await hands.answering(5)
      await hands.serve(...flipped())
      await hands.answering(3, { path: '/checkout' })
      await hands.answering(2, { path: '/missing' })
      expect((await requests(1)).requests - before.requests).toBe(5)
      const after = await requests(2)
      expect(after).toMatchObject({ requests: 5, failures: 3 })
      expect(after.responses).toMatchObject({ '2xx': 0, '4xx': 2, '5xx': 3 })
    })
    it('of a service that nobody knows are none', async () => {
      expect(await world.traffic.counters(API)).toEqual([])
    })
  })

  async function requests(release: number) {
    const found = (await world.traffic.counters(SHOP)).find((counters) => counters.release === release)
    if (found === undefined) throw new Error(`no counters of r${release}`)
    return found
  }
}
