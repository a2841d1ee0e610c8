// Several services deployed and rolled back as one: all of them or none, at any moment and after any crash.
import { describe, expect, it } from 'vitest'
import type { Definition } from '../src/core/model.ts'
import type { App } from '../src/operations/app.ts'
import { deploySet } from '../src/operations/deploy-set.ts'
import { findOperations } from '../src/operations/history.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { undo } from '../src/operations/undo.ts'
import { rollbackSet } from '../src/operations/rollback-set.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const members = ['catalogue', 'orders', 'web'].map((service, place) =>
  buildDefinition({ service, listen: `127.0.0.1:${18080 + place}`, replicas: 1, sets: { shop: place } }),
)
const [catalogue, orders, web] = members as [Definition, Definition, Definition]
const pair = [catalogue, web]
const asked = { ...alice, force: new Set(['hold'] as const) }
const deployAll = (app: App, tag: string, all = members) =>
  deploySet(
    app,
    all.map((definition) => ({ definition, tag })),
    asked,
  )
const rollBackAll = (app: App, all = members) =>
  rollbackSet(
    app,
    all.map(({ service, environment }) => ({ service, environment })),
    asked,
  )
const serving = (world: World, all = members) => all.map((definition) => world.answering(definition))

async function twice(all = members): Promise<{ world: World; app: App }> {
  const world = new World()
  const { app } = world.process()
  await deployAll(app, 'v1.0.0', all)
  await deployAll(app, 'v1.1.0', all)
  return { world, app }
}

