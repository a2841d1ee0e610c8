// The main story on a real Gin service: a good release, a bad one over it under constant load, and back; what people see and what programs read.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine } from './support/command.ts'
import { expectAnswer, expectRelease, expectStatus, expectStepLines } from './support/contract.ts'
import { shopImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import type { Load, LoadAnswer } from './support/load.ts'

const ORDER = JSON.stringify({ customer: 'Ada', items: [{ product_id: 'compass', quantity: 2 }] })

/** Not what the bad version answers by itself: no answer, one of the proxy's own, or a failure of the good version. */
function failedBySwitch(answers: readonly LoadAnswer[]): LoadAnswer[] {
  return answers.filter(
    ({ status, release }) => status === 0 || (status > 500 && status < 600) || (status === 500 && release !== 'v1.1.0'),
  )
}

describe('a bad release of a Gin service', () => {
  let shop: Installation
  let load: Load
  let good: string
  let bad: string

  beforeAll(async () => {
    good = await shopImage('good')
    bad = await shopImage('bad')
    shop = await createInstallation({ service: { replicas: 2 } })
  })
  afterAll(() => shop?.close())

  it('is preceded by a first release, before which the proxy answers 503', async () => {
    const up = await shop.astern(['up'])
    expect(up.code).toBe(0)
    expect(up.stdout).toContain(`shop.${shop.environment} listens on ${shop.listen}`)
    expect(await shop.visit()).toMatchObject({ status: 503 })
    const first = await shop.astern([...(await shop.prepare('v1.0.0', {}, good)), '--json', '-m', 'the first'])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expectStepLines(first.json.slice(0, -1))
    expectAnswer(first.last)
    expect(first.last).toMatchObject({
      operation: 'deploy',
      service: 'shop',
      environment: shop.environment,
      outcome: 'succeeded',
      from: null,
      to: { release: 'r1', version: 'v1.0.0', image: `${shop.repository}:v1.0.0` },
      strategy: 'start_first',
      proof: { release: 'r1', answers: 20, of: 20 },
      hold: null,
      warnings: [],
      error: null,
    })
    expect(await shop.visit({ path: '/version' })).toMatchObject({
      status: 200,
      headers: { 'x-shop-version': 'v1.0.0' },
    })
  })

  it('is green again when nothing has changed', async () => {
    const again = await shop.astern(['deploy', 'v1.0.0', '--json'])
    expect(again.code).toBe(0)
    expectAnswer(again.last)
    expect(again.last).toMatchObject({ outcome: 'noop', to: { release: 'r1' } })
  })

  it('changes nothing when it is only planned', async () => {
    await shop.prepare('v1.1.0', {}, bad)
    const planned = await shop.astern(['deploy', 'v1.1.0', '--dry-run'])
    expect(planned.code).toBe(0)
    expect(planned.stdout).toContain('r1 v1.0.0')
    expect(planned.stdout).toContain('r2 v1.1.0')
    expect(planned.stdout).toContain('nothing was changed')
    expect(await shop.service()).toMatchObject({ active: { release: 'r1' }, candidate: null, standby: [] })
  })

  it('goes into service under load without a request that the switch lost', async () => {
    load = await shop.load({ get: '/products', post: { path: '/orders', body: ORDER } })
    await load.more(30, 'v1.0.0')
    const deployed = await shop.astern(['deploy', 'v1.1.0'])
    expect(deployed.code).toBe(0)
    expect(deployed.stdout).toMatch(/^shop · e2e-\w{6} {3}r1 v1\.0\.0 \(.+ old\) {2}→ {2}r2 v1\.1\.0$/m)
    expect(deployed.stdout).toMatch(/^changes {13}image v1\.0\.0 → v1\.1\.0 · env MARK changed$/m)
    expect(deployed.stdout).toMatch(/^way {17}start first/m)
    expect(deployed.stdout).toMatch(/^proof {15}20 of 20 answers through the proxy came from r2/m)
    await load.more(60, 'v1.1.0')
    expect(failedBySwitch(load.answers())).toEqual([])
    // it is bad: that is why it goes
    expect(load.answers().some(({ status, release }) => status === 500 && release === 'v1.1.0')).toBe(true)
  })

  it('says what a rollback would do', async () => {
    const planned = await shop.astern(['rollback', '--dry-run'])
    expect(planned.code).toBe(0)
    expect(planned.stdout).toContain('warm standby, about 3 ms')
    expect(planned.stdout).toContain('shift_traffic r1 → prove r1')
    expect(await shop.service()).toMatchObject({
      active: { release: 'r2' },
      standby: [{ release: 'r1', rung: 'warm' }],
    })
  })

  it('is taken back by one command, in the words that were promised', async () => {
    const back = await shop.astern(['rollback', '-m', 'checkout answers 500', '--watch', '1s'])
    expect(back).toMatchObject({ code: 0, stderr: '' })
    const lines = back.stdout.split('\n')
    expect(lines[0]).toMatch(/^shop · e2e-\w{6} {3}r2 v1\.1\.0 \(.+ old\) {2}→ {2}r1 v1\.0\.0 \(stable, .+\)$/)
    expect(lines[1]).toBe('changes             image v1.1.0 → v1.0.0 · env MARK changed')
    expect(lines[2]).toBe('way back            warm standby, about 3 ms')
    expect(back.stdout).toMatch(/✓ shift traffic \d+(\.\d)? ms/)
    expect(back.stdout).toMatch(/✓ prove \d+(\.\d)? ms/)
    expect(back.stdout).toContain(
      "proof               20 of 20 answers through the proxy came from r1 (health path, never a user's route)",
    )
    const held = `held                automated deploys to ${shop.environment} are refused · astern resume · astern rollback --undo`
    expect(lines).toContain(held)
    expect(back.stdout).toMatch(/^effect {14}success \d+\.\d\d % → 100\.00 % · \d+ requests since$/m)
    await load.more(60, 'v1.0.0')
    expect(failedBySwitch(load.answers())).toEqual([])
  })

  it('cannot be deployed again by accident', async () => {
    const again = await shop.astern(['deploy', 'v1.1.0', '--force=hold', '--json'])
    expect(again.code).toBe(3)
    expectAnswer(again.last)
    expect(again.last).toMatchObject({ outcome: 'refused', error: { code: 'QUARANTINED' } })
    expect(again.last['error'].message).toContain('checkout answers 500')
    expect(again.last['error'].hint).toContain('--force=quarantine')
  })

  it('can be deployed again on purpose, and taken back for programs to read', async () => {
    const forced = await shop.ask('deploy', 'v1.1.0', '--force=quarantine,hold')
    expect(forced).toMatchObject({ outcome: 'succeeded', to: { release: 'r3', version: 'v1.1.0' } })
    await load.more(30, 'v1.1.0')
    const back = await shop.astern(['rollback', '--json', '--actor', 'alice'])
    expect(back).toMatchObject({ code: 0, stderr: '' })
    const steps = back.json.slice(0, -1)
    expectStepLines(steps)
    expect(steps.map(({ step, status }: JsonLine) => `${step} ${status}`)).toEqual([
      'plan succeeded',
      'shift_traffic started',
      'shift_traffic succeeded',
      'prove started',
      'prove succeeded',
      'outcome succeeded',
    ])
    expect(steps[0]).toMatchObject({ operation: 'rollback', actor: 'alice', version: 'v1.0.0', release: 'r1' })
    expectAnswer(back.last)
    expect(back.last).toMatchObject({
      operation: 'rollback',
      outcome: 'succeeded',
      from: { release: 'r3', version: 'v1.1.0' },
      to: { release: 'r1', version: 'v1.0.0' },
      strategy: 'start_first',
      rung: 'warm',
      proof: { release: 'r1', answers: 20, of: 20 },
      hold: { by: 'alice', reason: 'no reason was given', release: 'r3' },
      error: null,
      duration_ms: { wake: null, health: null },
    })
    await load.more(30, 'v1.0.0')
  })

  it('leaves nothing more to take back', async () => {
    const again = await shop.astern(['rollback', '--json'])
    expect(again.code).toBe(6)
    expectAnswer(again.last)
    expect(again.last).toMatchObject({ outcome: 'noop', error: { code: 'NOTHING_TO_DO' } })
    const named = await shop.astern(['rollback', '--to', 'v1.1.0', '--json'])
    expect(named.code).toBe(3)
    const unknown = await shop.astern(['rollback', '--to', 'v9.9.9', '--json'])
    expect(unknown).toMatchObject({ code: 2, last: { outcome: 'failed', error: { code: 'RELEASE_UNKNOWN' } } })
  })

  it('has cost no request, GET or POST, by any of the switches', async () => {
    const answers = await load.stop()
    expect(failedBySwitch(answers)).toEqual([])
    const orders = answers.filter(({ method }) => method === 'POST')
    expect(orders.length).toBeGreaterThan(50)
    expect(orders.filter(({ status }) => status === 201 || status === 200).length).toBeGreaterThan(50)
  })

  it('is seen in status, releases, show, diff and log', async () => {
    await shop.atRest()
    const status = await shop.service()
    expectStatus(status)
    expect(status).toMatchObject({ active: { release: 'r1' }, candidate: null, shares: { r1: 100 }, health: 'healthy' })
    const { releases } = await shop.ask('releases')
    for (const release of releases as JsonLine[]) expectRelease(release)
    expect(releases).toMatchObject([
      { release: 'r3', state: 'standby', quarantined: true, pinned: false },
      { release: 'r2', quarantined: true },
      { release: 'r1', state: 'active', quarantined: false, stable: true },
    ])
    expect((await shop.astern(['diff', 'r1', 'r2'])).stdout).toContain('v1.0.0')
    const log = await shop.astern(['log'])
    expect(log.stdout).toContain('checkout answers 500')
    expect(log.stdout).toContain('alice')
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
  })

  it('proves which release answered only to those who know the secret', async () => {
    const path = '/healthz'
    const secret = shop.record().proofSecret
    expect((await shop.visit({ path })).headers).not.toHaveProperty('x-astern-release')
    const guessed = await shop.visit({ path, headers: { 'X-Astern-Proof': 'guess' } })
    expect(guessed.headers).not.toHaveProperty('x-astern-release')
    const proved = await shop.visit({ path, headers: { 'X-Astern-Proof': secret } })
    expect(proved.headers).toMatchObject({ 'x-astern-release': 'r1' })
  })
})
