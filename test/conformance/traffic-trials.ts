// What every traffic driver must do with a release that is tried: give it its share, cover its failures, count both sides, let it be reached on
// purpose, and let another one stand in where nobody else is left.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ArmCounts } from '../../src/core/verdict/counts.ts'
import { NO_COUNTS } from '../../src/core/verdict/counts.ts'
import type { BackendWanted, ServerWanted, TrafficRules, TrialWanted } from '../../src/ports/traffic.ts'
import {
  API,
  handsOf,
  HEALTH_PATH,
  SHOP,
  times,
  type Hands,
  type Reply,
  type TrafficWorld,
  type UserRequest,
} from './traffic-world.ts'

const RULES: TrafficRules = {
  sticky: null,
  failure: { header: 'X-Failed', statuses: [418], grpc: true },
  previewFrom: ['127.0.0.0/8'],
}
const trial = (share: number, more: Partial<TrialWanted> = {}): TrialWanted => ({
  release: 2,
  share,
  shield: true,
  ...more,
})
/** Every fourth request or so, as a release with a broken branch answers. */
const oftenFailing = (nth: number): number => (nth % 25 < 6 ? 500 : 200)

export function isTried(open: () => Promise<TrafficWorld>): void {
  let world: TrafficWorld
  let hands: Hands
  let servers: ServerWanted[]
  beforeEach(async () => {
    world = await open()
    hands = handsOf(world)
    servers = [
      await hands.server('r1-1', 100),
      await hands.server('r1-2', 100),
      await hands.server('r2-1', 0),
      await hands.server('r2-2', 0),
    ]
    await want({})
    await hands.untilUp('r1-1', 'r1-2', 'r2-1', 'r2-2')
  })
  afterEach(async () => {
    const agreed = world.fileIsAsWanted()
    await world.close()
    expect(agreed).toBe(true)
  })

  // whoever asks for counters from time to time judges: as long as somebody does, nothing is kept from a release
  async function want(more: Partial<BackendWanted>, list: readonly ServerWanted[] = servers): Promise<void> {
    world.commit([hands.backend(list, { rules: RULES, ...more })])
    await world.traffic.ensure()
    if (more.trial !== undefined) await world.traffic.tally([SHOP])
  }
  /** Users ask, ten at a time. */
  async function ask(count: number, more: Partial<UserRequest> = {}): Promise<Reply[]> {
    const replies: Reply[] = []
    while (replies.length < count) {
      const some = Math.min(10, count - replies.length)
      replies.push(...(await Promise.all(times(some, 0).map(() => world.send({ listen: world.listen(0), ...more })))))
    }
    return replies
  }
  const ofRelease = (replies: readonly Reply[], release: number): number =>
    replies.filter(({ server }) => server?.startsWith(`r${release}-`) === true).length
  const statuses = (replies: readonly Reply[]): number[] =>
    [...new Set(replies.map(({ status }) => status))].sort((a, b) => a - b)
  const received = (path: string): number =>
    servers.reduce((sum, { name }) => sum + hands.replica(name).requests(path), 0)
  async function arm(release: number): Promise<ArmCounts> {
    const { backends } = await world.traffic.tally([SHOP])
    return backends[0]?.arms.get(release) ?? NO_COUNTS
  }
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

  describe('a share', () => {
    it.each([
      [2_200, 0.22],
      [9_900, 0.99],
    ])('of %i in 10,000 is what a release gets, whatever its weight', async (share, part) => {
      await want({ trial: trial(share) })
      const replies = await ask(2_000)
      expect(statuses(replies)).toEqual([200])
      // five standard deviations
      const margin = 5 * Math.sqrt(2_000 * part * (1 - part))
      expect(Math.abs(ofRelease(replies, 2) - 2_000 * part)).toBeLessThan(margin)
      const each = ['r2-1', 'r2-2'].map((name) => replies.filter(({ server }) => server === name).length)
      expect(Math.min(...each)).toBeGreaterThan((2_000 * part) / 4)
    })
    it('of nothing is nothing, and of the whole all', async () => {
      await want({ trial: trial(0) })
      expect(await hands.answering(200)).toEqual(['r1-1', 'r1-2'])
      await want({ trial: trial(10_000) })
      expect(await hands.answering(200)).toEqual(['r2-1', 'r2-2'])
      await want({ trial: null })
      expect(await hands.answering(200)).toEqual(['r1-1', 'r1-2'])
    })
    it('changes without a reload, as do servers and the release', async () => {
      const { process } = await world.traffic.observe()
      await want({ trial: trial(2_200) })
      await want({ trial: trial(9_900, { shield: false }), standIn: 1 })
      await want({ trial: trial(10_000) }, servers.slice(0, 3))
      expect(await hands.answering(40)).toEqual(['r2-1'])
      const three = await hands.server('r3-1', 0)
      servers.push(three)
      await want({ trial: trial(10_000) })
      await hands.untilUp('r3-1', 'r2-2')
      await want({ trial: trial(10_000, { release: 3 }) })
      expect(await hands.answering(40)).toEqual(['r3-1'])
      await want({ trial: null }, [...servers.slice(0, 2), three])
      expect(await hands.answering(40)).toEqual(['r1-1', 'r1-2'])
      expect((await world.traffic.observe()).process).toBe(process)
    })
    it('survives a restart and a reload', async () => {
      await want({ trial: trial(10_000), standIn: 1 })
      await world.kill()
      await world.start()
      expect(await hands.answering(40)).toEqual(['r2-1', 'r2-2'])
      await world.reload()
      expect(await hands.answering(40)).toEqual(['r2-1', 'r2-2'])
      await world.traffic.ensure()
      expect(await hands.answering(40)).toEqual(['r2-1', 'r2-2'])
    })
    it('goes by weights where its servers are down', async () => {
      await want({ trial: trial(9_900) })
      for (const name of ['r2-1', 'r2-2']) await hands.replica(name).stop()
      const replies = [...(await ask(200)), ...(await ask(100, { method: 'POST' }))]
      expect(statuses(replies)).toEqual([200])
      expect(ofRelease(replies, 1)).toBe(300)
      const { drawn, failed, failedForUsers } = await arm(2)
      expect(failed).toBe(drawn)
      expect(failedForUsers).toBe(0)
    })
  })

  describe('the shield', () => {
    it.each([2_200, 9_900])('covers every failure of a candidate with a share of %i', async (share) => {
      for (const name of ['r2-1', 'r2-2']) hands.replica(name).answers('/', oftenFailing)
      await want({ trial: trial(share) })
      const replies = await ask(1_500)
      expect(statuses(replies)).toEqual([200])
      const { drawn, answered, failed, failedForUsers, succeeded } = await arm(2)
      expect([answered, failed + succeeded, failedForUsers]).toEqual([drawn, drawn, 0])
      expect(failed / drawn).toBeGreaterThan(0.1)
      expect(failed / drawn).toBeLessThan(0.4)
    })
    it('covers a connection that breaks off', async () => {
      for (const name of ['r2-1', 'r2-2']) hands.replica(name).answers('/', 0)
      await want({ trial: trial(10_000) })
      const replies = await ask(30)
      expect(statuses(replies)).toEqual([200])
      expect(ofRelease(replies, 1)).toBe(30)
    })
    it('never sends a POST twice', async () => {
      for (const name of ['r2-1', 'r2-2']) hands.replica(name).answers('/order', 500)
      await want({ trial: trial(10_000) })
      const replies = await ask(30, { method: 'POST', path: '/order' })
      expect(statuses(replies)).toEqual([500])
      expect(received('/order')).toBe(30)
      expect(await arm(2)).toMatchObject({ drawn: 30, answered: 30, failed: 30, failedForUsers: 30, succeeded: 0 })
    })
    it('is off where it is not wanted', async () => {
      for (const name of ['r2-1', 'r2-2']) hands.replica(name).answers('/', 500)
      await want({ trial: trial(10_000, { shield: false }) })
      expect(statuses(await ask(20))).toEqual([500])
    })
    it('multiplies no load of a stable release that fails', async () => {
      for (const name of ['r1-1', 'r1-2']) hands.replica(name).answers('/broken', 500)
      await want({ trial: trial(2_200) })
      const replies = await ask(300, { path: '/broken' })
      expect(statuses(replies)).toEqual([200, 500])
      expect(received('/broken')).toBe(300)
      expect(await arm(1)).toMatchObject({ failed: ofRelease(replies, 1), failedForUsers: ofRelease(replies, 1) })
      await want({ trial: null })
      expect(statuses(await ask(50, { path: '/broken' }))).toEqual([500])
      expect(received('/broken')).toBe(350)
    })
  })

  describe('the counts of a trial', () => {
    it('are exact, per side', async () => {
      for (const { name } of servers) {
        hands.replica(name).answers('/missing', 404)
        hands.replica(name).answers('/declared', 200, { 'X-Failed': 'yes' })
        hands.replica(name).answers('/teapot', 418)
        hands.replica(name).answers('/grpc', 200, { 'grpc-status': '14' })
        hands.replica(name).answers('/fine', 200, { 'grpc-status': '0' })
      }
      await want({ trial: trial(5_000) })
      const replies = {
        // whoever speaks gRPC posts; what is answered to anything else is not searched for its status
        good: [
          ...(await ask(170)),
          ...(await ask(50, { path: '/fine', method: 'POST' })),
          ...(await ask(30, { path: '/grpc' })),
        ],
        missing: await ask(50, { path: '/missing' }),
        declared: [...(await ask(30, { path: '/declared' })), ...(await ask(30, { path: '/grpc', method: 'POST' }))],
        teapot: await ask(30, { path: '/teapot' }),
      }
      for (const release of [1, 2]) {
        const [good, missing, declared, teapot] = Object.values(replies).map((some) => ofRelease(some, release)) as [
          number,
          number,
          number,
          number,
        ]
        const all = good + missing + declared + teapot
        const { latency, ...counts } = await arm(release)
        expect(counts).toEqual({
          drawn: all,
          answered: all,
          failed: 0,
          failedForUsers: 0,
          clientErrors: missing + teapot,
          declared: declared + teapot,
          succeeded: good + declared,
        })
        expect(total(latency)).toBe(all)
      }
    })
    it('say per server what it answered, and how often it failed', async () => {
      hands.replica('r2-1').answers('/', 500)
      await want({ trial: trial(10_000, { shield: false }) })
      const replies = await ask(100)
      const { backends } = await world.traffic.tally([SHOP, API])
      const failed = replies.filter(({ server }) => server === 'r2-1').length
      expect(backends[0]?.servers.find(({ name }) => name === 'r2-1')).toMatchObject({
        release: 2,
        answered: failed,
        failed,
      })
      expect(backends[0]?.servers.find(({ name }) => name === 'r2-2')).toMatchObject({
        answered: 100 - failed,
        failed: 0,
      })
      expect(backends[1]).toMatchObject({ ...API, servers: [] })
      expect(backends[1]?.arms.size).toBe(0)
    })
    it('leave out what was sent on purpose, proofs, and all that happens without a trial', async () => {
      await ask(20)
      await want({ trial: trial(5_000) })
      await ask(20, { headers: { 'X-Astern-To': 'r2' } })
      await world.traffic.probe(SHOP, HEALTH_PATH, 10)
      await world.traffic.probe(SHOP, HEALTH_PATH, 10, 2)
      expect([await arm(1), await arm(2)]).toEqual([NO_COUNTS, NO_COUNTS])
      await ask(20)
      expect((await arm(1)).drawn + (await arm(2)).drawn).toBe(20)
    })
    it('begin anew with another process', async () => {
      await want({ trial: trial(5_000) })
      await ask(20)
      const before = await world.traffic.tally([SHOP])
      expect(before.process).toBe((await world.traffic.observe()).process)
      await world.reload()
      const after = await world.traffic.tally([SHOP])
      expect(after.process).not.toBe(before.process)
      expect(after.backends[0]?.arms.size).toBe(0)
      await world.traffic.ensure()
    })
    it('are not had of a proxy that is down', async () => {
      await world.kill()
      await expect(world.traffic.tally([SHOP])).rejects.toMatchObject({ code: 'PROXY_DOWN' })
    })
  })

  describe('a release that is asked for', () => {
    it('answers although nobody else is sent there, and is named', async () => {
      for (const to of ['r2', 'R2']) {
        const replies = await ask(20, { headers: { 'X-Astern-To': to } })
        expect(replies.filter(({ release, status }) => release === 'r2' && status === 200)).toHaveLength(20)
        expect(ofRelease(replies, 2)).toBe(20)
        expect(replies.some(({ proofSeen }) => proofSeen)).toBe(false)
      }
      await want({ trial: trial(0) })
      expect(ofRelease(await ask(10, { headers: { 'X-Astern-To': 'candidate' } }), 2)).toBe(10)
      expect(ofRelease(await ask(10, { headers: { 'X-Astern-To': 'r1' } }), 1)).toBe(10)
    })
    it('is the candidate, too, when it is ready and on no trial', async () => {
      await want({ candidate: 2 })
      expect(ofRelease(await ask(10, { headers: { 'X-Astern-To': 'candidate' } }), 2)).toBe(10)
      expect(ofRelease(await ask(10), 1)).toBe(10)
      await want({ trial: trial(0, { release: 1 }), candidate: 2 })
      expect(ofRelease(await ask(10, { headers: { 'X-Astern-To': 'candidate' } }), 2)).toBe(10)
    })
    it('may be asked for by host name', async () => {
      expect(ofRelease(await ask(10, { host: 'r2.localhost:8080' }), 2)).toBe(10)
      await want({ hosts: ['shop.example.com'], trial: trial(0) })
      expect(ofRelease(await ask(10, { host: 'shop.example.com' }), 1)).toBe(10)
      expect(ofRelease(await ask(10, { host: 'r2.shop.example.com' }), 2)).toBe(10)
      expect(ofRelease(await ask(10, { host: 'candidate.SHOP.example.com' }), 2)).toBe(10)
      expect(statuses(await ask(5, { host: 'r9.shop.example.com' }))).toEqual([404])
      expect(statuses(await ask(5, { host: 'x2.shop.example.com' }))).toEqual([503])
    })
    it('and cannot be had is never another one', async () => {
      for (const to of ['r9', 'candidate', 'trial', 'r2/0', 'nobody']) {
        const [reply] = await ask(1, { headers: { 'X-Astern-To': to }, method: 'POST' })
        expect(reply).toMatchObject({ status: 404, server: null, release: null })
        expect(reply?.text).toContain('has no server here that is ready')
      }
      await want(
        {},
        servers.map((server) => (server.release === 2 ? { ...server, checked: false } : server)),
      )
      expect(statuses(await ask(5, { headers: { 'X-Astern-To': 'r2' } }))).toEqual([404])
      await want({ trial: trial(0) })
      for (const name of ['r2-1', 'r2-2']) await hands.replica(name).stop()
      expect(await ask(5, { headers: { 'X-Astern-To': 'r2' } })).toEqual(
        times(5, expect.objectContaining({ status: 503 })),
      )
    })
    it('is had only from where it may be', async () => {
      await want({ rules: { ...RULES, previewFrom: ['10.0.0.0/8', 'fd00::/8'] }, trial: trial(0) })
      for (const headers of [{ 'X-Astern-To': 'r2' }, { 'X-Astern-To': 'r9' }]) {
        const replies = await ask(10, { headers })
        expect(ofRelease(replies, 1)).toBe(10)
        expect(replies.every(({ release }) => release === null)).toBe(true)
      }
      expect(ofRelease(await ask(10, { host: 'r2.localhost' }), 1)).toBe(10)
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 3, 2)).toEqual(times(3, { release: 2, status: 200 }))
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 3)).toEqual(times(3, { release: 1, status: 200 }))
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 1, 9)).toEqual([{ release: null, status: 404 }])
    })
    it('is asked for in vain by others, who are drawn like anybody', async () => {
      await want({ rules: { ...RULES, previewFrom: ['10.0.0.0/8'] }, trial: trial(10_000) })
      expect(ofRelease(await ask(10, { headers: { 'X-Astern-To': 'r1' } }), 2)).toBe(10)
      expect(ofRelease(await ask(10), 2)).toBe(10)
      expect((await arm(2)).drawn).toBe(20)
    })
    it('is proved by what it answers, good or bad', async () => {
      hands.replica('r2-1').answers('/checkout', 500)
      hands.replica('r2-2').answers('/checkout', 500)
      await want({ trial: trial(10_000) })
      expect(await world.traffic.probe(SHOP, '/checkout', 4, 2)).toEqual(times(4, { release: 2, status: 500 }))
      expect(await world.traffic.probe(SHOP, HEALTH_PATH, 4)).toEqual(times(4, { release: 1, status: 200 }))
    })
  })

  describe('a stand-in', () => {
    it('serves when nobody else is left, and only then', async () => {
      await want({ standIn: 2 })
      expect(await hands.answering(40)).toEqual(['r1-1', 'r1-2'])
      for (const name of ['r1-1', 'r1-2']) hands.replica(name).answers(HEALTH_PATH, 500)
      await hands.until(async () => (await hands.answering(2)).join().startsWith('r2'))
      expect(await hands.answering(40)).toEqual(['r2-1', 'r2-2'])
      hands.replica('r2-1').answers(HEALTH_PATH, 500)
      await hands.until(async () => (await hands.seen('r2-1'))?.up === false)
      expect(await hands.answering(40)).toEqual(['r2-2'])
      for (const name of ['r1-1', 'r1-2']) hands.replica(name).answers(HEALTH_PATH, 200)
      await hands.untilUp('r1-1', 'r1-2')
      expect(await hands.answering(40)).toEqual(['r1-1', 'r1-2'])
    })
    it('is nobody who was not named', async () => {
      await want({ standIn: null })
      for (const name of ['r1-1', 'r1-2']) hands.replica(name).answers(HEALTH_PATH, 500)
      await hands.until(async () => (await hands.answering(1)).join() === '503')
      expect(await hands.answering(20)).toEqual(['503'])
    })
    it('serves what was not drawn in a trial, which counts against those who could not', async () => {
      await want({ trial: trial(5_000), standIn: 2 })
      for (const name of ['r1-1', 'r1-2']) hands.replica(name).answers(HEALTH_PATH, 500)
      await hands.until(
        async () => (await hands.seen('r1-1'))?.up === false && (await hands.seen('r1-2'))?.up === false,
      )
      expect(statuses(await ask(100))).toEqual([200])
      const { answered, failed, failedForUsers } = await arm(1)
      expect(failed).toBe(answered)
      expect(failedForUsers).toBe(0)
    })
  })

  describe('a client that is known', () => {
    const sticky = { kind: 'cookie', name: 'astern' } as const
    it('stays on its side by its cookie, and moves only as the share grows', async () => {
      await want({ trial: trial(3_000), rules: { ...RULES, sticky } })
      const replies = await ask(60)
      const clients = replies.map(({ cookie, server }) => {
        const [, number] = /^astern=(\d{1,4}); Path=\/; HttpOnly; SameSite=Lax$/.exec(cookie ?? '') ?? []
        return { number: Number(number), candidate: server?.startsWith('r2-') }
      })
      for (const { number, candidate } of clients) expect(candidate).toBe(number < 3_000)
      expect((await arm(1)).drawn + (await arm(2)).drawn).toBe(60)
      for (const share of [3_000, 6_000]) {
        await want({ trial: trial(share), rules: { ...RULES, sticky } })
        for (const { number } of clients.slice(0, 20)) {
          const [again] = await ask(1, { headers: { Cookie: `other=1; astern=${number}` } })
          expect(again?.server?.startsWith('r2-')).toBe(number < share)
          expect(again?.cookie).toBeNull()
        }
      }
      expect((await arm(1)).drawn + (await arm(2)).drawn).toBe(60)
      expect((await arm(1)).answered + (await arm(2)).answered).toBe(100)
      await want({ trial: null, rules: { ...RULES, sticky } })
      expect((await ask(1))[0]?.cookie).toBeNull()
    })
    it('stays on its side by a header that names it', async () => {
      await want({ trial: trial(5_000), rules: { ...RULES, sticky: { kind: 'header', name: 'X-User' } } })
      const sides = new Set<number>()
      for (const user of Array.from({ length: 30 }, (_, index) => `user-${index}`)) {
        const replies = await ask(4, { headers: { 'X-User': user } })
        const candidate = ofRelease(replies, 2)
        expect([0, 4]).toContain(candidate)
        sides.add(candidate)
      }
      expect(sides.size).toBe(2)
      expect([(await arm(1)).drawn, (await arm(2)).drawn]).toEqual([0, 0])
      expect((await arm(1)).answered + (await arm(2)).answered).toBe(120)
    })
  })
}
