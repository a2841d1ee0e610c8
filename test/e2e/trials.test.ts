// It goes back by itself, on real Docker, HAProxy and Gin: canaries under load, the shield, the verdict, bakes, and what the proxy does alone.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine, Program } from './support/command.ts'
import { shopImage } from './support/images.ts'
import { createInstallation, type Installation, type ServiceFields } from './support/installation.ts'
import { until } from './support/until.ts'

const ORDER = {
  path: '/orders',
  body: JSON.stringify({ customer: 'Ada', items: [{ product_id: 'compass', quantity: 2 }] }),
}
const LOAD = { perSecond: 200, get: '/products/compass', post: ORDER }
/** Short, so that a test is. */
const CANARY = {
  steps: [
    { share: '5%', for: '4s', at_most: '20s' },
    { share: '25%', for: '4s', at_most: '20s' },
  ],
  requests: 20,
}
const TRIAL: ServiceFields = { canary: CANARY, bake: { for: '20s', holdback: '2%' } }

function faults(list: string): ServiceFields {
  return { env: { SHOP_FAULTS: list } }
}

describe('a release on trial', () => {
  let shop: Installation
  let good: string

  beforeAll(async () => {
    good = await shopImage('good')
    shop = await createInstallation({ image: good, service: { replicas: 2, memory: '128m' } })
    await shop.astern(['up'])
    await shop.deploy('v1.0.0')
  })
  afterAll(() => shop?.close())

  /** Deploys a version of the shop with these faults, on trial. */
  async function deployed(name: string, list: string, more: ServiceFields = {}, words: readonly string[] = []) {
    const deploy = await shop.prepare(name, { ...TRIAL, ...faults(list), ...more })
    return shop.astern([...deploy, '--json', ...words], { limitMs: 120_000 })
  }

  const backOnly = async (release: string) => expect((await shop.service())['shares']).toEqual({ [release]: 100 })

  it('that fails a quarter of its requests is taken back by itself, and no GET of a user fails', async () => {
    const load = await shop.load(LOAD)
    await load.more(200)
    const ran = await deployed('v1.1.0', 'fail=24%')
    const answers = await load.stop()
    expect({ code: ran.code, ...ran.last }).toMatchObject({
      code: 4,
      outcome: 'rolled_back',
      from: { release: 'r1' },
      to: { release: 'r2' },
      error: { code: 'TAKEN_BACK' },
      hold: { by: 'autopilot', release: 'r2' },
    })
    expect(String((ran.last['error'] as JsonLine)['message'])).toMatch(/r2 v?1?.*fails \d+\.\d % of its requests/)
    expect(answers.filter(({ method, status }) => method === 'GET' && status !== 200)).toEqual([])
    expect(answers.filter(({ status }) => status === 0)).toEqual([])
    await backOnly('r1')
    const { releases } = (await shop.ask('releases')) as { releases: JsonLine[] }
    expect(releases[0]).toMatchObject({ release: 'r2', state: 'failed', quarantined: true, stable: false })
  })

  it('explains what it was judged by, and keeps the output of what failed', async () => {
    const shown = await shop.ask('show', 'r2', '--verdict')
    expect(shown).toMatchObject({
      release: 'r2',
      trial: { verdict: 'fail' },
      findings: { verdict: 'fail', rule: 'failures' },
    })
    const text = await shop.astern(['show', 'r2', '--verdict'])
    expect(text.stdout).toMatch(/verdict +fail: r2 .*fails/)
    expect((await shop.astern(['logs', '--release', 'r2'])).stdout).toContain('GET')
  })

  it('that is good is promoted, and stable when its bake is over', async () => {
    const load = await shop.load(LOAD)
    await load.more(50)
    const ran = await deployed('v1.2.0', 'none', { bake: { for: '5s', holdback: '2%' } }, ['--wait=bake'])
    const answers = await load.stop()
    expect({ code: ran.code, ...ran.last }).toMatchObject({ code: 0, outcome: 'succeeded', verdict: 'pass' })
    expect(answers.filter(({ status }) => status >= 500 || status === 0)).toEqual([])
    expect(new Set(answers.slice(-50).map(({ release }) => release)).size).toBe(1)
    const { releases } = (await shop.ask('releases')) as { releases: JsonLine[] }
    expect(releases[0]).toMatchObject({ release: 'r3', state: 'active', stable: true })
    await backOnly('r3')
  })

  it('that leaks is taken out before it is killed, with the time of its death in the reason', async () => {
    const before = (await shop.service())['shares']
    const load = await shop.load(LOAD)
    const ran = await deployed('v1.3.0', 'leak=4MB/s', { canary: { ...CANARY, steps: [{ share: '5%', for: '60s' }] } })
    await load.stop()
    expect({ code: ran.code, ...ran.last }).toMatchObject({ code: 4, outcome: 'rolled_back' })
    const { findings } = (await shop.ask('show', String((ran.last['to'] as JsonLine)['release']), '--verdict')) as {
      findings: JsonLine
    }
    expect(findings).toMatchObject({ rule: 'memory' })
    expect(String(findings['sentence'])).toMatch(/killed.* in about \d+ s/)
    expect((await shop.service())['shares']).toEqual(before)
  })

  it('that crashes is taken back', async () => {
    const ran = await deployed('v1.4.0', 'crash=5s', { canary: { ...CANARY, steps: [{ share: '5%', for: '30s' }] } })
    expect({ code: ran.code, ...ran.last }).toMatchObject({ code: 4, outcome: 'rolled_back' })
    const { findings } = (await shop.ask('show', String((ran.last['to'] as JsonLine)['release']), '--verdict')) as {
      findings: JsonLine
    }
    expect(findings).toMatchObject({ rule: 'crashes' })
  })

  it('is staged, reached on purpose by nobody else, promoted and aborted by hand', async () => {
    const staged = await deployed('v1.5.0', 'none', {}, ['--stage'])
    expect(staged).toMatchObject({ code: 0, last: { outcome: 'succeeded' } })
    const { release } = staged.last['to'] as JsonLine
    const before = (await shop.service())['shares']
    expect((await shop.service())['candidate']).toMatchObject({ release })
    const onPurpose = await shop.visit({ path: '/version', headers: { 'X-Astern-To': 'candidate' } })
    expect(onPurpose.headers['x-astern-release']).toBe(release)
    const standby = await shop.visit({ path: '/version', headers: { 'X-Astern-To': 'r1' } })
    expect(standby.headers['x-astern-release']).toBe('r1')
    expect((await shop.visit({ path: '/version', headers: { 'X-Astern-To': 'r99' } })).status).toBe(404)
    expect((await shop.visit({ path: '/version' })).headers['x-astern-release']).toBeUndefined()
    expect(await shop.ask('abort')).toMatchObject({ operation: 'abort', outcome: 'succeeded' })
    expect(await shop.service()).toMatchObject({ candidate: null, shares: before })
  })

  it('without users is promoted undecided, and is not stable', async () => {
    const steps = [{ share: '5%', for: '1s', at_most: '3s' }]
    const ran = await deployed('v1.6.0', 'none', { canary: { ...CANARY, steps }, bake: { for: '1s' } }, ['--wait=bake'])
    expect({ code: ran.code, ...ran.last }).toMatchObject({ code: 0, outcome: 'succeeded', verdict: 'undecided' })
    const { releases } = (await shop.ask('releases')) as { releases: JsonLine[] }
    expect(releases[0]).toMatchObject({ release: 'r7', stable: false })
  })

  it('is taken back by what the proxy cannot see', async () => {
    const partner = createServer((_, response) => response.writeHead(500).end())
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve))
    const { port } = partner.address() as AddressInfo
    const signals = { partner: { http: `http://127.0.0.1:${port}/ok`, for: '1s', every: '500ms', timeout: '1s' } }
    const ran = await deployed('v1.8.0', 'none', {
      signals,
      canary: { ...CANARY, steps: [{ share: '5%', for: '20s' }] },
    })
    partner.close()
    expect({ code: ran.code, ...ran.last }).toMatchObject({
      code: 4,
      outcome: 'rolled_back',
      error: { code: 'TAKEN_BACK' },
    })
    expect(String((ran.last['error'] as JsonLine)['message'])).toContain('partner has been above 0')
  })

  it('survives a restart of the proxy, and is judged all the same', async () => {
    const load = await shop.load(LOAD)
    const deploying = deployed('v1.7.0', 'fail=5%', { canary: { ...CANARY, steps: [{ share: '25%', for: '30s' }] } })
    await until('a canary', async () => (await shop.service())['trial'] !== null)
    await shop.docker('restart', '--time', '0', shop.containerOf('proxy'))
    const ran = await deploying
    await load.stop()
    expect({ code: ran.code, ...ran.last }).toMatchObject({
      code: 4,
      outcome: 'rolled_back',
      error: { code: 'TAKEN_BACK' },
    })
    await backOnly('r7')
  })
})

