// Two writers never meet: each process of the probe holds a lock file in the volume from its start to its end, and whoever finds it held says so.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'

/** How often two have met, in a folder of this host. */
const meetingsIn = async (folder: string) =>
  (await readFile(join(folder, 'lock.met'), 'utf8').catch(() => '')).split('\n').length - 1

describe('a volume of its own', () => {
  let shop: Installation
  let volume: string
  const lock = { PROBE_LOCK: '/data/lock' }

  beforeAll(async () => {
    shop = await createInstallation()
    volume = `${shop.repository}-data`
    await shop.ask('up')
    await shop.deploy('v1', { volumes: [`${volume}:/data`], env: lock })
  })
  afterAll(async () => {
    await shop?.close()
    await shop?.docker('volume', 'rm', volume)
  })

  const meetings = async () => Number((await shop.visit({ path: '/lines?file=/data/lock.met' })).body)

  it('is never written by two releases, forward and back', async () => {
    await shop.deploy('v2', { volumes: [`${volume}:/data`], env: lock })
    expect(await meetings()).toBe(0)
    expect(await shop.ask('rollback')).toMatchObject({ strategy: 'stop_first', to: { release: 'r1' } })
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
    expect(await meetings()).toBe(0)
    await shop.atRest()
  })

  it('says what that costs: measured, and expected the next time', async () => {
    const words = await shop.prepare('v3', { volumes: [`${volume}:/data`], env: lock })
    const planned = await shop.astern([...words, '--dry-run'])
    expect(planned.stdout).toMatch(/^outage +nobody answers for about [\d.]+ m?s, as last time$/m)
    const deployed = await shop.astern(words)
    expect(deployed.code).toBe(0)
    expect(deployed.stdout).toMatch(/^outage +nobody answered for [\d.]+ m?s$/m)
    const transaction = /tx-[0-9a-f]{8}/.exec(deployed.stdout)![0]
    expect((await shop.astern(['show', transaction])).stdout).toMatch(/^outage +nobody answered for/m)
    const logged = await shop.astern(['log', transaction, '--json'])
    const shift = logged.json.find(({ key, status }) => key === 'shift_traffic:r3' && status === 'succeeded')
    expect(shift).toMatchObject({ detail: { outage_ms: expect.any(Number) } })
    expect(await meetings()).toBe(0)
  })

  it('starts first where the volume is only read, without a lost request', async () => {
    await shop.deploy('v4', { volumes: [`${volume}:/data:ro`] })
    const load = await shop.load()
    expect(await shop.deploy('v5', { volumes: [`${volume}:/data:ro`] })).toMatchObject({ strategy: 'start_first' })
    await load.more(20, 'v5')
    expect(await shop.ask('rollback')).toMatchObject({ strategy: 'start_first', rung: 'warm', to: { release: 'r4' } })
    await load.more(20, 'v4')
    await load.stop()
    expect(load.failures()).toEqual([])
    await shop.atRest()
  })

  it('would show a meeting: a second replica where the volume is called shared', async () => {
    const volumes = [{ source: volume, target: '/data', shared: true }]
    await shop.deploy('v6', { volumes, env: lock })
    const scaled = await shop.astern(['scale', 'web=2', '--json'])
    expect(scaled).toMatchObject({
      code: 4,
      last: { outcome: 'failed', live: { web: 1 }, error: { code: 'SCALE_FAILED' } },
    })
    expect(scaled.last['error'].message).toContain('goes on as before: web=1')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v6' })
    expect(await meetings()).toBeGreaterThan(0)
    expect(await shop.service()).toMatchObject({
      health: 'healthy',
      processes: [{ process: 'web', running: 1, wanted: 1 }],
    })
  })
})

describe('a folder of the host', () => {
  let shop: Installation
  let folder: string

  beforeAll(async () => {
    shop = await createInstallation()
    folder = join(shop.folder, 'data')
    await mkdir(folder)
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  it('is like a volume', async () => {
    const fields = { volumes: [`${folder}:/data`], env: { PROBE_LOCK: '/data/lock' } }
    await shop.deploy('v1', fields)
    const words = await shop.prepare('v2', fields)
    const deployed = await shop.astern(words)
    expect(deployed.stdout).toContain(`stop first, because two releases must not write to the volume ${folder}:/data`)
    expect(await shop.ask('rollback')).toMatchObject({ strategy: 'stop_first', to: { release: 'r1' } })
    expect(await meetingsIn(folder)).toBe(0)
    expect((await shop.containers()).get(shop.containerOf('r2-1'))).toBe('exited')
    await shop.atRest()
  })
})

describe('a worker with a volume of its own', () => {
  let shop: Installation
  let folder: string

  beforeAll(async () => {
    shop = await createInstallation()
    folder = join(shop.folder, 'queue')
    await mkdir(folder)
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  it('stops first by itself, while web loses no request', async () => {
    const worker = { volumes: [`${folder}:/data`], env: { PROBE_LOCK: '/data/lock' } }
    await shop.deploy('v1', { processes: { worker } })
    const load = await shop.load()
    const planned = await shop.astern([...(await shop.prepare('v2', { processes: { worker } })), '--dry-run'])
    expect(planned.stdout).toMatch(/^way +start first/m)
    expect(planned.stdout).toMatch(
      /^worker +the old one stops, then the new one starts, because two releases must not/m,
    )
    expect(planned.stdout).not.toMatch(/^outage/m)
    expect(await shop.ask('deploy', 'v2')).toMatchObject({ outcome: 'succeeded', strategy: 'start_first' })
    await load.more(20, 'v2')
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', strategy: 'start_first' })
    await load.more(20, 'v1')
    await load.stop()
    expect(load.failures()).toEqual([])
    expect(await meetingsIn(folder)).toBe(0)
    await shop.atRest()
  })
})
