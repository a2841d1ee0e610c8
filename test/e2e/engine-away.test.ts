// A warm rollback while the Docker engine is killed, hangs, or is stopped under live-restore: it needs only the journal and the proxy. What follows the
// switch is done when the engine is back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './support/engine.ts'
import { createInstallation, type Installation } from './support/installation.ts'

describe.each([
  { engine: 'without live-restore', liveRestore: false, aways: ['kill', 'hang'] },
  { engine: 'with live-restore', liveRestore: true, aways: ['kill', 'stop'] },
] as const)('an engine $engine', ({ liveRestore, aways }) => {
  let engine: Engine
  let shop: Installation

  beforeAll(async () => {
    engine = await startEngine({ liveRestore })
    shop = await createInstallation({ engine })
  })
  afterAll(async () => {
    await shop?.close()
    await engine?.close()
  })

  it('is told of when live-restore is off', async () => {
    const up = await shop.astern(['up'])
    expect(up.code).toBe(0)
    expect(up.stderr.includes('live-restore is off')).toBe(!liveRestore)
    await shop.deploy('v1')
  })

  it.each(aways)('may be away by %s: the rollback succeeds, and the rest is done later', async (away) => {
    const before = String((await shop.service())['active'].release)
    const bad = await shop.deploy(`bad-${away}`)
    const load = await shop.load()
    await load.more(20, `bad-${away}`)
    await engine[away]()
    const back = await shop.astern(['rollback', '--json', '-m', away])
    expect(back.code).toBe(0)
    expect(back.last).toMatchObject({ outcome: 'succeeded', rung: 'warm', to: { release: before }, error: null })
    expect(back.last['warnings']).toEqual([expect.stringContaining('Docker does not answer')])
    await load.more(20, 'v1')
    // status works as well, and says what is true
    expect(await shop.service()).toMatchObject({
      active: { release: before },
      health: 'healthy',
      shares: { [before]: 100 },
    })
    expect((await load.stop()).length).toBeGreaterThan(40)
    expect(load.failures()).toEqual([])
    const unable = await shop.astern(['deploy', `bad-${away}`, '--json'], { limitMs: 60_000 })
    expect(unable).toMatchObject({ code: 1, last: { error: { code: 'ENGINE_UNAVAILABLE' } } })
    expect(unable.last['error'].hint).not.toBe('')

    if (away === 'hang') engine.goOn()
    else await engine.start()
    // without live-restore an engine that was killed stops everything when it starts again
    if (away === 'kill' && !liveRestore) await shop.ask('up')
    await shop.onRung(String(bad['to'].release), 'cold')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    await shop.atRest()
  })
})