describe('when every replica of the active release is gone', () => {
  let shop: Installation
  let daemon: Program

  beforeAll(async () => {
    shop = await createInstallation({ image: await shopImage('good'), service: { replicas: 2 } })
    await shop.astern(['up'])
    await shop.deploy('v1.0.0')
    await shop.deploy('v1.1.0')
  })
  afterAll(async () => {
    daemon?.kill('SIGTERM')
    await daemon?.ended.catch(() => null)
    await shop?.close()
  })

  it('the standby serves, although nothing of Astern runs; the daemon finds it out and writes it down', async () => {
    const load = await shop.load({ ...LOAD, perSecond: 500 })
    await load.more(200)
    await shop.docker('kill', shop.containerOf('r2-1'), shop.containerOf('r2-2'))
    await load.more(1_000)
    const failed = load.failures().length
    expect(failed).toBeLessThanOrEqual(20)
    daemon = await shop.begin(['serve'])
    await until('a rollback', async () => {
      if (!daemon.isRunning()) throw new Error(`the daemon ended: ${daemon.stderr()}`)
      return ((await shop.service())['active'] as JsonLine)['release'] === 'r1'
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${daemon.stdout()}\n${daemon.stderr()}`)
    })
    await load.stop()
    const { operations } = (await shop.ask('log')) as { operations: JsonLine[] }
    expect(operations.find(({ operation }) => operation === 'rollback')).toMatchObject({
      actor: 'autopilot',
      outcome: 'succeeded',
      reason: expect.stringMatching(/no replica of r2 is up/),
    })
  })
})
