// Two releases must never hold a writable volume or a fixed host port at once: the old one stops before the new one starts. That is planned, said,
// done, and done again on the way back; data stays.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'

describe('a service with a writable volume', () => {
  let shop: Installation
  let volume: string

  beforeAll(async () => {
    shop = await createInstallation()
    volume = `${shop.repository}-data`
    await shop.ask('up')
    await shop.deploy('v1', { volumes: [`${volume}:/data`] })
  })
  afterAll(async () => {
    await shop?.docker('volume', 'create', volume)
    await shop?.close()
    await shop?.docker('volume', 'rm', volume)
  })

  const write = async () => Number((await shop.visit({ path: '/write?file=/data/orders' })).body)

  /** Which container started and which ended since then, in order. */
  async function eventsSince(since: number): Promise<string[]> {
    const label = `label=astern.installation=${shop.record().installation}`
    const until = String(Math.ceil(Date.now() / 1000))
    const filters = ['--filter', label, '--filter', 'event=start', '--filter', 'event=die']
    const format = '{{.Action}} {{.Actor.Attributes.name}}'
    const lines = await shop.docker(
      'events',
      '--since',
      String(since),
      '--until',
      until,
      ...filters,
      '--format',
      format,
    )
    const names = new Map(['r1-1', 'r2-1', 'r3-1'].map((name) => [shop.containerOf(name), name]))
    return lines.split('\n').map((line) => {
      const [action, name = ''] = line.split(' ')
      return `${action} ${names.get(name)}`
    })
  }

  it('says why, and that nobody answers in between, before it does it', async () => {
    expect(await write()).toBe(1)
    const words = await shop.prepare('v2', { volumes: [`${volume}:/data`] })
    const planned = await shop.astern([...words, '--dry-run'])
    expect(planned.stdout).toContain(`stop first, because two releases must not write to the volume ${volume}:/data`)
    expect(planned.stdout).toContain('nobody answers in between')
    expect(planned.stdout).toContain('shift_traffic - → drain r1-1 → demote r1-1 → wake r2-1')
  })

  it('stops the old release, then starts the new one on the same data', async () => {
    const since = Date.now() / 1000
    const deployed = await shop.astern(['deploy', 'v2', '--json'])
    expect(deployed).toMatchObject({ code: 0, last: { strategy: 'stop_first', outcome: 'succeeded' } })
    expect(await eventsSince(since)).toEqual(['die r1-1', 'start r2-1'])
    expect(await write()).toBe(2)
    expect(await shop.service()).toMatchObject({ standby: [{ release: 'r1', rung: 'cold' }] })
  })

  it('goes back the same way, with what the newer release has written', async () => {
    const since = Date.now() / 1000
    const back = await shop.astern(['rollback'])
    expect(back.code).toBe(0)
    expect(back.stdout).toMatch(/^way back {12}cold standby.* · stop first, because/m)
    expect(await eventsSince(since)).toEqual(['die r2-1', 'start r1-1'])
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
    expect(await write()).toBe(3)
  })

  it('starts the old release again when the new one never becomes healthy', async () => {
    const unhealthy = { PROBE_HEALTHY_AFTER_MS: '-1' }
    const health = { path: '/healthz', interval: '100ms', start_period: '1s' }
    const words = await shop.prepare('v3', { volumes: [`${volume}:/data`], env: unhealthy, health })
    const failed = await shop.astern([...words, '--json'])
    expect(failed).toMatchObject({ code: 4, last: { outcome: 'rolled_back', error: { code: 'DEPLOY_FAILED' } } })
    expect(failed.last['error'].message).toContain('did not become healthy')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    expect(await write()).toBe(4)
  })

  it('starts first when the volume is shared', async () => {
    const volumes = [{ source: volume, target: '/data', shared: true }]
    await shop.deploy('v4', { volumes })
    expect(await shop.deploy('v5', { volumes })).toMatchObject({ strategy: 'start_first' })
    expect(await write()).toBe(5)
  })
})

describe('a service with a fixed port on the host', () => {
  let shop: Installation
  let port: number

  beforeAll(async () => {
    shop = await createInstallation()
    port = await freePort()
    await shop.ask('up')
    await shop.deploy('v1', { ports: [`127.0.0.1:${port}:8080`] })
  })
  afterAll(() => shop?.close())

  it('hands the port over and back, and says why nobody answers in between', async () => {
    expect(await shop.visit({ port })).toMatchObject({ release: 'v1' })
    const deployed = await shop.astern(await shop.prepare('v2', { ports: [`127.0.0.1:${port}:8080`] }))
    expect(deployed.code).toBe(0)
    expect(deployed.stdout).toContain(`stop first, because two releases cannot hold the host port ${port}`)
    expect(await shop.visit({ port })).toMatchObject({ release: 'v2' })
    expect(await shop.visit()).toMatchObject({ release: 'v2' })
    expect(await shop.ask('rollback')).toMatchObject({ strategy: 'stop_first', rung: 'cold', outcome: 'succeeded' })
    expect(await shop.visit({ port })).toMatchObject({ release: 'v1' })
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
  })
})
