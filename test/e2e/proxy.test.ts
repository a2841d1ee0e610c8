// HAProxy is reloaded, restarted and killed between two steps and between two operations: what is committed serves, and the way back stays open.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askProxy } from './support/admin.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

/** Long enough that something can be done to the proxy while a deploy waits. */
const SLOW_START = { PROBE_LISTEN_AFTER_MS: '1200' }

describe('the proxy', () => {
  let shop: Installation

  const serves = (release: string) => until(`${release} to serve`, async () => (await shop.visit()).release === release)
  const disturbances = {
    'is reloaded': () => shop.docker('kill', '--signal', 'USR2', shop.containerOf('proxy')),
    'is restarted': () => shop.docker('restart', '--time', '0', shop.containerOf('proxy')),
    'is killed': async () => {
      const pid = Number(await shop.docker('inspect', '--format', '{{.State.Pid}}', shop.containerOf('proxy')))
      process.kill(pid, 'SIGKILL')
      await until('another process', async () => {
        const now = await shop.docker('inspect', '--format', '{{.State.Pid}}', shop.containerOf('proxy'))
        return Number(now) > 0 && Number(now) !== pid
      })
    },
  }
  const kinds = Object.keys(disturbances) as (keyof typeof disturbances)[]

  beforeAll(async () => {
    shop = await createInstallation({ service: { standby: { warm: 1, frozen: 1, cold: 5 } } })
    await shop.ask('up')
    // a frozen and a warm standby are beside what serves
    for (const name of ['f1', 'f2', 'v1']) await shop.deploy(name)
    await shop.onRung('r1', 'frozen')
    await shop.onRung('r2', 'warm')
  })
  afterAll(() => shop?.close())

  it.each(kinds)('%s while a deploy waits: the deploy succeeds, and goes back', async (kind) => {
    const before = String((await shop.service())['active'].release)
    const words = await shop.prepare(`new-${kinds.indexOf(kind)}`, { env: SLOW_START })
    const deploy = await shop.begin([...words, '--json'])
    await until('the health check to begin', () => deploy.stdout().includes('"status":"started","step":"health"'))
    await disturbances[kind]()
    const deployed = await deploy.ended
    expect(deployed).toMatchObject({ code: 0, last: { outcome: 'succeeded', from: { release: before } } })
    await serves(`new-${kinds.indexOf(kind)}`)

    await disturbances[kind]()
    await until('its socket', () => askProxy(shop.stateFolder, 'show info').then(Boolean, () => false))
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', to: { release: before } } })
    await serves('v1')
    await shop.atRest()
    expect(await shop.service()).toMatchObject({
      active: { release: before },
      shares: { [before]: 100 },
      health: 'healthy',
    })
  })

  it('loses no request by a reload, nor by the switches after it', async () => {
    const load = await shop.load()
    await load.more(30, 'v1')
    await shop.docker('kill', '--signal', 'HUP', shop.containerOf('proxy'))
    await load.more(60, 'v1')
    await shop.deploy('v2')
    await load.more(30, 'v2')
    await shop.ask('rollback')
    await load.more(30, 'v1')
    await load.stop()
    expect(load.failures()).toEqual([])
  })

  it('serves what is committed when it is started anew, and says how when it is not there', async () => {
    await shop.deploy('v3')
    await shop.docker('stop', shop.containerOf('proxy'))
    const refused = await shop.astern(['rollback', '--json'])
    expect(refused).toMatchObject({ code: 1, last: { error: { code: 'PROXY_DOWN', hint: 'astern up starts it.' } } })
    const status = await shop.astern(['status'])
    expect(status.code).toBe(0)
    expect(status.stderr).toContain('astern up starts it')
    await shop.ask('up')
    await serves('v3')
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', to: { version: '1.2.3' } })
    await serves('v1')
  })
})

describe('an image of HAProxy that is not root by itself', () => {
  let shop: Installation
  const address = `127.${process.pid % 200}.22.1`

  beforeAll(async () => {
    shop = await createInstallation({ env: { ASTERN_HAPROXY_IMAGE: 'haproxy:3.2-nonroot' } })
  })
  afterAll(() => shop?.close())

  it('takes a port below 1024, deploys and goes back', async () => {
    const config = (mark: string) => ({
      ...shop.configOf({ env: { MARK: mark } }),
      environments: { [shop.environment]: { listen: `${address}:80` } },
    })
    await shop.writeConfig(config('v1'))
    await shop.tag('v1')
    await shop.tag('v2')
    await shop.ask('up')
    await shop.ask('deploy', 'v1')
    await shop.writeConfig(config('v2'))
    await shop.ask('deploy', 'v2')
    expect(await shop.visit({ address, port: 80 })).toMatchObject({ status: 200, release: 'v2' })
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
    expect(await shop.visit({ address, port: 80 })).toMatchObject({ status: 200, release: 'v1' })
    // its workers have dropped their rights
    const users = await shop.docker('top', shop.containerOf('proxy'), '-eo', 'pid,uid,comm')
    expect(users).toMatch(/^\s*\d+\s+99\s+haproxy$/m)
  })
})
