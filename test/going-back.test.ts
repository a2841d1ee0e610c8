// Ways back that are not all at once: step by step, and with fewer replicas than serve while the engine is away.
import { describe, expect, it } from 'vitest'
import type { Definition } from '../src/core/model.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { fail } from '../src/core/errors.ts'
import { buildDefinition, buildProcess } from './builders.ts'
import { deployTag, Killed, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition()
const mounts = [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }] as const
const exclusive = buildDefinition({ replicas: 1, process: { ...shop.process, mounts } })

async function twoReleases(definition: Definition = shop) {
  const world = new World()
  const { app } = world.process()
  for (const tag of ['v1.0.0', 'v1.1.0']) {
    expect((await deployTag(app, definition, tag)).answer).toMatchObject({ outcome: 'succeeded' })
    await doOverdue(app, { look: false })
  }
  return { world, app }
}

/** What the running proxy gives each release: the weight of its servers. */
function weights(world: World): Record<string, number> {
  const servers = world.proxy?.backends[0]?.servers ?? []
  return Object.fromEntries(
    servers.filter(({ weight }) => weight > 0).map(({ release, weight }) => [`r${release}`, weight]),
  )
}

describe('a rollback that moves traffic step by step', () => {
  async function ramped(rampMs: number, hurryAt: number | null = null) {
    const { world, app } = await twoReleases()
    world.mayMix = true
    const hurry = new AbortController()
    const seen: Record<string, number>[] = []
    world.interlude = async ({ name, when }) => {
      if (name !== 'traffic.ensure' || when !== 'after') return
      seen.push(weights(world))
      if (seen.length === hurryAt) hurry.abort()
    }
    const { answer } = await rollBack(app, shop, null, { rampMs, hurry: hurry.signal })
    return { world, app, answer, seen }
  }

  it('lets the share of the target grow every second, and proves the end', async () => {
    const { answer, seen } = await ramped(5_000)
    const ticks = seen.slice(0, 6)
    const target = ticks.map(({ r1 = 0 }) => r1)
    expect(target).toEqual(target.toSorted((a, b) => a - b))
    expect(ticks.slice(0, 4).every(({ r1 = 0, r2 = 0 }) => r1 > 0 && r2 > 0 && r1 + r2 === 100)).toBe(true)
    expect(ticks.at(-1)).toEqual({ r1: 100 })
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' }, proof: { answers: 20, of: 20 } })
    expect(answer.duration_ms.shift_traffic).toBeGreaterThanOrEqual(5_000)
  })

  it('moves the rest at once when there is a hurry', async () => {
    const { answer, seen } = await ramped(600_000, 3)
    expect(seen).toHaveLength(4)
    expect(seen.at(-1)).toEqual({ r1: 100 })
    expect(answer).toMatchObject({ outcome: 'succeeded', proof: { answers: 20, of: 20 } })
  })

  /** A process that is killed when about a third of the traffic has moved. */
  async function killedOnTheWay() {
    const { world } = await twoReleases()
    world.mayMix = true
    const victim = world.process()
    let ticks = 0
    world.interlude = async ({ name, when }) => {
      if (name === 'traffic.ensure' && when === 'after' && ++ticks === 3) victim.kill()
    }
    await expect(rollBack(victim.app, shop, null, { rampMs: 10_000 })).rejects.toThrow(Killed)
    world.interlude = async () => {}
    expect(weights(world)).toMatchObject({ r1: expect.any(Number), r2: expect.any(Number) })
    return world
  }

  it('ends at once, with all traffic on the target, when its process died on the way', async () => {
    const world = await killedOnTheWay()
    const heir = world.process().app
    expect((await doOverdue(heir, { look: false })).left).toEqual([])
    expect(weights(world)).toEqual({ r1: 100 })
    const resumed = heir.store.operations.list(5).find(({ kind }) => kind === 'rollback')
    expect(resumed).toMatchObject({ outcome: 'succeeded' })
    expect(heir.store.services.get(shop)).toMatchObject({ active: 1 })
  })

  it('may be asked for again when its process died on the way, and goes no further back', async () => {
    const world = await killedOnTheWay()
    const { answer } = await rollBack(world.process().app, shop)
    expect(answer).toMatchObject({ outcome: 'succeeded', from: { release: 'r2' }, to: { release: 'r1' } })
    expect(weights(world)).toEqual({ r1: 100 })
  })

  it('leaves the intent with the target when the proxy fails on the way', async () => {
    const { world, app } = await twoReleases()
    world.mayMix = true
    let ticks = 0
    world.interlude = async ({ name, when }) => {
      if (name === 'traffic.ensure' && when === 'before' && ++ticks === 3) world.proxy = null
    }
    expect(await rollBack(app, shop, null, { rampMs: 10_000 })).toMatchObject({ exit: 5 })
    const wanted = world.file?.backends[0]?.servers.filter(({ weight }) => weight > 0).map(({ name }) => name)
    expect(wanted).toEqual(['r1-1', 'r1-2'])
  })

  it('is refused where two releases must not run at once, and nothing moves', async () => {
    const { world, app } = await twoReleases(exclusive)
    const { answer, exit } = await rollBack(app, exclusive, null, { rampMs: 5_000 })
    expect({ exit, outcome: answer.outcome, code: answer.error?.code }).toEqual({
      exit: 3,
      outcome: 'refused',
      code: 'RAMP_IMPOSSIBLE',
    })
    expect(world.answering(exclusive)).toBe(2)
  })

  it('moves at once where nobody is served', async () => {
    const { health: _running, ...worker } = buildProcess('worker')
    const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
    const jobs = buildDefinition({
      process: { ...shop.process, port: null },
      processes: [{ ...worker, replicas: 1, standby }],
    })
    const { world, app } = await twoReleases(jobs)
    expect((await rollBack(app, jobs, null, { rampMs: 600_000 })).answer).toMatchObject({ outcome: 'succeeded' })
    expect(app.store.services.get(jobs)).toMatchObject({ active: 1 })
    expect(world.working(jobs)).toEqual([1])
  })

  it('has nothing to move from a deploy that has not got any traffic yet', async () => {
    const { world, app } = await twoReleases()
    const taken: ReturnType<typeof rollBack>[] = []
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.awaitHealthy' || taken.length > 0) return
      taken.push(rollBack(world.process().app, shop, null, { rampMs: 600_000 }))
      await taken[0]
    }
    await deployTag(app, shop, 'v1.2.0')
    const { answer } = (await taken[0])!
    expect(answer).toMatchObject({ outcome: 'succeeded', from: { release: 'r3' }, to: { release: 'r2' } })
    expect(answer.duration_ms.shift_traffic).toBeLessThan(600_000)
  })
})

