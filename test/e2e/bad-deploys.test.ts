// Deploys that fail: the first of a service, one that never gets healthy, one that ends at its start, one that dies in the middle of the switch.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAnswer } from './support/contract.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

const IMPATIENT = { path: '/healthz', interval: '100ms', start_period: '1s' }
const ENDS_AT_START = { PROBE_LISTEN_AFTER_MS: '60000', PROBE_EXIT_AFTER_MS: '50' }

describe('a deploy that fails', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation({ service: { health: IMPATIENT } })
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  it('as the first one ends with 4, from nothing to nothing, and shows what the replica said', async () => {
    const log = 'reading /etc/shop.conf|!cannot reach the database'
    const words = await shop.prepare('v1', { env: { ...ENDS_AT_START, PROBE_LOG: log, PROBE_EXIT_CODE: '3' } })
    const failed = await shop.astern([...words, '--json'])
    expect(failed.code).toBe(4)
    expectAnswer(failed.last)
    expect(failed.last).toMatchObject({ outcome: 'failed', from: null, proof: null, error: { code: 'DEPLOY_FAILED' } })
    expect(failed.last['error'].message).toContain('cannot reach the database')
    expect(failed.last['error'].hint).toContain('astern log tx-')
    expect(await shop.visit()).toMatchObject({ status: 503 })
    expect(await shop.service()).toMatchObject({ active: null, candidate: null, health: 'down', shares: {} })
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 3, last: { outcome: 'refused', error: { code: 'NO_TARGET' } } })
    expect((await shop.astern(['logs', '--release', 'r1'])).stdout).toContain('cannot reach the database')
  })

  it('does not stand in the way of a good one', async () => {
    expect(await shop.deploy('v2')).toMatchObject({ outcome: 'succeeded', from: null, to: { release: 'r2' } })
    expect(await shop.visit()).toMatchObject({ release: 'v2' })
  })

  it.each([
    {
      what: 'never gets healthy',
      env: { PROBE_HEALTHY_AFTER_MS: '-1', PROBE_LOG: 'still warming up' },
      says: 'warming up',
    },
    {
      what: 'never listens',
      env: { PROBE_LISTEN_AFTER_MS: '600000', PROBE_LOG: 'waiting for a lock' },
      says: 'a lock',
    },
    { what: 'ends at its start', env: { ...ENDS_AT_START, PROBE_LOG: '!panic: no route' }, says: 'no route' },
  ])('because it $what ends with 4 and costs no request', async ({ env, says }) => {
    const load = await shop.load()
    const failed = await shop.astern(await shop.prepare('bad', { env }))
    expect(failed.code).toBe(4)
    expect(failed.stderr).toContain('error DEPLOY_FAILED')
    expect(failed.stderr).toContain(says)
    expect(failed.stderr).toContain('r2 1.2.3')
    await load.more(20, 'v2')
    const answers = await load.stop()
    expect(load.failures()).toEqual([])
    expect(answers.every(({ release }) => release === 'v2')).toBe(true)
    expect(await shop.service()).toMatchObject({ active: { release: 'r2' }, candidate: null, health: 'healthy' })
  })

  it('because its replica dies during the switch is taken back, and the former release serves on', async () => {
    const load = await shop.load()
    const words = await shop.prepare('v6')
    // The proxy's lock holds the deploy between the health check and the switch.
    const lock = new DatabaseSync(join(shop.stateFolder, 'proxy.lock'))
    lock.exec('BEGIN EXCLUSIVE')
    const deploy = await shop.begin([...words, '--json'])
    await until('the replica to be handed to the proxy', () => shop.record().attached.includes('r6-1'))
    await shop.docker('kill', shop.containerOf('r6-1'))
    lock.exec('ROLLBACK')
    lock.close()
    const failed = await deploy.ended
    expect(failed.code).toBe(4)
    expectAnswer(failed.last)
    expect(failed.last).toMatchObject({
      from: { release: 'r2' },
      to: { release: 'r6' },
      error: { code: 'DEPLOY_FAILED' },
    })
    await load.more(20, 'v2')
    await load.stop()
    expect(load.answers().at(-1)).toMatchObject({ release: 'v2', status: 200 })
    expect(load.failures().length).toBeLessThan(load.answers().length / 2)
    expect(await shop.service()).toMatchObject({ active: { release: 'r2' }, candidate: null, shares: { r2: 100 } })
  })
})
