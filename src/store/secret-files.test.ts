import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { createSecretFiles } from './secret-files.ts'

const scope = { service: 'shop', environment: 'prod' }
const asRoot = process.getuid?.() === 0
const values = (value: string) => new Map([['KEY', value]])

function files() {
  const folder = temporaryFolder()
  const secretFiles = createSecretFiles(folder, asRoot)
  return { folder, secretFiles, path: join(secretFiles.pathOf(scope, 1), 'KEY') }
}

describe('secrets as files', () => {
  it('lie where nobody but the owner of the state gets to', () => {
    const { folder, secretFiles } = files()
    mkdirSync(join(folder, 'secrets'))
    chmodSync(join(folder, 'secrets'), 0o777)
    secretFiles.ensure(scope, 1, values('one'), null)
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
    expect(statSync(secretFiles.pathOf(scope, 1)).mode & 0o777).toBe(0o755)
  })

  it.runIf(asRoot)('belong to the user of the container alone', () => {
    const { secretFiles, path } = files()
    secretFiles.ensure(scope, 1, values('one'), { uid: 10_001, gid: 20 })
    expect(statSync(path)).toMatchObject({ uid: 10_001, gid: 20, mode: 0o100400 })
    secretFiles.ensure(scope, 1, values('two'), 'as_before')
    expect(statSync(path)).toMatchObject({ uid: 10_001, gid: 20, mode: 0o100400 })
    expect(readFileSync(path, 'utf8')).toBe('two')
  })

  it('can be read by whoever the container runs as when that is not known', () => {
    const { secretFiles, path } = files()
    secretFiles.ensure(scope, 1, values('one'), null)
    expect(statSync(path).mode & 0o777).toBe(0o444)
  })

  it('change as a whole, in a folder that stays the same one', () => {
    const { secretFiles, path } = files()
    secretFiles.ensure(scope, 1, new Map([...values('one'), ['OLD', 'x']]), null)
    const before = { folder: statSync(join(path, '..')).ino, file: statSync(path).ino }
    secretFiles.ensure(scope, 1, values('two'), null)
    expect(statSync(join(path, '..')).ino).toBe(before.folder)
    expect(statSync(path).ino).not.toBe(before.file)
    expect(readdirSync(join(path, '..'))).toEqual(['KEY'])
  })

  it('that are right already are left alone', () => {
    const { secretFiles, path } = files()
    secretFiles.ensure(scope, 1, values('one'), null)
    const { ino } = statSync(path)
    secretFiles.ensure(scope, 1, values('one'), null)
    expect(statSync(path).ino).toBe(ino)
  })

  it('are known by their release, and go with it', () => {
    const { secretFiles } = files()
    expect([secretFiles.releases(scope), secretFiles.read(scope, 1)]).toEqual([[], null])
    secretFiles.ensure(scope, 1, values('one'), null)
    secretFiles.ensure(scope, 12, values('two'), null)
    expect(new Set(secretFiles.releases(scope))).toEqual(new Set([1, 12]))
    secretFiles.remove(scope, 1)
    expect([secretFiles.read(scope, 1), secretFiles.read(scope, 12)]).toEqual([null, values('two')])
    secretFiles.remove(scope, null)
    expect(secretFiles.releases(scope)).toEqual([])
  })
})
