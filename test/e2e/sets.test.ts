// Several services that belong together: deployed and rolled back as one, all of them or none, under one transaction id.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine } from './support/command.ts'
import { quick, createInstallation, type Installation } from './support/installation.ts'

const NAMES = ['catalogue', 'orders', 'web'] as const

describe('a set of services', () => {
  let shop: Installation

  const configure = (mark: string, broken?: (typeof NAMES)[number]) =>
    shop.writeConfig({
      services: Object.fromEntries(
        NAMES.map((name) => {
          const health = { ...quick.health, start_period: '1s' }
          const env = { MARK: `${name} ${mark}`, ...(name === broken ? { PROBE_HEALTHY_AFTER_MS: '-1' } : {}) }
          return [name, { image: shop.repository, port: 8080, ...quick, health, env }]
        }),
      ),
      environments: {
        [shop.environment]: {
          listen: shop.listen,
          services: Object.fromEntries(NAMES.map((name) => [name, { hosts: [`${name}.test`] }])),
        },
      },
      sets: { shop: NAMES },
    })
  const serving = async () =>
    Promise.all(NAMES.map(async (name) => (await shop.visit({ host: `${name}.test` })).release))
  const outcomes = (last: JsonLine) => (last['services'] as JsonLine[]).map((one) => one['outcome'] as string)

  beforeAll(async () => {
    shop = await createInstallation()
    for (const name of ['v1', 'v2', 'v3']) await shop.tag(name)
    await configure('1')
    await shop.ask('up')
    await shop.ask('deploy', '--set', 'shop', 'v1')
  })
  afterAll(() => shop?.close())

  it('goes forward and back as one', async () => {
    await configure('2')
    const deployed = await shop.ask('deploy', '--set', 'shop', 'v1', 'web=v2')
    expect(deployed).toMatchObject({ operation: 'deploy', set: 'shop', outcome: 'succeeded', error: null })
    expect(await serving()).toEqual(['catalogue 2', 'orders 2', 'web 2'])
    const back = await shop.ask('rollback', '--set', 'shop')
    expect(outcomes(back)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    expect(await serving()).toEqual(['catalogue 1', 'orders 1', 'web 1'])
    const log = await shop.astern(['log', String(back['transaction_id']), '--json'])
    expect(new Set(log.json.map((line) => line['service']))).toEqual(new Set(NAMES))
    expect(new Set(log.json.map((line) => line['transaction_id'])).size).toBe(1)
    expect(await shop.astern(['rollback', '--set', 'shop'])).toMatchObject({ code: 6 })
  })

  it('stays as it is when one of them does not become healthy', async () => {
    await configure('3', 'web')
    const failed = await shop.astern(['deploy', '--set', 'shop', 'v3', '--force=hold', '--json'])
    expect(failed).toMatchObject({ code: 4, last: { outcome: 'failed', error: { code: 'DEPLOY_FAILED' } } })
    expect(outcomes(failed.last)).toEqual(['failed', 'failed', 'failed'])
    expect(await serving()).toEqual(['catalogue 1', 'orders 1', 'web 1'])
  })

  it('has to be known, and is planned as one', async () => {
    const unknown = await shop.astern(['deploy', '--set', 'shp', 'v1', '--json'])
    expect(unknown).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
    expect(unknown.last['error'].message).toContain('known: shop')
    await configure('4')
    const planned = await shop.astern(['deploy', '--set', 'shop', 'v3', '--force=hold', '--dry-run'])
    expect(planned.stdout.match(/^steps /gm)).toHaveLength(3)
    expect(await serving()).toEqual(['catalogue 1', 'orders 1', 'web 1'])
  })
})
