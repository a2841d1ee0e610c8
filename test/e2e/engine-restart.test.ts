// The engine restarts, or the whole host does: nobody has to do anything, and the ladder is as it was. `astern serve` sees to it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from './support/command.ts'
import { type Engine, startEngine } from './support/engine.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

/** The daemon looks every ten seconds. */
const MENDED_WITHIN_MS = 45_000
const STANDBY = { warm: 1, warm_for: '1h', frozen: 1, frozen_for: '1h', cold: 1 }

describe('an engine without live-restore, under astern serve', () => {
  let engine: Engine
  let shop: Installation
  let daemon: Program

  const serves = (release: string) =>
    until(`${release} to serve`, async () => (await shop.visit()).release === release, MENDED_WITHIN_MS)

  /** r4 serves, r3 is warm, r2 frozen, r1 cold. */
  const ladderIsBack = () =>
    until(
      'every container to be as it was',
      async () => {
        const containers = await shop.containers()
        const states = ['r4-1', 'r3-1', 'r2-1', 'r1-1'].map((name) => containers.get(shop.containerOf(name)))
        return states.join(' ') === 'running running paused exited'
      },
      MENDED_WITHIN_MS,
    )

  beforeAll(async () => {
    engine = await startEngine({ liveRestore: false })
    shop = await createInstallation({ engine, service: { standby: STANDBY } })
    await shop.ask('up')
    for (const name of ['v1', 'v2', 'v3', 'v4']) await shop.deploy(name)
    daemon = await shop.begin(['serve'], { limitMs: 200_000 })
    await ladderIsBack()
  })
  afterAll(async () => {
    daemon?.kill('SIGTERM')
    await daemon?.ended
    await shop?.close()
    await engine?.close()
  })

  it('serves again after a restart of the engine, with every release on its rung', async () => {
    await engine.stop()
    expect(await shop.visit()).toMatchObject({ status: 0 })
    await engine.start()
    await serves('v4')
    await ladderIsBack()
    expect(await shop.service()).toMatchObject({
      active: { release: 'r4' },
      health: 'healthy',
      standby: [
        { release: 'r3', rung: 'warm' },
        { release: 'r2', rung: 'frozen' },
        { release: 'r1', rung: 'cold' },
      ],
    })
  })

  it('serves again after a power cut, with every release on its rung', async () => {
    daemon.kill('SIGKILL')
    await daemon.ended
    await engine.reboot()
    daemon = await shop.begin(['serve'], { limitMs: 200_000 })
    await serves('v4')
    await ladderIsBack()
    const back = await until('a warm way back', async () => {
      const planned = await shop.ask('rollback', '--dry-run')
      return planned['rung'] === 'warm' && planned
    })
    expect(back).toMatchObject({ to: 3, rung: 'warm' })
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'warm', to: { release: 'r3' } })
    await serves('v3')
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
  })

  it('serves again after a crash of the engine, which leaves every container stopped, the proxy too', async () => {
    await engine.kill()
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v3' })
    await engine.start()
    await serves('v3')
    expect(await shop.service()).toMatchObject({ active: { release: 'r3' }, health: 'healthy', shares: { r3: 100 } })
  })
})
