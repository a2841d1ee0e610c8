// Several services behind one proxy: by host name on one address, and on addresses of their own. Each is deployed and taken back by itself.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quick, createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'

describe('several services of one configuration file', () => {
  let shop: Installation
  let port: number

  const service = (mark: string) => ({ image: shop.repository, port: 8080, ...quick, env: { MARK: mark } })
  const configure = (marks: { web: string; admin: string; api: string }) =>
    shop.writeConfig({
      services: { web: service(marks.web), admin: service(marks.admin), api: service(marks.api) },
      environments: {
        [shop.environment]: {
          listen: shop.listen,
          services: {
            web: { hosts: ['shop.test', 'www.shop.test'] },
            admin: { hosts: ['admin.shop.test'] },
            api: { listen: `127.0.0.1:${port}` },
          },
        },
      },
    })

  beforeAll(async () => {
    shop = await createInstallation()
    port = await freePort()
    for (const name of ['v1', 'v2']) await shop.tag(name)
    await configure({ web: 'web1', admin: 'admin1', api: 'api1' })
    await shop.ask('up')
    for (const name of ['web', 'admin', 'api']) await shop.ask('deploy', 'v1', '--service', name)
  })
  afterAll(() => shop?.close())

  it('are told apart by host name, without regard to case, and by port', async () => {
    expect(await shop.visit({ host: 'shop.test' })).toMatchObject({ status: 200, release: 'web1' })
    expect(await shop.visit({ host: `WWW.shop.test:${shop.port}` })).toMatchObject({ status: 200, release: 'web1' })
    expect(await shop.visit({ host: 'admin.shop.test' })).toMatchObject({ status: 200, release: 'admin1' })
    expect(await shop.visit({ host: 'nobody.test' })).toMatchObject({ status: 503 })
    expect(await shop.visit({ port })).toMatchObject({ status: 200, release: 'api1' })
  })

  it('have to be named', async () => {
    const deploy = await shop.astern(['deploy', 'v2', '--json'])
    expect(deploy).toMatchObject({ code: 2, last: { error: { code: 'SERVICE_NEEDED' } } })
    const rollback = await shop.astern(['rollback', '--json'])
    expect(rollback).toMatchObject({ code: 2, last: { error: { code: 'SERVICE_NEEDED' } } })
    const unknown = await shop.astern(['rollback', '--service', 'wbe', '--json'])
    expect(unknown).toMatchObject({ code: 2, last: { error: { code: 'SERVICE_UNKNOWN' } } })
  })

  it('are taken back one at a time, and the others notice nothing', async () => {
    await configure({ web: 'web2', admin: 'admin2', api: 'api2' })
    const loads = await Promise.all([
      shop.load({ host: 'admin.shop.test', perSecond: 60 }),
      shop.load({ port, perSecond: 60 }),
    ])
    for (const name of ['web', 'admin']) await shop.ask('deploy', 'v2', '--service', name)
    expect(await shop.ask('rollback', '--service', 'web')).toMatchObject({ service: 'web', outcome: 'succeeded' })
    expect(await shop.visit({ host: 'shop.test' })).toMatchObject({ release: 'web1' })
    expect(await shop.visit({ host: 'admin.shop.test' })).toMatchObject({ release: 'admin2' })
    expect(await shop.visit({ port })).toMatchObject({ release: 'api1' })
    for (const load of loads) {
      await load.more(10)
      await load.stop()
      expect(load.failures()).toEqual([])
    }
    const { services } = await shop.ask('status')
    expect(services).toMatchObject([
      { service: 'admin', active: { release: 'r2' } },
      { service: 'api', active: { release: 'r1' } },
      { service: 'web', active: { release: 'r1' } },
    ])
  })
})
