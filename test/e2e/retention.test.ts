// What others delete comes back: `docker system prune -af` on an engine of its own takes stopped containers and every image that nothing runs from, and
// each release can be gone back to all the same.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine } from './support/command.ts'
import { type Engine, startEngine } from './support/engine.ts'
import { probeImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'

const STANDBY = { warm: 1, warm_for: '1h', frozen: 0, cold: 1 }

describe('after docker system prune -af', () => {
  let engine: Engine
  let shop: Installation

  const imageIds = async () => (await engine.docker('images', '--quiet', '--no-trunc')).split('\n')

  /** An image unlike any other, made of the probe. */
  async function build(name: string): Promise<string> {
    const folder = join(shop.folder, name)
    await mkdir(folder)
    await writeFile(join(folder, 'Dockerfile'), `FROM probe:base\nLABEL made.for=${name}\n`)
    return engine.docker('build', '--quiet', folder)
  }

  /** r4 serves, r3 is warm, r2 cold, and r1 retired. */
  beforeAll(async () => {
    engine = await startEngine({ liveRestore: true })
    await engine.docker('tag', await probeImage(), 'probe:base')
    shop = await createInstallation({ engine, service: { standby: STANDBY, retention: { automatic: true } } })
    await shop.ask('up')
    for (const name of ['v1', 'v2', 'v3', 'v4']) await shop.deploy(name, {}, await build(name))
    await shop.onRung('r2', 'cold')
    await shop.atRest()
  })
  afterAll(async () => {
    await shop?.close()
    await engine?.close()
  })

  it('brings back what was cold and what was retired, from copies that were taken by themselves', async () => {
    const before = await imageIds()
    const { copies } = await shop.ask('show', 'r1')
    expect(copies).toEqual({ host: true, archive: true, registry: null })
    await engine.docker('system', 'prune', '--all', '--force')
    expect((await imageIds()).length).toBeLessThan(before.length)
    expect((await shop.visit()).release).toBe('v4')

    const { services } = await shop.ask('status')
    expect((services as JsonLine[])[0]!['standby']).toMatchObject([{ release: 'r3', rung: 'warm' }])
    const said = await shop.astern(['doctor'])
    expect(said.stdout).toContain('4 releases are kept, each with its image at hand')

    for (const [release, mark] of [
      ['r2', 'v2'],
      ['r1', 'v1'],
    ] as const) {
      expect(await shop.ask('rollback', '--to', release)).toMatchObject({ outcome: 'succeeded', to: { release } })
      expect((await shop.visit()).release).toBe(mark)
      await shop.atRest()
    }
    expect(before).toEqual(expect.arrayContaining(await imageIds()))
  })

  it('lets go by hand what the policy says, with the image and the copy, and refuses to go back there', async () => {
    const retention = { automatic: false, releases: 1, at_least: 0, unused_for: '0s' }
    await shop.writeConfig(shop.configOf({ retention, env: { MARK: 'v1' } }))
    expect(await shop.ask('deploy', 'v1', '--force=hold')).toMatchObject({ outcome: 'noop' })
    expect(await shop.ask('prune', '--dry-run')).toMatchObject({ dry_run: true, services: [{ gone: ['r4'] }] })
    expect(await shop.ask('prune', '--yes')).toMatchObject({ outcome: 'succeeded', services: [{ gone: ['r4'] }] })
    expect(await shop.ask('show', 'r4')).toMatchObject({
      pruned_at: expect.any(String),
      copies: { host: false, archive: false, registry: null },
    })
    expect(await shop.astern(['rollback', '--to', 'r4', '--force=quarantine'])).toMatchObject({ code: 3 })
    expect((await shop.visit()).release).toBe('v1')
  })
})
