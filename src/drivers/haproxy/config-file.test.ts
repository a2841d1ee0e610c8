import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildBackend, buildServer, buildTraffic } from '../../../test/fixtures/traffic-wanted.ts'
import { createConfigFile, makeFolders, type ConfigFile } from './config-file.ts'
import { render } from './render.ts'

let state: string
let dir: string
let file: ConfigFile
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'astern-config-'))
  dir = join(state, 'proxy')
  file = createConfigFile(dir)
})
afterEach(async () => {
  await file.sync()
  rmSync(state, { recursive: true })
})

const before = render(buildTraffic(buildBackend([buildServer('r1-1')])))
const after = render(buildTraffic(buildBackend([buildServer('r1-1', { weight: 0 }), buildServer('r2-1')])))
const reshaped = render(buildTraffic(buildBackend([], { listen: '127.0.0.1:81', service: 'other' })))
const read = (name = 'haproxy.cfg') => readFileSync(join(dir, 'cfg', name), 'utf8')
const names = () => readdirSync(join(dir, 'cfg')).sort((one, other) => one.localeCompare(other))

describe('the file', () => {
  it('is not there before it is written', () => {
    expect(file.structureHash()).toBeNull()
    expect(file.accepted()).toBeNull()
  })
  it('is written with its maps, and its folders with it', async () => {
    file.write(before)
    await file.sync()
    expect(read()).toBe(before.config)
    expect(read('shop.prod.map')).toBe('r1-1 /healthz\n')
    expect(names()).toEqual(['haproxy.cfg', 'leaving.map', 'shop.prod.map', 'shop.prod.trial.map'])
    expect(file.structureHash()).toBe(before.structureHash)
    expect(file.accepted()?.hash).toBe(before.structureHash)
  })
  it('is for the group of the state, and nobody else, whatever is usual for new files', () => {
    const mask = process.umask(0o077)
    try {
      file.write(before)
    } finally {
      process.umask(mask)
    }
    const mode = (path: string) => (statSync(join(dir, path)).mode & 0o7777).toString(8)
    expect([mode('cfg'), mode('run'), mode('cfg/haproxy.cfg'), mode('cfg/shop.prod.map')]).toEqual([
      '2770',
      '2770',
      '660',
      '660',
    ])
    expect(statSync(join(dir, 'cfg', 'haproxy.cfg')).gid).toBe(statSync(state).gid)
  })
  it('is replaced as a whole: who has it open reads on in the old one (F1)', () => {
    file.write(before)
    const old = statSync(join(dir, 'cfg', 'haproxy.cfg')).ino
    file.write(after)
    expect(read()).toBe(after.config)
    expect(statSync(join(dir, 'cfg', 'haproxy.cfg')).ino).not.toBe(old)
  })
  it('is left alone when it is as wanted', () => {
    file.write(before)
    const { ino } = statSync(join(dir, 'cfg', 'haproxy.cfg'))
    file.write(before)
    createConfigFile(dir).write(before)
    expect(statSync(join(dir, 'cfg', 'haproxy.cfg')).ino).toBe(ino)
  })
  it('is mended when somebody else changed it or took it away', () => {
    file.write(before)
    writeFileSync(join(dir, 'cfg', 'haproxy.cfg'), 'nonsense')
    writeFileSync(join(dir, 'cfg', 'shop.prod.map'), '')
    file.write(before)
    expect(read()).toBe(before.config)
    expect(read('shop.prod.map')).toBe('r1-1 /healthz\n')
    rmSync(join(dir, 'cfg'), { recursive: true })
    file.write(before)
    expect(read()).toBe(before.config)
  })
  it('is written although a writer was killed in the middle', () => {
    file.write(before)
    writeFileSync(join(dir, 'cfg', '.haproxy.cfg.next'), '# generation 7\nglob')
    file.write(after)
    expect(read()).toBe(after.config)
    file.write(before)
    expect(read()).toBe(before.config)
  })
  it('of somebody else is none of ours', () => {
    makeFolders(dir)
    writeFileSync(join(dir, 'cfg', 'haproxy.cfg'), 'global\n')
    expect(file.structureHash()).toBeNull()
    expect(file.accepted()).toBeNull()
  })
  it.skipIf(process.getuid?.() === 0)('that may not be written says so', () => {
    mkdirSync(join(dir, 'cfg'), { recursive: true })
    chmodSync(join(dir, 'cfg'), 0o500)
    expect(() => file.write(before)).toThrow('cannot be written')
  })
})

describe('a new structure on trial', () => {
  it('is taken back without a trace', () => {
    file.write(before)
    file.keepAside()
    file.write(reshaped)
    expect(file.accepted()?.hash).toBe(before.structureHash)
    expect(file.structureHash()).toBe(reshaped.structureHash)
    file.putBack()
    expect(read()).toBe(before.config)
    expect(file.hasAside()).toBe(false)
  })
  it('is kept when it is taken, and maps that it does not need go', () => {
    file.write(before)
    file.keepAside()
    file.write(reshaped)
    file.forgetAside(reshaped)
    expect(read()).toBe(reshaped.config)
    expect(names()).toEqual(['haproxy.cfg', 'leaving.map', 'other.prod.map', 'other.prod.trial.map'])
    expect(file.accepted()?.hash).toBe(reshaped.structureHash)
  })
  it('that nobody lived to judge leaves the accepted one known, and the next change of servers is put back with it', () => {
    file.write(before)
    file.keepAside()
    file.write(reshaped)
    // the process dies here; another one comes
    const next = createConfigFile(dir)
    expect(next.hasAside()).toBe(true)
    expect(next.accepted()?.hash).toBe(before.structureHash)
    next.writeAccepted(after)
    next.keepAside()
    next.write(reshaped)
    next.putBack()
    expect(read()).toBe(after.config)
  })
  it('is of no use before there is a first one', () => {
    makeFolders(dir)
    file.keepAside()
    file.putBack()
    expect(names()).toEqual([])
  })
})
