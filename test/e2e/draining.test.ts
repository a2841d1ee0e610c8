// Services that end badly are taken out without losing a request: by the time they are told to stop, nobody is in them any more.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askProxy } from './support/admin.ts'
import { shopImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

const ORDER = JSON.stringify({ customer: 'Ada', items: [{ product_id: 'compass', quantity: 1 }] })
const COLD_AT_ONCE = { warm: 0, frozen: 0, cold: 3 }

describe('a Gin service', () => {
  let shop: Installation
  let image: string

  beforeAll(async () => {
    image = await shopImage('good')
    shop = await createInstallation({ image, service: { standby: COLD_AT_ONCE } })
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  const loadOf = () => shop.load({ get: '/products', post: { path: '/orders', body: ORDER }, perSecond: 100 })
  const faults = (value: string) => ({ env: { SHOP_FAULTS: value } })

  it('that dies at once on SIGTERM loses nothing when it is demoted after a deploy or a rollback', async () => {
    await shop.deploy('v1.0.0', faults('die-on-sigterm,slow=50ms'))
    const load = await loadOf()
    await load.more(20)
    await shop.deploy('v1.1.0', faults('die-on-sigterm,slow=40ms'))
    await shop.onRung('r1', 'cold')
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'cold' })
    await shop.onRung('r2', 'cold')
    await load.more(20)
    const answers = await load.stop()
    expect(answers.length).toBeGreaterThan(100)
    expect(load.failures()).toEqual([])
  })

  it('that answers slowly finishes what it was asked before the switch', async () => {
    await shop.deploy('v1.2.0', faults('slow=1200ms'))
    const release = String((await shop.service())['active'].release)
    const slow = shop.visit({ path: '/products' })
    await until('the request to be in flight', async () => {
      const rows = (await askProxy(shop.stateFolder, 'show stat')).split('\n').map((row) => row.split(','))
      const header = rows[0]?.indexOf('scur') ?? -1
      return rows.some((row) => row[1] === `${release}-1` && Number(row[header]) > 0)
    })
    const back = await shop.ask('rollback')
    expect(back).toMatchObject({ outcome: 'succeeded', from: { release } })
    expect(await slow).toMatchObject({ status: 200, headers: { 'x-shop-version': 'v1.0.0' } })
    await shop.onRung(release, 'cold')
    await shop.atRest()
  })

  it('that ignores SIGTERM is killed after its timeout, and nothing waits for it longer', async () => {
    await shop.deploy('v1.3.0', faults('ignore-sigterm'))
    const release = String((await shop.service())['active'].release)
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded' })
    await shop.onRung(release, 'cold')
    await shop.atRest()
    expect((await shop.containers()).get(shop.containerOf(`${release}-1`))).toBe('exited')
  })

  it('that crashes after a while is restarted by the engine, and can be taken back', async () => {
    await shop.deploy('v1.4.0', faults('crash=1500ms'))
    const release = String((await shop.service())['active'].release)
    await until('a crash', async () => {
      const count = await shop.docker('inspect', '--format', '{{.RestartCount}}', shop.containerOf(`${release}-1`))
      return Number(count) > 0
    })
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', from: { release } })
    expect(await shop.visit({ path: '/products' })).toMatchObject({ status: 200 })
  })
})