describe('a rollback to a standby with fewer replicas than serve', () => {
  async function short(definition = shop) {
    const { world, app } = await twoReleases(definition)
    app.store.services.setLive(definition, { web: 4 })
    return { world, app }
  }

  it('brings it up to the live number first while the engine answers', async () => {
    const { world, app } = await short()
    world.observer = () => {
      if (world.answering(shop) === 1)
        expect(world.proxy?.backends[0]?.servers.filter((one) => one.weight > 0)).toHaveLength(4)
    }
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', warnings: [] })
  })

  it.each(['down', 'hung', 'forbidden'] as const)(
    'takes the traffic anyway while the engine is %s, says so, and grows when it is back',
    async (state) => {
      const { world, app } = await short()
      world.engine.state = state
      const { answer, exit } = await rollBack(app, shop)
      expect(exit).toBe(0)
      expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' }, proof: { answers: 20 } })
      expect(answer.warnings).toEqual(['r1 serves with 2 of 4 replicas until the engine is back'])
      expect(weights(world)).toEqual({ r1: 100 })
      world.engine.state = 'up'
      await doOverdue(app, { look: false })
      const serving = world.proxy?.backends[0]?.servers.filter(({ weight }) => weight > 0)
      expect(serving?.every(({ release }) => release === 1)).toBe(true)
      expect(serving).toHaveLength(4)
    },
  )

  it('gives no request to a replica that is frozen', async () => {
    const { world, app } = await twoReleases()
    const [first] = app.store.replicas.of(shop).filter(({ release }) => release === 1)
    app.store.replicas.uncheck(shop, first!.name)
    app.store.replicas.setLevel(shop, first!.name, 'frozen')
    world.engine.state = 'down'
    expect((await rollBack(app, shop)).answer.warnings).toEqual([
      'r1 serves with 1 of 2 replicas until the engine is back',
    ])
    expect(world.proxy?.backends[0]?.servers.filter(({ weight }) => weight > 0)).toMatchObject([{ name: 'r1-2' }])
  })

  it('fails where nobody of the target is warm', async () => {
    const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
    const { world, app } = await short(buildDefinition({ standby }))
    world.engine.state = 'down'
    expect(await rollBack(app, shop)).toMatchObject({ exit: 5, answer: { error: { code: 'ROLLBACK_FAILED' } } })
    expect(world.answering(shop)).toBe(2)
  })

  it('fails where it is not the engine that is away', async () => {
    const { world, app } = await short()
    world.engine.addFault({
      method: 'ensureRunning',
      error: fail('START_FAILED', { replica: 'r1-3', release: 'r1', reason: 'no' }),
    })
    expect(await rollBack(app, shop)).toMatchObject({ exit: 5 })
    expect(world.answering(shop)).toBe(2)
  })

  it('never goes on without the engine where the old release has to stop first', async () => {
    const { world, app } = await short(exclusive)
    world.engine.state = 'down'
    expect(await rollBack(app, exclusive)).toMatchObject({ exit: 5 })
    expect(world.proxy?.backends[0]?.servers.some(({ release, weight }) => release === 1 && weight > 0)).toBe(false)
  })
})
