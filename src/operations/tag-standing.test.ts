import { describe, expect, it } from 'vitest'
import { buildBuild } from '../../test/builders.ts'
import { build, push, REPOSITORY, shop, workshop } from '../../test/doubles/built.ts'
import { deployTag } from '../../test/doubles/world.ts'
import type { Definition } from '../core/model.ts'
import { defaultTag, refusePointer } from './default-tag.ts'
import { deploySet } from './deploy-set.ts'
import { lookForDrift } from './tag-drift.ts'

const alice = { actor: { name: 'alice', automated: false }, reason: null, force: new Set<never>() }
const OTHER = 'sha256:somebody-else'

/** `v1` is built, pushed and deployed as r1. */
async function serving() {
  const { world, app } = workshop()
  const { image } = await build(app, 'v1')
  const { digest } = await push(app)
  expect((await deployTag(app, shop, 'v1')).answer.outcome).toBe('succeeded')
  return { world, app, digest, configDigest: image.configDigest }
}

describe('a deploy of a tag', () => {
  it('is refused when the host says another image than is known here, with the release that has it', async () => {
    const { world, app, configDigest: known } = await serving()
    const { configDigest } = world.addImage('other', 9)
    await world.builder.name(configDigest, `${REPOSITORY}:v1`)
    const { answer, exit } = await deployTag(app, shop, 'v1')
    expect(exit).toBe(3)
    expect(answer).toMatchObject({ outcome: 'refused', error: { code: 'TAG_MOVED' } })
    const image = `${REPOSITORY}:v1`
    expect(answer.error?.message).toContain(`${image} is ${known} (r1 in prod) here, and ${configDigest} in Docker`)
    expect(app.store.releases.list(shop, 5)).toHaveLength(1)
  })

  it('is refused when its registry says another image', async () => {
    const { world, app, digest } = await serving()
    const found = world.registry.push(REPOSITORY, 'v1', OTHER)
    const { answer } = await deployTag(app, shop, 'v1')
    expect(answer.error).toMatchObject({ code: 'TAG_MOVED' })
    expect(answer.error?.message).toContain(`is ${digest} (r1 in prod) here, and ${found} in registry.test`)
  })

  it('is refused although nobody built it here, when a release has had another image of that name', async () => {
    const { world, app } = workshop()
    const local: Definition = { ...shop, image: 'shop' }
    await deployTag(app, local, 'v1.0.0')
    world.addImage('v1.0.0', 9)
    expect((await deployTag(app, local, 'v1.0.0')).answer.error).toMatchObject({ code: 'TAG_MOVED' })
  })

  it('goes on when the registry has the same image under another manifest, or nothing', async () => {
    const { world, app, configDigest } = await serving()
    world.registry.push(REPOSITORY, 'v1', configDigest, 7)
    expect((await deployTag(app, shop, 'v1')).answer.outcome).toBe('noop')
    await world.registry.remove(REPOSITORY, (await world.registry.resolve(REPOSITORY, 'v1'))!.digest)
    expect((await deployTag(app, shop, 'v1')).answer.outcome).toBe('noop')
  })

  it('goes on without a registry that does not answer, with a warning; and asks none where there is none', async () => {
    const { world, app } = await serving()
    world.registry.trouble = { code: 'REGISTRY_UNREACHABLE', reason: 'connection refused' }
    const { answer } = await deployTag(app, shop, 'v1')
    expect(answer).toMatchObject({ outcome: 'noop', warnings: [expect.stringContaining('could not be compared')] })
    const alone = await deployTag(app, { ...shop, registry: 'none' }, 'v1')
    expect(alone.answer.warnings).toEqual([])
  })

  it('is refused for all services of a set when one of them has moved', async () => {
    const { world, app } = await serving()
    world.registry.push(REPOSITORY, 'v1', OTHER)
    const other: Definition = { ...shop, service: 'other', image: 'shop', listen: '127.0.0.1:18081' }
    const members = [
      { definition: other, tag: 'v1.0.0' },
      { definition: shop, tag: 'v1' },
    ]
    await expect(deploySet(app, members, alice)).rejects.toMatchObject({ code: 'TAG_MOVED' })
    expect(app.store.releases.list(other, 5)).toEqual([])
  })
})

describe('a deploy without a tag', () => {
  it('means the newest that was built for that environment, else the one of the compose file', async () => {
    const { world, app } = workshop()
    const composed = { ...shop, composeTag: 'v0.9.0' }
    expect(() => defaultTag(app, shop)).toThrow(expect.objectContaining({ code: 'TAG_NEEDED' }))
    expect(defaultTag(app, composed)).toBe('v0.9.0')
    await build(app, 'v1')
    world.clock.pass(1_000)
    world.builder.code = 'two'
    await build(app, 'v2', { ...shop, environment: 'staging' })
    expect(defaultTag(app, composed)).toBe('v1')
    expect(defaultTag(app, { ...shop, environment: 'staging' })).toBe('v2')
    expect(() => defaultTag(app, { ...shop, image: 'moved.test/shop' })).toThrow('No tag was named')
  })

  it('never means a pointer, and names what could be deployed instead', async () => {
    const { app } = workshop()
    await build(app, 'v1')
    expect(() => refusePointer(app, shop, 'v1')).not.toThrow()
    const stable = { ...shop, build: buildBuild({ pointers: ['stable'] }) }
    for (const tag of ['latest', 'stable']) {
      expect(() => refusePointer(app, stable, tag)).toThrow(
        expect.objectContaining({ code: 'TAG_IS_POINTER', exit: 2, details: { tag, instead: 'astern deploy v1' } }),
      )
    }
  })
})

describe('drift', () => {
  it('is none as long as every tag means what it meant', async () => {
    const { app } = await serving()
    expect(await lookForDrift(app, shop)).toEqual({ looked: 1, moved: [], unasked: null })
  })

  it('is every tag that was moved behind our back, on the host and in the registry', async () => {
    const { world, app } = await serving()
    world.builder.code = 'two'
    await build(app, 'v2')
    world.registry.push(REPOSITORY, 'v1', OTHER)
    await world.builder.name(world.addImage('other', 9).configDigest, `${REPOSITORY}:v2`)
    const { moved, looked } = await lookForDrift(app, shop)
    expect(looked).toBe(2)
    expect(moved.map(({ code, details }) => [code, details['image'], details['where']])).toEqual([
      ['TAG_MOVED', `${REPOSITORY}:v1`, 'registry.test'],
      ['TAG_MOVED', `${REPOSITORY}:v2`, 'Docker'],
    ])
  })

  it('says when the registry could not be asked, and asks it once', async () => {
    const { world, app } = await serving()
    world.builder.code = 'two'
    await build(app, 'v2')
    world.registry.trouble = { code: 'REGISTRY_DENIED', reason: 'unauthorized' }
    const before = world.registry.calls.length
    expect(await lookForDrift(app, shop)).toMatchObject({ moved: [], unasked: { code: 'REGISTRY_DENIED' } })
    expect(world.registry.calls.length - before).toBe(1)
  })
})
