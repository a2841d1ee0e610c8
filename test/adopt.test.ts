// Taking over a container that somebody else made: as it was, without losing it, whatever dies on the way.
import { describe, expect, it } from 'vitest'
import { run } from '../src/cli/adopt.ts'
import type { PublishedPort } from '../src/core/model.ts'
import { adopt, planAdoption } from '../src/operations/adopt.ts'
import type { App } from '../src/operations/app.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import type { Stranger } from '../src/ports/runtime.ts'
import { buildDefinition } from './builders.ts'
import { createConsole, given } from './doubles/console.ts'
import { alice, deployTag, World } from './doubles/world.ts'

const MAX_MOMENTS = 200
const shop = buildDefinition({ process: { ...buildDefinition().process, env: { TZ: 'UTC' } } })
const published = (hostPort: number): PublishedPort => ({
  hostAddress: '127.0.0.1',
  hostPort,
  containerPort: 8080,
  protocol: 'tcp',
})

function worldWith(changes: Partial<Stranger> = {}) {
  const world = new World()
  const { configDigest } = world.addImage('v0.9.0', 99)
  world.engine.strangers.set('gin', {
    id: 'f00',
    name: 'gin',
    running: true,
    image: 'shop:v0.9.0',
    configDigest,
    env: { GIN_MODE: 'release', DB_PASSWORD: 'hunter2-by-hand' },
    command: ['/app', 'serve'],
    mounts: [],
    ports: [published(18_080)],
    memoryBytes: 67_108_864,
    cpus: null,
    container: { user: '10001' },
    networks: [],
    sharesNetwork: false,
    isReplica: false,
    restart: 'always',
    ...changes,
  })
  return world
}
const take = (app: App) => adopt(app, shop, { ...alice, container: 'gin', keepRunning: false })
const runs = (world: World) => world.engine.strangers.get('gin')!.running

