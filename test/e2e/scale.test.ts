// Other numbers of replicas under load, a rollback that keeps them, one that moves traffic step by step, and one to a standby that is short of replicas
// while the engine is away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine } from './support/command.ts'
import { type Engine, startEngine } from './support/engine.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import type { Load } from './support/load.ts'
import { until } from './support/until.ts'

/** Replicas that run: `r2-1`. */
async function running(shop: Installation): Promise<string[]> {
  const label = `label=astern.installation=${shop.record().installation}`
  const format = '{{.Label "astern.replica"}}'
  const lines = await shop.docker('ps', '--filter', label, '--filter', 'status=running', '--format', format)
  return lines.split('\n').filter(Boolean).sort()
}

/** Replicas of a release that the proxy gives requests. */
async function serving(shop: Installation, release: string): Promise<unknown[]> {
  const { replicas } = await shop.ask('show', release)
  return (replicas as JsonLine[]).filter(({ up, weight }) => up === true && Number(weight) > 0).map(({ name }) => name)
}

describe('astern scale', () => {
  let shop: Installation
  let load: Load

  beforeAll(async () => {
    shop = await createInstallation({ service: { processes: { worker: { env: { PROBE_LOG: 'at work' } } } } })
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
    load = await shop.load()
  })
  afterAll(() => shop?.close())

  it('adds replicas to what serves and to what stands by, several processes at once', async () => {
    const scaled = await shop.astern(['scale', 'web=3', 'worker=2', '--json', '-m', 'sale'])
    expect(scaled).toMatchObject({
      code: 0,
      last: { operation: 'scale', outcome: 'succeeded', live: { web: 3, worker: 2 } },
    })
    expect(await running(shop)).toHaveLength(8)
    expect(await serving(shop, 'r2')).toHaveLength(3)
    expect(await shop.service()).toMatchObject({
      health: 'healthy',
      standby: [{ release: 'r1', rung: 'warm' }],
      processes: [
        { process: 'web', running: 3, wanted: 3 },
        { process: 'worker', running: 2, wanted: 2 },
      ],
    })
    const shown = await shop.astern(['show', String(scaled.last['transaction_id'])])
    expect(shown.stdout).toMatch(/^replicas +web 1 → 3 · worker 1 → 2$/m)
  })

  it('is kept by a rollback, which finds the replicas waiting', async () => {
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'warm', to: { release: 'r1' } })
    expect(await serving(shop, 'r1')).toHaveLength(3)
    await load.more(20, 'v1')
    await shop.atRest()
  })

  it('takes replicas away without losing a request', async () => {
    expect(await shop.ask('scale', 'web=1', 'worker=1')).toMatchObject({ outcome: 'succeeded', live: { web: 1 } })
    expect((await running(shop)).filter((name) => name.startsWith('r1-'))).toHaveLength(2)
    expect(await shop.ask('scale', 'web=1')).toMatchObject({ outcome: 'noop' })
    await load.more(20, 'v1')
    expect(load.failures()).toEqual([])
  })

  it('says what is wrong with what was asked', async () => {
    const failed = await shop.astern(['scale', 'web=101', '--json'])
    expect(failed).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
    const unknown = await shop.astern(['scale', 'wbe=2'])
    expect(unknown).toMatchObject({ code: 2 })
    expect(unknown.stderr).toContain('There is no process wbe; there is web, worker')
  })

  it('lost nothing on the way', async () => {
    expect((await load.stop()).length).toBeGreaterThan(60)
    expect(load.failures()).toEqual([])
  })
})

describe('astern rollback --ramp', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
  })
  afterAll(() => shop?.close())

  it('lets both releases answer meanwhile, loses nothing, and proves the end', async () => {
    const load = await shop.load()
    await load.more(20, 'v2')
    const back = await shop.astern(['rollback', '--ramp', '4s', '--watch', '1s'])
    expect(back.code).toBe(0)
    expect(back.stdout).toMatch(/^way back .*traffic moves step by step over 4\.0 s/m)
    expect(back.stdout).toMatch(/^proof +20 of 20 answers/m)
    expect(back.stdout).toMatch(/^effect +success/m)
    const answers = await load.stop()
    expect(load.failures()).toEqual([])
    const firstNew = answers.find(({ release }) => release === 'v1')!.at
    const lastOld = answers.findLast(({ release }) => release === 'v2')!.at
    expect(lastOld - firstNew).toBeGreaterThan(1_000)
    expect((await shop.service())['shares']).toEqual({ r1: 100 })
    await shop.atRest()
  })

  it.each(['by itself', 'through the daemon'])('moves the rest at once at Ctrl-C, %s', async (who) => {
    await shop.deploy(`bad-${who.replaceAll(' ', '-')}`)
    const daemon = who === 'by itself' ? null : await shop.begin(['serve'])
    await until('the daemon to be there', () => daemon === null || daemon.stderr().includes('Watching'))
    const began = await shop.begin(['rollback', '--ramp', '1h', '--json'])
    await until('the ramp to begin', () => began.stdout().includes('"step":"shift_traffic"'))
    began.kill('SIGINT')
    const ended = await began.ended
    expect(ended.code).toBe(0)
    expect(ended.json.find(({ step, status }) => step === 'shift_traffic' && status === 'succeeded')).toMatchObject({
      detail: { hurried: true },
    })
    expect((await shop.service())['shares']).toEqual({ r1: 100 })
    daemon?.kill('SIGTERM')
    await daemon?.ended
    await shop.atRest()
  })

  it('is brought to its end by the next command when it was killed on the way', async () => {
    await shop.deploy('bad-killed')
    const began = await shop.begin(['rollback', '--ramp', '60s'])
    const shares = async () => Object.keys((await shop.service())['shares'] as object).sort()
    await until('both to get requests', async () => (await shares()).length === 2)
    began.kill('SIGKILL')
    await began.ended
    await until('all requests to go to r1', async () => (await shares()).join() === 'r1')
    expect(await shop.service()).toMatchObject({ active: { release: 'r1' }, candidate: null })
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
  })

  it.each(['0s', '2h', 'soon', '-1s'])('refuses a ramp of %s', async (ramp) => {
    const refused = await shop.astern(['rollback', `--ramp=${ramp}`, '--json'])
    expect(refused).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
    expect(refused.last['error'].message).toContain('a length of time up to 1h')
  })
})

describe('a standby that is short of replicas', () => {
  let engine: Engine
  let shop: Installation

  beforeAll(async () => {
    engine = await startEngine({ liveRestore: true })
    shop = await createInstallation({ engine, service: { replicas: 2 } })
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
  })
  afterAll(async () => {
    await shop?.close()
    await engine?.close()
  })

  it('takes the traffic while the engine is away, says so, and grows when it is back', async () => {
    await shop.docker('rm', '--force', shop.containerOf('r1-2'))
    await until('the proxy to miss it', async () => {
      const { replicas } = await shop.ask('show', 'r1')
      return (replicas as JsonLine[]).some(({ name, up }) => name === 'r1-2' && up === false)
    })
    await engine.kill()
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', to: { release: 'r1' } } })
    expect(back.last['warnings']).toContain('r1 serves with 1 of 2 replicas until the engine is back')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    await engine.start()
    await until('the second replica', async () => (await serving(shop, 'r1')).length === 2)
    await shop.atRest()
  })
})
