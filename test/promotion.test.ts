// Promotion between environments: the very image that served in one, with the configuration of the other, under the other's next number.
import { describe, expect, it } from 'vitest'
import type { Definition } from '../src/core/model.ts'
import type { App } from '../src/operations/app.ts'
import { deploy, planDeployOf } from '../src/operations/deploy.ts'
import { placeHold } from '../src/operations/hold.ts'
import { promotable } from '../src/operations/promotion.ts'
import { releaseEntry } from '../src/operations/releases.ts'
import { nameFor } from '../src/operations/verified.ts'
import { verify } from '../src/operations/verify.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const base = buildDefinition()
const inEnvironment = (environment: string, listen: string, changes: Partial<Definition> = {}) =>
  buildDefinition({ environment, listen, process: { ...base.process, env: { WHERE: environment } }, ...changes })
const staging = inEnvironment('staging', '127.0.0.1:18081', {
  checks: [{ name: 'selftest', timeoutMs: 1_000, action: { kind: 'run', argv: ['/app'] } }],
})
const prod = inEnvironment('prod', '127.0.0.1:18080')
const none: ReadonlySet<never> = new Set()

async function staged(...tags: string[]) {
  const world = new World()
  world.addImage('v1.1.0', 2, 'abc123')
  const { app } = world.process()
  for (const tag of tags) expect((await deployTag(app, staging, tag)).answer.outcome).toBe('succeeded')
  return { world, app }
}
const asked = (app: App, name: string | null = null, force: ReadonlySet<'quarantine'> = new Set()) => {
  const promotes = promotable(app, staging, name, force)
  return { ...alice, tag: nameFor(promotes), promotes, force }
}

describe('a promotion', () => {
  it('makes the next number there of the same image, with its version and revision and the configuration of there', async () => {
    const { world, app } = await staged('v1.0.0', 'v1.1.0')
    await deployTag(app, prod, 'v1.2.0')
    // What the tag means by now does not matter, nor that there is another image under it.
    world.addImage('v1.1.0', 9)
    const { answer } = await deploy(app, prod, asked(app))
    expect(answer).toMatchObject({
      operation: 'deploy',
      outcome: 'succeeded',
      from: { release: 'r1' },
      to: { release: 'r2' },
    })
    const release = app.store.releases.get(prod, 2)!
    const source = app.store.releases.get(staging, 2)!
    expect(release).toMatchObject({
      configDigest: source.configDigest,
      digest: source.digest,
      image: 'shop:v1.1.0',
      version: 'v1.1.0',
      gitRevision: 'abc123',
      config: { env: { WHERE: 'prod' } },
    })
    expect(releaseEntry(app, release).promoted_from).toEqual({ environment: 'staging', release: 'r2' })
    expect(releaseEntry(app, source).promoted_from).toBeNull()
    const pulled = app.store.journal.ofTransaction(answer.transaction_id!).filter(({ step }) => step === 'pull')
    expect(pulled.every(({ detail }) => detail?.['promoted_from'] !== undefined)).toBe(true)
    expect(pulled.at(-1)?.detail).toMatchObject({ promoted_from: { environment: 'staging', release: 'r2' } })
  })

  it('of an earlier release names it; done twice it finds nothing to do', async () => {
    const { app } = await staged('v1.0.0', 'v1.1.0')
    expect((await deploy(app, prod, asked(app, 'v1.0.0'))).answer.to).toMatchObject({ version: 'v1.0.0' })
    const again = await deploy(app, prod, asked(app, 'r1'))
    expect(again).toMatchObject({ exit: 0, answer: { outcome: 'noop', to: { release: 'r1' } } })
    expect(app.store.releases.list(prod, 5)).toHaveLength(1)
  })

  it('keeps the digest of a registry, and pulls by it what is gone from this host', async () => {
    const { world, app } = await staged()
    const configDigest = `sha256:${'5'.padStart(64, '0')}`
    const digest = `sha256:${'d'.repeat(64)}`
    const facts = { configDigest, digest, hasHealthcheck: false, version: '2.0.0', revision: 'def456' }
    world.engine.addImage({ ...facts, reference: 'shop:nightly' })
    await deployTag(app, staging, 'nightly')
    world.engine.removeImage(configDigest)
    world.engine.remoteImages.set(`shop@${digest}`, { ...facts, reference: `shop@${digest}` })
    const { answer } = await deploy(app, prod, asked(app))
    expect(answer.to).toEqual({ release: 'r1', version: '2.0.0', image: 'shop:nightly', digest })
  })

  it('is planned without a change', async () => {
    const { app } = await staged('v1.1.0')
    const planned = await planDeployOf(app, prod, asked(app))
    expect(planned).toMatchObject({ decision: { outcome: 'plan', to: 1 }, release: { version: 'v1.1.0' } })
    expect(app.store.releases.list(prod, 5)).toEqual([])
  })

  it('is refused as a deploy is: by a hold, and by a requirement', async () => {
    const { world, app } = await staged('v1.0.0', 'v1.1.0')
    const strict = { ...prod, requires: ['staging'] }
    const refused = await deploy(app, strict, asked(app))
    expect(refused.answer.error).toMatchObject({
      code: 'UNVERIFIED',
      hint: 'astern verify v1.1.0 --env staging --service shop',
    })
    await verify(app, staging, { ...alice, what: 'r2' })
    expect((await deploy(app, strict, asked(app))).answer.outcome).toBe('succeeded')
    placeHold(app, prod, { ...alice, reason: 'stock-taking' })
    expect((await deploy(app, strict, asked(app, 'r1'))).answer.error?.code).toBe('HELD')
    expect(world.answering(prod)).toBe(1)
  })

  it('takes only what has served and was not rolled back from', async () => {
    const { world, app } = await staged()
    expect(() => promotable(app, staging, null, none)).toThrow('nothing serves there')
    await deployTag(app, staging, 'v1.0.0')
    await deployTag(app, staging, 'v1.1.0')
    world.engine.behaviour = ({ spec }) => (spec.release === 3 ? { healthyAfterMs: null } : {})
    await deployTag(app, staging, 'v1.2.0')
    expect(() => promotable(app, staging, 'r3', none)).toThrow('r3 v1.2.0 has never served there')
    await rollBack(app, staging)
    expect(() => promotable(app, staging, 'r2', none)).toThrow('r2 v1.1.0 in staging is what was rolled back from')
    expect(promotable(app, staging, 'r2', new Set(['quarantine'])).number).toBe(2)
    expect(promotable(app, staging, null, none).number).toBe(1)
    expect(() => promotable(app, staging, 'r9', none)).toThrow('has no release r9')
  })
})
