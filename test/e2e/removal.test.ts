// Taking things away: the proxy alone, one service, everything; and starting again from there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quick, createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'

describe('an installation with two services', () => {
  let shop: Installation
  let adminPort: number

  const configure = (mark: string) => {
    const service = { image: shop.repository, port: 8080, ...quick, env: { MARK: mark } }
    return shop.writeConfig({
      services: { shop: service, admin: service },
      environments: {
        [shop.environment]: {
          services: { shop: { listen: shop.listen }, admin: { listen: `127.0.0.1:${adminPort}` } },
        },
      },
    })
  }
  const deployBoth = async (name: string) => {
    await shop.tag(name)
    await configure(name)
    for (const service of ['shop', 'admin']) await shop.ask('deploy', name, '--service', service)
  }

  beforeAll(async () => {
    shop = await createInstallation()
    adminPort = await freePort()
    await configure('v1')
    await shop.ask('up')
    await deployBoth('v1')
    await deployBoth('v2')
  })
  afterAll(() => shop?.close())

  it('goes on behind a proxy that is down, and is served again by up', async () => {
    const down = await shop.astern(['down'])
    expect(down.code).toBe(0)
    expect(down.stdout).toContain('Services keep running')
    expect(await shop.visit()).toMatchObject({ status: 0 })
    const states = [...(await shop.containers())]
    expect(states).toHaveLength(4)
    expect(new Set(states.map(([, state]) => state))).toEqual(new Set(['running']))
    await shop.ask('up')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v2' })
    expect(await shop.ask('rollback', '--service', 'shop')).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    await shop.atRest()
  })

  it('loses one service only when somebody says yes, and keeps its history', async () => {
    const asked = await shop.astern(['remove', 'admin', '--json'])
    expect(asked).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
    expect(await shop.visit({ port: adminPort })).toMatchObject({ status: 200 })
    const load = await shop.load()
    const removed = await shop.ask('remove', 'admin', '--yes')
    expect(removed).toMatchObject({ outcome: 'succeeded', removed: [{ service: 'admin', containers: 2 }] })
    expect(await shop.visit({ port: adminPort })).toMatchObject({ status: 0 })
    expect([...(await shop.containers()).keys()].filter((name) => name.includes('-admin-'))).toEqual([])
    const { services } = await shop.ask('status')
    expect(services).toMatchObject([{ service: 'shop' }])
    const log = await shop.astern(['log'])
    expect(log.stdout).toContain('admin')
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
    await load.more(10)
    await load.stop()
    expect(load.failures()).toEqual([])
    const unknown = await shop.astern(['remove', 'admin', '--yes', '--json'])
    expect(unknown).toMatchObject({ code: 2, last: { error: { code: 'SERVICE_UNKNOWN' } } })
  })

  it('can have a service of that name again', async () => {
    await shop.ask('up')
    const again = await shop.ask('deploy', 'v2', '--service', 'admin')
    expect(again).toMatchObject({ outcome: 'succeeded', from: null })
    expect(await shop.visit({ port: adminPort })).toMatchObject({ status: 200, release: 'v2' })
  })

  it('is gone altogether only when somebody says yes', async () => {
    expect(await shop.astern(['down', '--all', '--json'])).toMatchObject({ code: 2 })
    expect(await shop.visit()).toMatchObject({ status: 200 })
    const gone = await shop.astern(['down', '--all', '--yes'])
    expect(gone.code).toBe(0)
    expect(gone.stdout).toContain('its history is kept in')
    expect(await shop.containers()).toEqual(new Map())
    const { releases } = await shop.ask('releases', '--service', 'shop')
    expect(releases).toMatchObject([{ release: 'r2' }, { release: 'r1', state: 'retired' }])
  })

  it('starts again from its history', async () => {
    await shop.ask('up')
    expect(await shop.visit()).toMatchObject({ status: 503 })
    await shop.tag('v3')
    await configure('v3')
    expect(await shop.ask('deploy', 'v3', '--service', 'shop', '--force=hold')).toMatchObject({
      from: null,
      to: { release: 'r3' },
    })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v3' })
    const back = await shop.ask('rollback', '--service', 'shop', '--to', 'r1')
    expect(back).toMatchObject({ outcome: 'succeeded', rung: 'retired' })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
  })
})
