// A rollback from every rung of the standby ladder, under load: warm, frozen, cold, retired, and retired with the image in a registry only.
// The lengths of time are short; each command does the demotions that are due after its own work.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Registry, startRegistry } from '../fixtures/registry.ts'
import type { JsonLine } from './support/command.ts'
import { expectAnswer } from './support/contract.ts'
import { probeImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import type { Load } from './support/load.ts'
import { freePort } from './support/port.ts'

const LADDERS = {
  frozen: { warm: 1, warm_for: '0ms', frozen: 1, frozen_for: '1h', cold: 1 },
  cold: { warm: 1, warm_for: '0ms', frozen: 1, frozen_for: '0ms', cold: 1 },
  retired: { warm: 0, frozen: 0, cold: 0 },
} as const

describe('a rollback from a rung of the ladder', () => {
  let shop: Installation
  let load: Load

  beforeAll(async () => {
    shop = await createInstallation({ service: { replicas: 2 } })
    await shop.ask('up')
    await shop.deploy('v1')
    load = await shop.load()
  })
  afterAll(() => shop?.close())

  it.each([
    { rung: 'frozen', state: 'paused', said: 'frozen standby', steps: ['wake', 'health', 'shift_traffic', 'prove'] },
    { rung: 'cold', state: 'exited', said: 'cold standby', steps: ['wake', 'health', 'shift_traffic', 'prove'] },
    { rung: 'retired', state: null, said: 'retired', steps: ['pull', 'wake', 'health', 'shift_traffic', 'prove'] },
  ] as const)('$rung goes back without losing a request', async ({ rung, state, said, steps }) => {
    const before = String((await shop.service())['active'].release)
    await shop.deploy(`bad-${rung}`, { standby: LADDERS[rung] })
    await shop.onRung(before, rung)
    const containers = await shop.containers()
    for (const ordinal of [1, 2]) {
      const seen = [...containers].filter(([name]) => name.includes(`-${before}-`)).map(([, state]) => state)
      expect(seen[ordinal - 1] ?? null).toBe(state)
    }
    await load.more(20, `bad-${rung}`)
    const planned = await shop.astern(['rollback', '--dry-run'])
    expect(planned.stdout).toContain(said)
    const back = await shop.astern(['rollback', '--json'])
    expect(back.code).toBe(0)
    expect(back.last).toMatchObject({ outcome: 'succeeded', rung, to: { release: before } })
    const done = back.json.filter(({ status, step }) => status === 'succeeded' && step !== 'plan' && step !== 'outcome')
    expect(done.map(({ step }) => step as string)).toEqual(steps)
    await load.more(20, 'v1')
    expect(load.failures()).toEqual([])
    await shop.atRest()
  })

  it('lost nothing on the way', async () => {
    expect((await load.stop()).length).toBeGreaterThan(100)
    expect(load.failures()).toEqual([])
    expect(await shop.service()).toMatchObject({ health: 'healthy', shares: { r1: 100 } })
  })

  it('demotes by count: of three earlier releases one is warm, one frozen, one cold', async () => {
    const standby = { warm: 1, warm_for: '1h', frozen: 1, frozen_for: '1h', cold: 1 }
    for (const name of ['v3', 'v4', 'v5', 'v6']) await shop.deploy(name, { standby, replicas: 1 })
    const active = Number(String((await shop.service())['active'].release).slice(1))
    await shop.onRung(`r${active - 1}`, 'warm')
    await shop.onRung(`r${active - 2}`, 'frozen')
    await shop.onRung(`r${active - 3}`, 'cold')
    const releases = (await shop.ask('releases'))['releases'] as JsonLine[]
    expect(releases.find(({ release }) => release === 'r1')).toMatchObject({ state: 'retired' })
  })
})

describe('a rollback to a release whose image is in a registry only', () => {
  let shop: Installation
  let registry: Registry
  let repository: string
  let pulled: string | null = null

  beforeAll(async () => {
    registry = await startRegistry({ port: await freePort() })
    shop = await createInstallation({ service: { standby: LADDERS.retired } })
    repository = `${registry.host}/${shop.repository}`
    await shop.ask('up')
  })
  afterAll(async () => {
    await shop?.close()
    if (pulled !== null) await shop?.docker('rmi', pulled)
    await registry?.close()
  })

  it('pulls it by its digest', async () => {
    // an image that no other name holds on this host
    const probe = await probeImage()
    const reference = `${repository}:v1`
    const made = await shop.docker('create', probe)
    await shop.docker('commit', '--change', 'LABEL test=registry-only', made, reference)
    await shop.docker('rm', made)
    await shop.docker('push', reference)
    const first = await shop.deploy(
      'v1',
      { image: repository },
      await shop.docker('inspect', '--format={{.Id}}', reference),
    )
    expect(first['to'].image).toBe(reference)
    await shop.deploy('v2')
    await shop.onRung('r1', 'retired')
    for (const name of [reference, `${shop.repository}:v1`]) await shop.docker('rmi', '--force', name)
    const { digest } = first['to']
    await shop.docker('rmi', '--force', `${repository}@${digest}`).catch(() => 'the last name may have taken it along')
    await expect(shop.docker('image', 'inspect', `${repository}@${digest}`)).rejects.toThrow('No such image')
    pulled = `${repository}@${digest}`
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({
      code: 0,
      last: { outcome: 'succeeded', rung: 'retired', to: { release: 'r1', digest } },
    })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
  })

  it('ends with 5 when the image is nowhere any more, and what serves serves on', async () => {
    const made = await shop.docker('create', await probeImage())
    const image = await shop.docker('commit', '--change', 'LABEL test=never-pushed', made)
    await shop.docker('rm', made)
    const lost = await shop.deploy('v3', {}, image)
    const kept = await shop.deploy('v4')
    await shop.onRung(String(lost['to'].release), 'retired')
    await shop.docker('rmi', '--force', image)
    const failed = await shop.astern(['rollback', '--json'])
    expect(failed.code).toBe(5)
    expectAnswer(failed.last)
    expect(failed.last).toMatchObject({ outcome: 'failed', rung: 'retired', error: { code: 'ROLLBACK_FAILED' } })
    expect(failed.last['error'].message).toContain('it was never pushed')
    expect(failed.last['error'].message).toContain(`Serving now: ${kept['to'].release}`)
    expect(failed.last['error'].hint).toContain('astern rollback --to')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v4' })
    // further back there is one that can
    expect(await shop.ask('rollback', '--to', 'r1')).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
  })
})
