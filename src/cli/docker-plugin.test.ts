import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed } from '../../test/doubles/deployed.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { run as complete } from './docker-complete.ts'
import { run } from './docker-plugin.ts'
import { checkDockerPlugin } from './doctor/docker-plugin.ts'
import type { Look } from './doctor/look.ts'

const root = resolve(import.meta.dirname, '../..')
const rollback = join(root, 'bin/docker-rollback')

async function world() {
  const started = process.argv[1]!
  process.argv[1] = join(root, 'src/cli/main.ts')
  onTestFinished(() => void (process.argv[1] = started))
  const config = temporaryFolder()
  const { app } = await deployed([])
  const { context, out, answer } = createConsole(app, { env: { DOCKER_CONFIG: config } })
  const ask = (action: string, options: Record<string, true> = {}) =>
    run(context, given('docker-plugin', [action], options))
  const folder = join(config, 'cli-plugins')
  const checked = async () => checkDockerPlugin({ context } as Look)
  return { context, out, answer, ask, folder, link: join(folder, 'docker-rollback'), checked }
}

describe('astern docker-plugin', () => {
  it('links both plugins to this installation, and does nothing the second time', async () => {
    const { ask, out, link } = await world()
    expect(await ask('install')).toBe(0)
    expect(readlinkSync(link)).toBe(rollback)
    expect(out).toEqual([
      `linked              ${link} → ${rollback}`,
      expect.stringMatching(/^linked .*docker-astern$/),
      'docker rollback · docker astern status',
    ])
    expect(await ask('install')).toBe(0)
    expect(out.slice(3, 5)).toEqual([expect.stringMatching(/^was there /), expect.stringMatching(/^was there /)])
  })

  it('says what it would do, and changes nothing', async () => {
    const { ask, out, folder, link } = await world()
    await ask('install', { 'dry-run': true })
    expect(out[0]).toMatch(/^would be linked /)
    expect(existsSync(folder)).toBe(false)
    await ask('install')
    await ask('uninstall', { 'dry-run': true })
    expect(out.at(-1)).toMatch(/^would be removed /)
    expect(existsSync(link)).toBe(true)
  })

  it('takes its own links away, and nothing else', async () => {
    const { ask, out, folder, link } = await world()
    await ask('install')
    rmSync(join(folder, 'docker-astern'))
    writeFileSync(join(folder, 'docker-astern'), 'of somebody else')
    await ask('uninstall')
    expect(out.slice(-2)).toEqual([expect.stringMatching(/^removed /), expect.stringMatching(/^not Astern's /)])
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined()
    expect(lstatSync(join(folder, 'docker-astern')).isFile()).toBe(true)
  })

  it.each([
    ['a file', (path: string) => writeFileSync(path, '')],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link', (path: string) => symlinkSync('/bin/true', path)],
    ['a link to a program of that name', (path: string) => symlinkSync(strange(), path)],
  ])('leaves %s of somebody else, and links nothing beside it', async (_, make) => {
    const { ask, folder, link } = await world()
    mkdirSync(folder)
    make(join(folder, 'docker-astern'))
    await expect(ask('install')).rejects.toMatchObject({ code: 'DOCKER_PLUGIN_TAKEN', exit: 3 })
    expect(existsSync(link)).toBe(false)
  })

  it('puts its link in the place of one that led to where it was before', async () => {
    const { ask, folder, link, checked } = await world()
    mkdirSync(folder)
    symlinkSync('/moved/away/bin/docker-rollback', link)
    expect(await checked()).toMatchObject([
      { status: 'warn', message: `${link} leads to /moved/away/bin/docker-rollback, which is not there` },
    ])
    await ask('install')
    expect(readlinkSync(link)).toBe(rollback)
    expect(await checked()).toEqual([])
  })

  it('says nothing to who has no links', async () => {
    const { checked } = await world()
    expect(await checked()).toEqual([])
  })

  it('needs to be told which, and a folder that it may change', async () => {
    const { ask, folder } = await world()
    await expect(ask('remove')).rejects.toThrow('install|uninstall')
    writeFileSync(folder, '')
    await expect(ask('install')).rejects.toMatchObject({ code: 'DOCKER_PLUGIN_FOLDER' })
  })

  it("offers Docker's completion what ours offers", async () => {
    const { context, out } = await world()
    await complete(context, given('docker-complete', ['--', 'rollback', '--und']))
    expect(out).toEqual([expect.stringMatching(/^--undo\t/), ':4'])
    out.length = 0
    await complete(context, given('docker-complete', ['--', 'status', '--config', '']))
    expect(out).toEqual([':0'])
  })
})

/** A program of our plugin's name, which is none of ours. */
function strange(): string {
  const folder = join(temporaryFolder(), 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'docker-astern'), '')
  return join(folder, 'docker-astern')
}
