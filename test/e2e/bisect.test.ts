// Which release was the first bad one: each is started off traffic and judged by a program of the user's.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'

// 0 is good, 1 is bad: the release answers /env with its own variables.
const CHECK = `const { env } = await (await fetch(process.env.ASTERN_URL + '/env')).json()
process.exit(env.BROKEN === 'yes' ? 1 : 0)
`

describe('bisect', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation({ service: { standby: { warm: 1, frozen: 0, cold: 1 } } })
    await shop.ask('up')
    for (const [index, name] of ['v1', 'v2', 'v3', 'v4', 'v5'].entries())
      await shop.deploy(name, { env: { BROKEN: index < 3 ? 'no' : 'yes' } })
    await writeFile(join(shop.project, 'check.mjs'), CHECK)
  })
  afterAll(() => shop?.close())

  it('names the first bad release, while the newest goes on serving', async () => {
    const load = await shop.load({ perSecond: 50 })
    const words = ['bisect', '--good', 'r1', '--bad', 'r5', '--run', process.execPath, 'check.mjs']
    const found = await shop.astern([...words, '--json'])
    expect(found).toMatchObject({ code: 0, last: { good: 'r3', first_bad: 'r4', unknown: [] } })
    await load.stop()
    expect(load.failures()).toEqual([])
    expect(await shop.visit()).toMatchObject({ release: 'v5' })
    await shop.atRest()
    // r3 stands by cold with the replica that it had
    const names = [...(await shop.containers()).keys()].filter((name) => /-r[123]-/.test(name))
    expect(names).toEqual([shop.containerOf('r3-1')])
  })

  it('says what is wrong with what it was asked', async () => {
    const order = await shop.astern(['bisect', '--good', 'r5', '--bad', 'r1', '--json'])
    expect(order).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
    const alone = await shop.astern(['bisect', '--good', 'r1', '--bad', 'r5', '--json'])
    expect(alone).toMatchObject({ code: 2, last: { error: { message: expect.stringContaining('--run') as string } } })
    const missing = await shop.astern(['bisect', '--good', 'r1', '--bad', 'r5', '--run', './nothing-here', '--json'])
    expect(missing).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
  })
})