describe('a container that is adopted', () => {
  it('becomes r1 with its own image, environment and settings; what sounds confidential is sealed', async () => {
    const world = worldWith()
    const { app } = world.process()
    const { answered, stopped } = await take(app)
    expect(answered.answer).toMatchObject({
      outcome: 'succeeded',
      from: null,
      to: { release: 'r1', version: 'v0.9.0' },
    })
    expect(stopped && !runs(world)).toBe(true)
    const release = app.store.releases.get(shop, 1)!
    expect(release.config).toMatchObject({
      env: { GIN_MODE: 'release' },
      command: ['/app', 'serve'],
      memoryBytes: 67_108_864,
      container: { user: '10001' },
      secrets: [{ name: 'DB_PASSWORD', onRollback: 'restore' }],
      health: shop.health,
    })
    const [container] = world.engine.containers.values()
    expect(container?.env).toEqual({ GIN_MODE: 'release', DB_PASSWORD: 'hunter2-by-hand' })
    expect(app.store.services.get(shop)?.definition.listen).toBe(shop.listen)
    expect(world.answering(shop)).toBe(1)
    const journal = app.store.journal.ofTransaction(answered.answer.transaction_id!)
    expect(journal.filter(({ step }) => step === 'adopt')).toHaveLength(2)
    expect(JSON.stringify([journal, release, answered])).not.toContain('hunter2-by-hand')
  })

  it.each([
    ['port', {}],
    ['beside', { ports: [published(8080)] }],
    ['beside', { running: false }],
    ['first', { mounts: [{ kind: 'volume', source: 'data', target: '/data', readOnly: false, shared: false }] }],
    [
      'beside',
      { mounts: [{ kind: 'volume', source: 'data', target: '/data', readOnly: true, shared: false }], ports: [] },
    ],
  ] as const)('goes the way "%s" with %o', async (way, changes) => {
    const world = worldWith(changes)
    const { app } = world.process()
    expect((await planAdoption(app, shop, 'gin')).way).toBe(way)
    const { answered, gapMs } = await take(app)
    expect(answered.answer.outcome).toBe('succeeded')
    expect(gapMs === null).toBe(way === 'beside')
  })

  it.each([
    ['there is no such container', {}, 'other'],
    ['Astern made it', { isReplica: true }, 'gin'],
    ['it has no network of its own', { sharesNetwork: true }, 'gin'],
    ['its image is not on this host any more', { configDigest: `sha256:${'f'.repeat(64)}` }, 'gin'],
  ])('is refused because %s', async (reason, changes, container) => {
    const { app } = worldWith(changes).process()
    await expect(planAdoption(app, shop, container)).rejects.toMatchObject({
      code: 'ADOPT_IMPOSSIBLE',
      details: { reason: expect.stringContaining(reason) as string },
    })
  })

  it('is refused in a time in which deploys are', async () => {
    const world = worldWith()
    const { app } = world.process()
    const always = { day: null, minute: 0 }
    const frozen = [{ text: 'always', from: always, to: { day: null, minute: 1_439 }, zone: 'UTC' }]
    await expect(
      adopt(app, { ...shop, freeze: frozen }, { ...alice, container: 'gin', keepRunning: false }),
    ).rejects.toMatchObject({
      code: 'FROZEN',
    })
    expect([app.store.services.list(), runs(world)]).toEqual([[], true])
  })

  it('is refused when the service has releases', async () => {
    const { app } = worldWith().process()
    await deployTag(app, shop, 'v1.0.0')
    await expect(take(app)).rejects.toMatchObject({ details: { reason: 'the service has a release already' } })
  })

  it.each([{}, { mounts: [{ kind: 'volume', source: 'd', target: '/d', readOnly: false, shared: false }] as const }])(
    'serves on when what was made of it does not get healthy: %o',
    async (changes) => {
      const world = worldWith(changes)
      const { app } = world.process()
      world.engine.behaviour = () => ({ healthyAfterMs: null })
      const { answered, stopped } = await take(app)
      expect(answered).toMatchObject({ exit: 4, answer: { outcome: 'failed', error: { code: 'DEPLOY_FAILED' } } })
      expect([stopped, runs(world), world.answering(shop)]).toEqual([false, true, null])
      world.engine.behaviour = () => ({})
      expect((await take(app)).answered.answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
    },
  )

  it('goes on where it was left by a process that died at any moment', { timeout: 60_000 }, async () => {
    for (let moment = 0; ; moment += 1) {
      expect(moment).toBeLessThan(MAX_MOMENTS)
      const world = worldWith()
      const victim = world.process(moment)
      await take(victim.app).catch(() => {})
      victim.kill()
      const { app } = world.process()
      expect((await doOverdue(app, { look: true })).left).toEqual([])
      const proven = world.answering(shop) !== null
      expect(runs(world) || proven, `nobody serves after moment ${moment}`).toBe(true)
      const again = await take(app).catch((error: { details: unknown }) => error.details)
      if ('reason' in (again as object)) expect(again).toMatchObject({ reason: 'the service has a release already' })
      else expect(again).toMatchObject({ answered: { answer: { outcome: 'succeeded' } } })
      expect(world.answering(shop)).not.toBeNull()
      expect(app.store.operations.unfinished(shop)).toEqual([])
      if (victim.moments.length <= moment) return
    }
  })
})

describe('astern adopt', () => {
  it('says what it would do, and does nothing', async () => {
    const world = worldWith()
    const { app } = world.process()
    const plan = await planAdoption(app, shop, 'gin')
    expect(plan.changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'env GIN_MODE',
      'env TZ',
      'secret DB_PASSWORD',
      'command command',
      'limit memory',
      'container user',
    ])
    expect([app.store.services.list(), world.engine.containers.size, runs(world)]).toEqual([[], 0, true])
    const { context } = createConsole(app)
    await expect(run(context, given('adopt', ['--x']))).rejects.toMatchObject({ code: 'USAGE' })
  })
})
