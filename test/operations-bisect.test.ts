// The search for the first bad release: off traffic, beside what serves, with nothing of it left behind.
import { describe, expect, it } from 'vitest'
import type { Mark } from '../src/core/bisect.ts'
import type { App } from '../src/operations/app.ts'
import { findFirstBad, type Trial } from '../src/operations/bisect.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { buildConfig, buildDefinition } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition({
  replicas: 1,
  standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 },
})
const TAGS = ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0']

async function deployed(definition = shop): Promise<{ world: World; app: App }> {
  const world = new World()
  const { app } = world.process()
  for (const tag of TAGS) expect((await deployTag(app, definition, tag)).answer.outcome).toBe('succeeded')
  await doOverdue(app, { look: true })
  return { world, app }
}

function search(app: App, judge: (trial: Trial) => Promise<Mark>, definition = shop) {
  const release = (number: number) => app.store.releases.get(definition, number)!
  return findFirstBad(app, definition, { ...alice, good: release(1), bad: release(4) }, judge)
}

const running = (world: World) => [...world.engine.containers.values()].map(({ spec }) => spec.release)

describe('a search for the first bad release', () => {
  it('starts releases beside the one that serves, which goes on, and leaves nothing behind', async () => {
    const { world, app } = await deployed()
    world.observer = ({ name }) => expect(world.answering(shop), `nobody answers at ${name}`).toBe(4)
    const tried: number[] = []
    const { bisection } = await search(app, async ({ release, url }) => {
      tried.push(release.number)
      expect(url).toMatch(/^http:\/\/10\..*:8080$/)
      expect(running(world)).toEqual(expect.arrayContaining([4, release.number]))
      return release.number >= 3 ? 'bad' : 'good'
    })
    expect(bisection).toMatchObject({ good: 2, bad: 3, unknown: [] })
    expect(tried).toEqual([2, 3])
    expect(running(world)).toEqual([4])
    expect(app.store.operations.list(1)).toMatchObject([{ kind: 'bisect', outcome: 'succeeded' }])
  })

  it('takes one that does not get healthy for bad, and one whose image is gone for unknown', async () => {
    const { world, app } = await deployed()
    world.engine.behaviour = ({ spec }) => (spec.release === 3 ? { healthyAfterMs: null } : {})
    const gone = app.store.releases.get(shop, 2)!
    world.engine.images.delete(gone.configDigest)
    const { bisection, marks } = await search(app, async () => 'good')
    expect([...marks]).toEqual([
      [2, 'skipped'],
      [3, 'bad'],
    ])
    expect(bisection).toMatchObject({ good: 1, bad: 3, unknown: [2] })
    expect(running(world)).toEqual([4])
  })

  it('starts no second writer', async () => {
    const uploads = { kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false } as const
    const { health: _health, secrets: _secrets, processes: _processes, ...process } = buildConfig({ mounts: [uploads] })
    const definition = { ...shop, process }
    const { app } = await deployed(definition)
    const { bisection } = await search(app, () => Promise.reject(new Error('it was started')), definition)
    expect(bisection.unknown).toEqual([2, 3])
  })

  it('gives way to a rollback, and nothing of it stays', async () => {
    const { world, app } = await deployed()
    const ended = search(app, async () => {
      expect((await rollBack(world.process().app, shop)).answer.outcome).toBe('succeeded')
      return 'good'
    })
    await expect(ended).rejects.toMatchObject({ code: 'LEASE_LOST' })
    await doOverdue(world.process().app, { look: true })
    expect(world.answering(shop)).toBe(3)
    expect(app.store.replicas.of(shop).filter(({ release, level }) => release === 2 && level === 'running')).toEqual([])
  })

  it('leaves nothing behind when its process is killed at any moment', async () => {
    for (let moment = 0; ; moment++) {
      const { world } = await deployed()
      const victim = world.process(moment)
      await search(victim.app, async () => 'good').catch(() => {})
      victim.kill()
      const heir = world.process().app
      for (let round = 0; round < 2; round++) expect((await doOverdue(heir, { look: true })).left).toEqual([])
      expect(running(world), `moment ${moment}`).toEqual([4])
      expect(heir.store.operations.unfinished(shop)).toEqual([])
      expect(world.answering(shop)).toBe(4)
      if (victim.moments.length <= moment) return
    }
  })
})
