// The traffic suite against the fake, and what only the fake can do: fail when a test says so.
import { describe, expect, it } from 'vitest'
import { fail } from '../../src/core/errors.ts'
import { FakeProxy } from '../../src/drivers/fake/proxy.ts'
import { createFakeTraffic } from '../../src/drivers/fake/traffic.ts'
import type { BackendWanted, Traffic, TrafficWanted } from '../../src/ports/traffic.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import { isTraffic } from './traffic.ts'
import { survivesTrouble } from './traffic-trouble.ts'
import { isTried } from './traffic-trials.ts'
import { handsOf, SHOP, type Reply, type TrafficWorld } from './traffic-world.ts'

const SECRET = 'c0ffee'
/** So that users who ask again and again leave time for others. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

function openFake(): Promise<TrafficWorld & { readonly proxy: FakeProxy }> {
  const clock = createVirtualClock()
  const proxy = new FakeProxy(clock)
  let wanted: TrafficWanted = { generation: 0, proofSecret: SECRET, backends: [] }
  let queue: Promise<unknown> = Promise.resolve()
  const lock = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work)
    queue = next.catch(() => undefined)
    return next
  }
  const reopen = (): Traffic => createFakeTraffic({ proxy, wanted: () => wanted, lock })
  let ports = 0
  const names = new Map<string, string>()
  return Promise.resolve({
    proxy,
    traffic: reopen(),
    clock,
    reopen,
    wanted: () => wanted,
    commit: (backends: readonly BackendWanted[]) => {
      wanted = { ...wanted, generation: wanted.generation + 1, backends }
    },
    listen: (number) => `127.0.0.1:${21_000 + number}`,
    startReplica: (name) => {
      const at = { address: '10.0.0.1', port: (ports += 1) }
      const statuses = new Map<string, number | ((nth: number) => number)>()
      const extra = new Map<string, Readonly<Record<string, string>>>()
      const counts = new Map<string, number>()
      proxy.targets.set(`${at.address}:${at.port}`, {
        answer: (path) => {
          const nth = (counts.get(path) ?? 0) + 1
          counts.set(path, nth)
          const status = statuses.get(path) ?? 200
          return { status: typeof status === 'number' ? status : status(nth), headers: extra.get(path) ?? {} }
        },
      })
      names.set(`${at.address}:${at.port}`, name)
      return Promise.resolve({
        ...at,
        answers: (path, status, headers = {}) => {
          statuses.set(path, status)
          extra.set(path, headers)
        },
        requests: (path) => counts.get(path) ?? 0,
        stop: () => Promise.resolve(void proxy.targets.delete(`${at.address}:${at.port}`)),
      })
    },
    async send(request): Promise<Reply> {
      await turn()
      proxy.check()
      const { status, server, shown, cookie, text } = proxy.request(request)
      const target = [...proxy.backends.values()].flatMap(({ servers }) => [...servers.values()])
      const at = target.find(({ name }) => name === server)
      return {
        status,
        server: at === undefined ? null : (names.get(`${at.address}:${at.port}`) ?? null),
        release: shown === null ? null : `r${shown}`,
        proofSeen: false,
        cookie,
        text,
      }
    },
    hold(request) {
      const held = proxy.begin(request)
      if (held === null) throw new Error('nobody serves')
      const { promise, resolve } = Promise.withResolvers<number>()
      const end = held.end
      held.end = () => {
        end()
        resolve(held.cut ? 0 : 200)
      }
      return Promise.resolve({ server: held.server, finish: () => held.end(), status: promise })
    },
    kill: () => Promise.resolve(proxy.kill()),
    start: () => Promise.resolve(proxy.start()),
    reload: () => Promise.resolve(proxy.reload()),
    occupy: (listen) => {
      proxy.taken.add(listen)
      return Promise.resolve(() => Promise.resolve(void proxy.taken.delete(listen)))
    },
    fileIsAsWanted: () => JSON.stringify(proxy.file) === JSON.stringify(wanted),
    close: () => Promise.resolve(),
  })
}

describe('the fake proxy', () => {
  describe('that serves', () => {
    isTraffic(openFake)
  })
  describe('in trouble', () => {
    survivesTrouble(openFake)
  })
  describe('on which releases are tried', () => {
    isTried(openFake)
  })

  it('fails a call before it has an effect, as often as it is told', async () => {
    const { proxy, traffic, ...world } = await openFake()
    const { backend, server } = handsOf({ ...world, traffic })
    world.commit([backend([await server('r1-1', 100)])])
    proxy.addFault({ method: 'ensure', error: fail('PROXY_DOWN', { reason: 'as the test says' }), times: 2 })
    await expect(traffic.ensure()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
    await expect(traffic.ensure()).rejects.toMatchObject({ code: 'PROXY_DOWN' })
    expect(proxy.file).toBeNull()
    await traffic.ensure()
    expect(proxy.file).toEqual(world.wanted())
    expect(proxy.calls).toEqual(['ensure', 'ensure', 'ensure'])
  })

  it('loses an answer after the call had its effect', async () => {
    const { proxy, traffic, ...world } = await openFake()
    const { backend, server } = handsOf({ ...world, traffic })
    world.commit([backend([await server('r1-1', 100)])])
    proxy.addFault({ method: 'ensure', when: 'after', error: new Error('lost') })
    await expect(traffic.ensure()).rejects.toThrow('lost')
    expect(await traffic.probe(SHOP, '/', 1)).toEqual([{ release: 1, status: 200 }])
  })
})
