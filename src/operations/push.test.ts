import { describe, expect, it } from 'vitest'
import { buildBuild, buildDefinition } from '../../test/builders.ts'
import { build, push, REPOSITORY, shop, stepsOfNewest, workshop } from '../../test/doubles/built.ts'
import { Killed, type World } from '../../test/doubles/world.ts'
import { fail } from '../core/errors.ts'
import { FakeEngine } from '../drivers/fake/engine.ts'
import { doOverdue } from './overdue.ts'

async function pointer(world: World, tag = 'latest') {
  return (await world.registry.resolve(REPOSITORY, tag))?.digest ?? null
}

describe('a push', () => {
  it('sends the newest tag, asks the registry what it has, records that, and then moves the pointers', async () => {
    const { world, app } = workshop()
    await build(app, 'v1')
    const pushed = await push(app)
    expect(pushed).toMatchObject({ outcome: 'succeeded', built: { tag: 'v1' }, pointers: ['latest'] })
    expect(app.store.tags.newest(shop)?.digest).toBe(pushed.digest)
    expect(await pointer(world)).toBe(pushed.digest)
    expect(stepsOfNewest(app).filter((step) => step.endsWith('succeeded'))).toEqual([
      'check_tag succeeded',
      'push succeeded',
      'verify_digest succeeded',
      'point succeeded',
      'outcome succeeded',
    ])
  })

  it('does nothing again, and moves a pointer that somebody has moved back', async () => {
    const { world, app } = workshop()
    await build(app, 'v1')
    const { digest } = await push(app)
    expect(await push(app)).toMatchObject({ outcome: 'noop', digest })
    world.registry.push(REPOSITORY, 'latest', 'sha256:somebody-else')
    expect(await push(app)).toMatchObject({ outcome: 'succeeded', digest })
    expect(await pointer(world)).toBe(digest)
    expect(world.builder.pushed).toEqual([`${REPOSITORY}:v1`])
  })

  it('takes an older tag by name, and leaves the pointers with the newest', async () => {
    const { world, app } = workshop()
    await build(app, 'v1')
    world.builder.code = 'two'
    world.clock.pass(1_000)
    await build(app, 'v2')
    const { digest } = await push(app)
    expect(await push(app, 'v1')).toMatchObject({
      outcome: 'succeeded',
      built: { tag: 'v1' },
      newer: 'v2',
      pointers: [],
    })
    expect(await pointer(world)).toBe(digest)
  })

  it('moves every pointer that is named, and none when none is', async () => {
    const { world, app } = workshop()
    const { digest } = await build(app, 'v1').then(() =>
      push(app, null, { ...shop, build: buildBuild({ pointers: ['stable', 'edge'] }) }),
    )
    expect([await pointer(world), await pointer(world, 'stable'), await pointer(world, 'edge')]).toEqual([
      null,
      digest,
      digest,
    ])
    world.builder.code = 'two'
    world.clock.pass(1_000)
    await build(app, 'v2')
    await push(app, null, { ...shop, build: buildBuild({ pointers: [] }) })
    expect(stepsOfNewest(app)).not.toContain('point started')
    expect(await pointer(world, 'stable')).toBe(digest)
  })

  it('sends nothing that was not built here, and nowhere when no registry is named', async () => {
    const { app } = workshop()
    await expect(push(app)).rejects.toMatchObject({ code: 'NOTHING_BUILT' })
    await build(app, 'v1')
    await expect(push(app, 'v2')).rejects.toMatchObject({ code: 'TAG_UNKNOWN', details: { known: 'v1' } })
    const local = buildDefinition({ build: buildBuild() })
    await build(app, 'v1', local)
    await expect(push(app, null, local)).rejects.toMatchObject({ code: 'REGISTRY_NEEDED' })
  })

  it.each([
    ['of another image', (world: World) => world.registry.push(REPOSITORY, 'v1', 'sha256:somebody-else')],
    [
      'of several platforms that nobody here knows',
      (world: World) => world.registry.pushIndex(REPOSITORY, 'v1', [{ platform: 'linux/amd64', digest: 'sha256:x' }]),
    ],
  ])('never pushes over a tag %s', async (_, taken) => {
    const { world, app } = workshop()
    await build(app, 'v1')
    const digest = taken(world)
    await expect(push(app)).rejects.toMatchObject({ code: 'TAG_MOVED', exit: 3, details: { found: digest } })
    expect(world.builder.pushed).toEqual([])
    expect(app.store.tags.newest(shop)?.digest).toBeNull()
    expect(await pointer(world)).toBeNull()
  })

  it('does not push what somebody has given the name of the tag on this host', async () => {
    const { world, app } = workshop()
    await build(app, 'v1')
    await world.builder.name(world.addImage('other', 9).configDigest, `${REPOSITORY}:v1`)
    await expect(push(app)).rejects.toMatchObject({ code: 'TAG_MOVED', details: { where: 'Docker' } })
    expect(world.builder.pushed).toEqual([])
  })

  it('says that an image is gone', async () => {
    const { world, app } = workshop()
    const { image } = await build(app, 'v1')
    world.engine.removeImage(image.configDigest)
    await expect(push(app)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })

  it('finds out when somebody else has pushed another image in the same moment', async () => {
    const { world, app } = workshop()
    await build(app, 'v1')
    world.builder.onPushed = () => world.registry.push(REPOSITORY, 'v1', 'sha256:somebody-else')
    await expect(push(app)).rejects.toMatchObject({ code: 'TAG_MOVED' })
    expect(app.store.tags.newest(shop)?.digest).toBeNull()
    expect(await pointer(world)).toBeNull()
  })
})

describe('a push without a registry', () => {
  const alone = buildDefinition({ build: buildBuild(), registry: 'none' })
  const SERVER = 'ssh://deploy@shop.example.com'

  it('carries the image to the engine that runs it, once, and asks no registry', async () => {
    const { world, app } = workshop()
    const server = new FakeEngine(world.clock)
    world.engines.known.set(SERVER, server)
    const { image } = await build(app, 'v1', alone)
    expect(await push(app, null, alone, SERVER)).toMatchObject({
      outcome: 'succeeded',
      digest: null,
      bytes: 10_000_000,
    })
    expect(server.images.get('shop:v1')?.configDigest).toBe(image.configDigest)
    expect(stepsOfNewest(app)).toEqual(['carry started', 'carry succeeded', 'outcome succeeded'])
    expect(await push(app, null, alone, SERVER)).toMatchObject({ outcome: 'noop', bytes: 0 })
    expect(world.registry.calls).toEqual([])
  })

  it('has nothing to do where it was built', async () => {
    const { app } = workshop()
    await build(app, 'v1', alone)
    expect(await push(app, null, alone)).toMatchObject({ outcome: 'noop', bytes: 0 })
  })

  it('never moves a tag that the other engine has', async () => {
    const { world, app } = workshop()
    const server = new FakeEngine(world.clock)
    server.addImage({ ...world.addImage('v1', 9) })
    world.engine.removeImage(world.engine.images.get('shop:v1')!.configDigest)
    world.engines.known.set(SERVER, server)
    await build(app, 'v1', alone)
    await expect(push(app, null, alone, SERVER)).rejects.toMatchObject({ code: 'TAG_MOVED', exit: 3 })
  })
})

describe('a bad day of a push', () => {
  it.each([
    [
      'a registry that dies half-way',
      fail('IMAGE_NOT_PUSHED', { image: 'x', reason: 'unexpected EOF' }),
      'IMAGE_NOT_PUSHED',
    ],
    [
      'an expired credential',
      fail('REGISTRY_DENIED', { registry: 'registry.test', what: 'push x', reason: 'unauthorized' }),
      'REGISTRY_DENIED',
    ],
  ])('%s moves no pointer and records nothing; the next push goes through', async (_, failure, code) => {
    const { world, app } = workshop()
    await build(app, 'v1')
    world.builder.pushFails = failure
    await expect(push(app)).rejects.toMatchObject({ code })
    expect(await pointer(world)).toBeNull()
    expect(app.store.tags.newest(shop)?.pushedAt).toBeNull()
    expect((await push(app)).outcome).toBe('succeeded')
  })

  it('asks before it sends: a registry that does not answer gets nothing', async () => {
    const { world, app } = workshop()
    await build(app, 'v1')
    world.registry.trouble = { code: 'REGISTRY_UNREACHABLE', reason: 'connection refused' }
    await expect(push(app)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect(world.builder.pushed).toEqual([])
  })

  it('is survived at every moment: the next push ends with the tag recorded and the pointer on it', async () => {
    let moments = Number.POSITIVE_INFINITY
    for (let killAt = 0; killAt < moments; killAt += 1) {
      const { world } = workshop()
      await build(world.process().app, 'v1')
      const dying = world.process(killAt)
      const died = await push(dying.app).then(
        () => false,
        (error: unknown) => error instanceof Killed,
      )
      if (!died) {
        moments = killAt
        continue
      }
      const { app } = world.process()
      await doOverdue(app, { look: true })
      const recorded = app.store.tags.newest(shop)?.digest ?? null
      expect([null, recorded]).toContain(await pointer(world))
      const { digest } = await push(app)
      expect(app.store.tags.newest(shop)?.digest).toBe(digest)
      expect(await pointer(world)).toBe(digest)
    }
    expect(moments).toBeGreaterThan(10)
  })
})
