// A service without a registry: its images travel from engine to engine, and a deploy takes what is there.
import { describe, expect, it } from 'vitest'
import { FakeEngine } from '../src/drivers/fake/engine.ts'
import { carryImage, type CarryAsked } from '../src/operations/carry.ts'
import { planDeployOf } from '../src/operations/deploy.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, World } from './doubles/world.ts'

const shop = buildDefinition({ registry: 'none' })
const SERVER = 'ssh://deploy@shop.example.com'

function open() {
  const world = new World()
  const server = new FakeEngine(world.clock)
  world.engines.known.set(SERVER, server)
  const built = world.addImage('v2.0.0', 20)
  const { app } = world.process()
  const { reference, configDigest } = built
  const carry = (changes: Partial<CarryAsked> = {}, signal?: AbortSignal) =>
    carryImage(app, shop, { reference, configDigest, from: null, to: SERVER, ...changes }, signal ? { signal } : {})
  return { world, server, app, built, carry }
}

describe('an image without a registry', () => {
  it('goes to the engine that runs it, and is checked and named there', async () => {
    const { server, built, carry } = open()
    expect(await carry()).toEqual({ outcome: 'carried', configDigest: built.configDigest, bytes: 10_000_000 })
    expect(server.images.get('shop:v2.0.0')?.configDigest).toBe(built.configDigest)
  })
  it('goes only once', async () => {
    const { world, built, carry } = open()
    await carry()
    expect(await carry()).toEqual({ outcome: 'already_there', configDigest: built.configDigest, bytes: 0 })
    expect(world.engines.streamed).toBe(1)
  })
  it('only gets its name when it is there under another one', async () => {
    const { world, server, built, carry } = open()
    server.addImage({ ...built, reference: 'shop:other' })
    expect(await carry()).toMatchObject({ outcome: 'already_there', bytes: 0 })
    expect([world.engines.streamed, server.images.has('shop:v2.0.0')]).toEqual([0, true])
  })
  it('goes nowhere when it was built where it runs', async () => {
    const { world, carry } = open()
    expect(await carry({ to: null })).toMatchObject({ outcome: 'same_engine', bytes: 0 })
    expect(world.engines.streamed).toBe(0)
  })
  it('does not take a name that means another image there', async () => {
    const { world, server, built, carry } = open()
    const other = `sha256:${'7'.repeat(64)}`
    server.addImage({ ...built, digest: other, configDigest: other })
    await expect(carry()).rejects.toMatchObject({
      code: 'TAG_MOVED',
      exit: 3,
      message: expect.stringContaining(SERVER),
    })
    expect([world.engines.streamed, server.images.get('shop:v2.0.0')?.configDigest]).toEqual([0, other])
  })
  it('that broke off half-way has no name there, and goes when it is sent again', async () => {
    const { world, server, carry } = open()
    world.engines.breaks = 'connection reset by peer'
    const broken = {
      code: 'CARRY_FAILED',
      retryable: true,
      message: expect.stringContaining('connection reset by peer'),
    }
    await expect(carry()).rejects.toMatchObject(broken)
    expect(server.images.size).toBe(0)
    world.engines.breaks = null
    expect(await carry()).toMatchObject({ outcome: 'carried' })
  })
  it('that arrives as something else gets no name', async () => {
    const { world, server, built, carry } = open()
    world.engines.arrives = `sha256:${'8'.repeat(64)}`
    const changed = { code: 'CARRY_FAILED', message: expect.stringContaining(`is not ${built.configDigest}`) }
    await expect(carry()).rejects.toMatchObject(changed)
    expect(server.images.has('shop:v2.0.0')).toBe(false)
  })
  it('that is not where it was built is told', async () => {
    const { carry } = open()
    const configDigest = `sha256:${'9'.repeat(64)}`
    await expect(carry({ configDigest, reference: 'shop:v9' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    const here = carry({ configDigest, reference: 'shop:v9', to: null })
    await expect(here).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })
  it('goes to no engine that does not answer, and to no address that is none', async () => {
    const { carry } = open()
    await expect(carry({ to: 'ssh://nobody@example.com' })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    await expect(carry({ to: 'ssh://-oProxyCommand=evil' })).rejects.toMatchObject({ code: 'USAGE', exit: 2 })
    await expect(carry({ from: '--tls' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(carry({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})

describe('a deploy without a registry', () => {
  const remote = { digest: `sha256:${'a'.repeat(64)}`, configDigest: `sha256:${'b'.repeat(64)}` }
  const facts = { hasHealthcheck: false, version: null, revision: null }

  it('takes the image that is there', async () => {
    const { app } = open()
    expect((await deployTag(app, shop, 'v2.0.0')).answer).toMatchObject({ outcome: 'succeeded' })
  })
  it('asks no registry for one that is not, and says how it gets here', async () => {
    const { world, app } = open()
    const image = 'registry.test/shop'
    const definition = { ...shop, image }
    world.engine.remoteImages.set(`${image}:v3.0.0`, { ...remote, ...facts, reference: `${image}:v3.0.0` })
    const { answer, exit } = await deployTag(app, definition, 'v3.0.0')
    expect([answer.outcome, exit]).toEqual(['failed', 2])
    expect(answer.error).toMatchObject({ code: 'IMAGE_NOT_FOUND', message: expect.stringContaining('astern push') })
    const planned = planDeployOf(app, definition, { ...alice, tag: 'v3.0.0', force: new Set(), overHolds: [] })
    await expect(planned).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining(`${image}:v3.0.0`),
    })
    const { registry: _none, ...asking } = definition
    expect((await deployTag(app, asking, 'v3.0.0')).answer).toMatchObject({ outcome: 'succeeded' })
  })
})
