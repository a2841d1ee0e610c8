// It stays back: after a rollback nobody without a terminal can deploy, until somebody resumes, forces or undoes; freeze windows and outdated revisions.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProbeImage } from '../fixtures/probe-app.ts'
import { output } from './support/command.ts'
import { expectAnswer, expectStatus, expectStepLines } from './support/contract.ts'
import { createInstallation, type Installation } from './support/installation.ts'

describe('after a rollback', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
  })
  afterAll(() => shop?.close())

  const CI = { env: { CI: 'true' } }

  it('its answer has the hold', async () => {
    const back = await shop.astern(['rollback', '--json', '--actor', 'alice', '-m', 'checkout answers 500'])
    expect(back.last).toMatchObject({
      outcome: 'succeeded',
      hold: { by: 'alice', reason: 'checkout answers 500', release: 'r2' },
    })
  })

  it('CI is refused with the story, whatever it ships, and nothing changes', async () => {
    for (const name of ['v2', 'v3']) {
      await shop.prepare(name)
      const refused = await shop.astern(['deploy', name, '--json'], CI)
      expect(refused.code).toBe(3)
      expectAnswer(refused.last)
      expect(refused.last).toMatchObject({ outcome: 'refused', error: { code: 'HELD' }, hold: { release: 'r2' } })
      expect(refused.last['error'].message).toMatch(/by alice \(r2 .* → r1 .*\): checkout answers 500$/)
    }
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
  })

  it('so is who has no terminal, in words', async () => {
    const refused = await shop.astern(['deploy', 'v3'])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('error HELD: Deploys of shop to')
    expect(refused.stderr).toContain('astern resume lifts the hold')
  })

  it('status shows it first', async () => {
    const shown = await shop.astern(['status'])
    expect(shown.stdout).toMatch(/^held {16}shop · \S+: for .*, by alice \(r2 .* → r1 .*\): checkout answers 500/)
    const status = await shop.service()
    expectStatus(status)
    expect(status['hold']).toMatchObject({ by: 'alice', release: 'r2' })
  })

  it('undo brings back exactly what was taken out, under load and without a lost request', async () => {
    const load = await shop.load()
    const back = await shop.astern(['rollback', '--undo', '--json'], CI)
    expect(back).toMatchObject({ code: 0 })
    expectStepLines(back.json.slice(0, -1))
    expectAnswer(back.last)
    expect(back.last).toMatchObject({
      operation: 'deploy',
      outcome: 'succeeded',
      from: { release: 'r1' },
      to: { release: 'r2' },
      proof: { release: 'r2', answers: 20 },
      hold: null,
    })
    await load.more(10, 'v2')
    await load.stop()
    expect(load.failures()).toEqual([])
    expect(await shop.service()).toMatchObject({ active: { release: 'r2' }, hold: null })
    expect(await shop.astern(['rollback', '--undo', '--json'])).toMatchObject({ code: 6, last: { outcome: 'noop' } })
  })

  it('a hold by hand refuses until it is resumed', async () => {
    expect(await shop.ask('hold', '-m', 'stock-taking')).toMatchObject({ operation: 'hold', outcome: 'succeeded' })
    await shop.prepare('v3')
    expect((await shop.astern(['deploy', 'v3', '--json'], CI)).last['error'].message).toContain('stock-taking')
    expect(await shop.ask('resume')).toMatchObject({ operation: 'resume', outcome: 'succeeded', hold: null })
    expect(await shop.astern(['resume', '--json'])).toMatchObject({ code: 6, last: { outcome: 'noop' } })
    expect(await shop.astern(['deploy', 'v3', '--json'], CI)).toMatchObject({ code: 0 })
    const log = await shop.astern(['log'])
    expect(log.stdout).toMatch(/\bhold\b/)
    expect(log.stdout).toMatch(/\bresume\b/)
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
  })

  it('a freeze refuses deploys and no rollback', async () => {
    const config = shop.configOf({ env: { MARK: 'v4' } })
    const windows = ['00:00–12:00', '12:00–24:00']
    const environments = { [shop.environment]: { ...config.environments[shop.environment], freeze: windows } }
    await shop.tag('v4')
    await shop.writeConfig({ ...config, environments })
    const refused = await shop.astern(['deploy', 'v4', '--json'])
    expect(refused).toMatchObject({ code: 3, last: { outcome: 'refused', error: { code: 'FROZEN' } } })
    expect(await shop.astern(['deploy', 'v4', '--json', '--force=freeze'])).toMatchObject({ code: 0 })
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded' })
    expect(await shop.ask('rollback', '--undo')).toMatchObject({ outcome: 'succeeded' })
  })
})

describe('a deploy of an older revision', () => {
  let shop: Installation

  const git = (...words: string[]) =>
    output(['git', '-C', shop.project, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...words])
  /** An image whose label says that it was built from the tag. */
  const imageOf = async (tag: string) =>
    (await buildProbeImage({ lines: [`LABEL org.opencontainers.image.revision=${tag}`] })).configDigest

  beforeAll(async () => {
    shop = await createInstallation()
    await git('init', '--quiet')
    for (const tag of ['older', 'newer']) {
      await git('commit', '--quiet', '--allow-empty', '-m', tag)
      await git('tag', tag)
    }
    await shop.ask('up')
    await shop.deploy('v2', {}, await imageOf('newer'))
  })
  afterAll(() => shop?.close())

  it('is refused, since it would be a rollback in silence, unless it is forced', async () => {
    const words = await shop.prepare('v1', {}, await imageOf('older'))
    const refused = await shop.astern([...words, '--json'])
    expect(refused).toMatchObject({ code: 3, last: { outcome: 'refused', error: { code: 'OUTDATED' } } })
    expect(refused.last['error'].message).toContain('older is an ancestor of newer')
    expect(await shop.visit()).toMatchObject({ release: 'v2' })
    expect(await shop.ask('deploy', 'v1', '--force=outdated')).toMatchObject({ outcome: 'succeeded' })
    expect(await shop.deploy('v3', {}, await imageOf('newer'))).toMatchObject({ outcome: 'succeeded' })
  })

  it('is allowed where git cannot say', async () => {
    await rm(join(shop.project, '.git'), { recursive: true })
    expect(await shop.deploy('v4', {}, await imageOf('older'))).toMatchObject({ outcome: 'succeeded' })
  })
})
