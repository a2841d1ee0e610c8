// `astern serve`: finishes what died, demotes by time, answers for those who ask for a rollback, and ends cleanly. Nothing depends on it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from './support/command.ts'
import { expectAnswer, expectStepLines } from './support/contract.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

describe('astern serve', () => {
  let shop: Installation
  let daemon: Program

  const startDaemon = async () => {
    const program = await shop.begin(['serve'])
    await until('the daemon to be there', () => program.stderr().includes('Watching'))
    return program
  }

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
    daemon = await startDaemon()
  })
  afterAll(async () => {
    daemon?.kill('SIGKILL')
    await daemon?.ended
    await shop?.close()
  })

  it('is there once for a state', async () => {
    const second = await shop.astern(['serve', '--json'])
    expect(second).toMatchObject({ code: 2, last: { error: { code: 'USAGE' } } })
    expect(second.last['error'].message).toContain('Another astern serve')
  })

  it('demotes by time, with nobody typing anything', async () => {
    await shop.deploy('v2', { standby: { warm: 1, warm_for: '1s', frozen: 1, frozen_for: '1s', cold: 1 } })
    const state = async () => (await shop.containers()).get(shop.containerOf('r1-1'))
    await until('r1 to be frozen', async () => (await state()) === 'paused')
    await until('r1 to be cold', async () => (await state()) === 'exited')
    expect(await shop.service()).toMatchObject({
      active: { release: 'r2' },
      standby: [{ release: 'r1', rung: 'cold' }],
    })
    expect(daemon.stdout()).toContain('"step":"demote"')
  })

  it('carries out a rollback for whoever asks, with the same words', async () => {
    await shop.deploy('v3', { standby: { warm: 1, warm_for: '1h' } })
    const back = await shop.astern(['rollback', '--json', '-m', 'asked for'])
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', rung: 'warm', to: { release: 'r2' } } })
    expectStepLines(back.json.slice(0, -1))
    expectAnswer(back.last)
    // it was the daemon
    await until('its journal lines', () => daemon.stdout().includes(String(back.last['transaction_id'])))
    expect(await shop.visit()).toMatchObject({ release: 'v2' })
    const again = await shop.astern(['rollback'])
    expect(again.code).toBe(6)
    expect(again.stdout).toMatch(/^nothing to do {7}r2 is what was rolled back to/)
    const unknown = await shop.astern(['rollback', '--to', 'v9', '--json'])
    expect(unknown).toMatchObject({ code: 2, last: { error: { code: 'RELEASE_UNKNOWN' } } })
    // and what follows the switch is the daemon's
    await until('r3 to be cold', async () => (await shop.containers()).get(shop.containerOf('r3-1')) === 'exited')
  })

  it('finishes what a command that died has left', async () => {
    const env = { PROBE_LISTEN_AFTER_MS: '3000' }
    const deploy = await shop.begin([...(await shop.prepare('v4', { env })), '--json'])
    await until('its health check', () => deploy.stdout().includes('"status":"started","step":"health"'))
    deploy.kill('SIGKILL')
    await deploy.ended
    expect(shop.record().unfinished).toBe(1)
    await until('the daemon to finish it', () => shop.record().unfinished === 0)
    expect(shop.record().resumed).toBe(1)
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v2' })
    expect(await shop.service()).toMatchObject({ active: { release: 'r2' }, candidate: null })
  })

  it('ends cleanly on SIGTERM; then the command does the work itself', async () => {
    daemon.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0, signal: null })
    expect(existsSync(join(shop.stateFolder, 'serve.sock'))).toBe(false)
    await shop.deploy('v5')
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
    await shop.atRest()
  })

  it('that was killed stands in nobody’s way', async () => {
    daemon = await startDaemon()
    daemon.kill('SIGKILL')
    await daemon.ended
    await shop.deploy('v6')
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
    await shop.atRest()
    daemon = await startDaemon()
    expect(daemon.isRunning()).toBe(true)
  })
})