describe('a set of services', () => {
  it('is deployed and rolled back under one transaction', async () => {
    const { world, app } = await twice()
    expect(serving(world)).toEqual([2, 2, 2])
    const { transactionId, answers } = await rollBackAll(app)
    expect(answers.map(({ answer }) => [answer.service, answer.outcome, answer.transaction_id])).toEqual(
      members.map(({ service }) => [service, 'succeeded', transactionId]),
    )
    expect(serving(world)).toEqual([1, 1, 1])
    expect(findOperations(app, transactionId).map(({ service }) => service)).toEqual(['catalogue', 'orders', 'web'])
    const second = await rollBackAll(app)
    expect(second.answers.map(({ answer }) => answer.outcome)).toEqual(['noop', 'noop', 'noop'])
  })

  it('moves no user before everything new is healthy', async () => {
    const { world, app } = await twice()
    world.engine.behaviour = ({ spec }) =>
      spec.service === 'web' && spec.release === 3 ? { healthyAfterMs: null } : {}
    const moved: string[] = []
    world.observer = ({ name }) => {
      if (name === 'traffic.ensure' && serving(world).includes(3)) moved.push(name)
    }
    const { answers } = await deployAll(app, 'v1.2.0')
    expect(answers.map(({ answer, exit }) => [answer.outcome, exit])).toEqual([
      ['failed', 4],
      ['failed', 4],
      ['failed', 4],
    ])
    expect(serving(world)).toEqual([2, 2, 2])
    expect(moved).toEqual([])
  })

  it('takes back those that were moved when a later one cannot be', async () => {
    const { world, app } = await twice()
    let probes = 0
    world.interlude = async ({ name, when }) => {
      if (name === 'traffic.probe' && when === 'before' && ++probes === 3) throw new Error('the proxy went away')
    }
    const { answers } = await deployAll(app, 'v1.2.0')
    expect(answers.map(({ answer }) => answer.outcome)).toEqual(['rolled_back', 'rolled_back', 'rolled_back'])
    expect(serving(world)).toEqual([2, 2, 2])
    const states = members.map((definition) => app.store.releases.get(definition, 3)?.state)
    expect(states).toEqual(['failed', 'failed', 'failed'])
  })

  it('begins nothing when one of them is busy, refused, or has no image', async () => {
    const { world, app } = await twice()
    await rollBack(app, web)
    await expect(deployAll(app, 'v1.1.0')).rejects.toMatchObject({ code: 'QUARANTINED' })
    expect(serving(world)).toEqual([2, 2, 1])
    await expect(deployAll(app, 'v9')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    expect(app.store.operations.unfinished(catalogue)).toEqual([])
    const newest = app.store.operations.list(6).map(({ outcome }) => outcome)
    expect(newest).toEqual(['failed', 'failed', 'failed', 'refused', 'refused', 'refused'])
  })

  it('is refused as a whole while one of them is on hold, unless that is said yes to', async () => {
    const { world, app } = await twice()
    await rollBack(app, web)
    const all = members.map((definition) => ({ definition, tag: 'v1.2.0' }))
    const ci = { actor: { name: 'ci:build', automated: true }, reason: null, force: new Set<never>() }
    await expect(deploySet(app, all, ci)).rejects.toMatchObject({ code: 'HELD' })
    expect(app.store.operations.list(3).map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused'])
    expect(serving(world)).toEqual([2, 2, 1])
    const overHolds = [app.store.holds.get(web)!.transactionId]
    expect((await deploySet(app, all, { ...ci, overHolds })).answers.map(({ exit }) => exit)).toEqual([0, 0, 0])
    await rollBackAll(app)
    expect(members.map((definition) => app.store.holds.get(definition)?.release)).toEqual([3, 3, 3])
    expect((await undo(app, orders, alice)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r3' } })
  })

  it('leaves alone what its last deploy left alone', async () => {
    const { world, app } = await twice()
    await deploySet(
      app,
      [
        { definition: catalogue, tag: 'v1.2.0' },
        { definition: orders, tag: 'v1.1.0' },
        { definition: web, tag: 'v1.2.0' },
      ],
      asked,
    )
    expect(serving(world)).toEqual([3, 2, 3])
    const { answers } = await rollBackAll(app)
    expect(answers.map(({ answer }) => answer.outcome)).toEqual(['succeeded', 'noop', 'succeeded'])
    expect(serving(world)).toEqual([2, 2, 2])
  })

  it('moves nobody back when one target cannot be had', async () => {
    const { world, app } = await twice()
    for (const [key, { spec }] of world.engine.containers)
      if (spec.service === 'orders' && spec.release === 1) world.engine.containers.delete(key)
    await doOverdue(app, { look: true })
    world.engine.behaviour = ({ spec }) =>
      spec.service === 'orders' && spec.release === 1 ? { healthyAfterMs: null } : {}
    const replicas = app.store.replicas.of(orders).filter(({ release }) => release === 1)
    for (const { name } of replicas) app.store.replicas.setLevel(orders, name, 'stopped')
    const { answers } = await rollBackAll(app)
    expect(answers.map(({ exit }) => exit)).toEqual([5, 5, 5])
    expect(serving(world)).toEqual([2, 2, 2])
  })

  it('is taken over, one service of it, by a rollback; the others go back too', async () => {
    const { world, app } = await twice()
    let taken = false
    world.interlude = async ({ name, when }) => {
      if (taken || name !== 'traffic.probe' || when !== 'before') return
      taken = true
      await rollBack(world.process().app, orders)
    }
    await deployAll(app, 'v1.2.0')
    await doOverdue(world.process().app, { look: true })
    expect(serving(world)).toEqual([2, 2, 2])
  })
})

describe('a set whose process is killed at any moment', { timeout: 120_000 }, () => {
  it.each([
    ['a deploy', (app: App) => deployAll(app, 'v1.2.0', pair), [2, 3]],
    ['a rollback', (app: App) => rollBackAll(app, pair), [1, 2]],
  ] as const)('loses nothing in %s', async (_, act, served) => {
    for (let moment = 0; ; moment++) {
      const { world } = await twice(pair)
      const victim = world.process(moment)
      await act(victim.app).catch(() => {})
      victim.kill()
      const heir = world.process().app
      for (let round = 0; round < 2; round++) {
        const { left } = await doOverdue(heir, { look: true })
        expect(left, `moment ${moment}`).toEqual([])
      }
      const now = new Set(serving(world, pair))
      expect(now.size, `moment ${moment}: ${serving(world, pair).join()}`).toBe(1)
      expect(served, `moment ${moment}`).toContain([...now][0])
      for (const definition of pair) {
        expect(heir.store.operations.unfinished(definition), `moment ${moment}`).toEqual([])
        expect(heir.store.services.get(definition)!.candidate).toBeNull()
        expect(heir.store.services.get(definition)!.active).toBe([...now][0])
      }
      if (victim.moments.length <= moment) {
        expect(moment).toBeGreaterThan(20)
        return
      }
    }
  })

  it('can be deployed one by one all the same', async () => {
    const { world, app } = await twice()
    await deployTag(app, orders, 'v1.2.0')
    expect(serving(world)).toEqual([2, 3, 2])
  })
})
