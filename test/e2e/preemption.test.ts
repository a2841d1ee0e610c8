// Two at once: a rollback takes over from a deploy at once, whatever that is waiting for; two of one kind do not run side by side; Ctrl-C leaves the
// old state or the new one, and says which.
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from './support/command.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'
import { until } from './support/until.ts'

const NEVER_HEALTHY = { env: { PROBE_HEALTHY_AFTER_MS: '-1' }, health: { path: '/healthz', start_period: '2m' } }

describe('while a deploy waits', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
  })
  afterAll(() => shop?.close())
  const isFinished = async () => {
    await shop.atRest()
    expect(shop.record().unfinished).toBe(0)
  }

  const waitsIn = (program: Program, step: string) =>
    until(`the step ${step}`, () => program.stdout().includes(`"status":"started","step":"${step}"`))

  it('in its health check, a rollback takes over: the deploy ends with 4, the former release serves on', async () => {
    const load = await shop.load()
    const deploy = await shop.begin([...(await shop.prepare('v3', NEVER_HEALTHY)), '--json'])
    await waitsIn(deploy, 'health')
    const second = await shop.astern(['deploy', 'v3', '--json'])
    expect(second).toMatchObject({ code: 7, last: { outcome: 'busy', error: { code: 'BUSY' } } })
    expect(await shop.service()).toMatchObject({ active: { release: 'r2' }, candidate: { release: 'r3' } })
    const back = await shop.astern(['rollback', '--json', '-m', 'enough'])
    expect(back).toMatchObject({
      code: 0,
      last: { outcome: 'succeeded', from: { release: 'r3' }, to: { release: 'r2' }, proof: { answers: 20 } },
    })
    const ended = await deploy.ended
    expect(ended).toMatchObject({ code: 4, last: { outcome: 'rolled_back', error: { code: 'PREEMPTED' } } })
    expect(ended.last['error'].message).toContain(back.last['transaction_id'])
    await load.more(10, 'v2')
    await load.stop()
    expect(load.failures()).toEqual([])
    await isFinished()
  })

  it('for a registry that never answers, a rollback goes back for real', async () => {
    const { server, host } = await silentServer()
    try {
      await shop.writeConfig(shop.configOf({ image: `${host}/shop`, env: { MARK: 'v4' } }))
      const deploy = await shop.begin(['deploy', 'v4', '--force=hold', '--json'])
      await waitsIn(deploy, 'pull')
      const back = await shop.astern(['rollback', '--json', '--to', 'r1'])
      expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', to: { release: 'r1' } } })
      expect(await shop.visit()).toMatchObject({ release: 'v1' })
      expect(await deploy.ended).toMatchObject({ code: 4, last: { error: { code: 'PREEMPTED' } } })
      await isFinished()
    } finally {
      server.close()
    }
  })

  it('Ctrl-C goes back to what served before, and says what that is', async () => {
    const deploy = await shop.begin(await shop.prepare('v5', NEVER_HEALTHY))
    await until('its wake to end', () => deploy.stdout().includes('✓ wake'))
    deploy.kill('SIGINT')
    const ended = await deploy.ended
    expect(ended.code).toBe(4)
    expect(ended.stderr).toContain('Going back to what served before')
    expect(ended.stderr).toContain('error INTERRUPTED: Interrupted. Serving now: r1 1.2.3.')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    expect(await shop.service()).toMatchObject({ active: { release: 'r1' }, candidate: null })
    await isFinished()
  })
})

describe('while the first deploy of a service waits', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  it('a rollback that finds nothing to go back to leaves it alone', async () => {
    const words = await shop.prepare('v1', { env: { PROBE_LISTEN_AFTER_MS: '2500' } })
    const deploy = await shop.begin([...words, '--json'])
    await until('its health check', () => deploy.stdout().includes('"status":"started","step":"health"'))
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 6, last: { outcome: 'noop' } })
    expect(await deploy.ended).toMatchObject({ code: 0, last: { outcome: 'succeeded', to: { release: 'r1' } } })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
  })
})

describe('while a rollback waits', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation({ service: { standby: { warm: 0, frozen: 0, cold: 2 } } })
    await shop.ask('up')
    await shop.deploy('v1', { env: { PROBE_LISTEN_AFTER_MS: '4000' } })
    await shop.deploy('v2')
    await shop.onRung('r1', 'cold')
  })
  afterAll(() => shop?.close())

  it('for a cold release to start, another rollback and a deploy are told that it is busy', async () => {
    const rollback = await shop.begin(['rollback', '--json'])
    await until('its health check', () => rollback.stdout().includes('"status":"started","step":"health"'))
    const second = await shop.astern(['rollback', '--json'])
    expect(second).toMatchObject({ code: 7, last: { outcome: 'busy', error: { code: 'BUSY' } } })
    expect(second.last['error'].message).toContain('rollback tx-')
    expect(await shop.astern([...(await shop.prepare('v3')), '--json'])).toMatchObject({ code: 7 })
    expect(await shop.visit()).toMatchObject({ release: 'v2' })
    expect(await rollback.ended).toMatchObject({ code: 0, last: { outcome: 'succeeded', rung: 'cold' } })
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
  })
})

/** Accepts connections, and never says a word. */
async function silentServer(): Promise<{ server: Server; host: string }> {
  const port = await freePort()
  const server = createServer((socket) => socket.on('error', () => undefined).unref())
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return { server, host: `127.0.0.1:${port}` }
}
