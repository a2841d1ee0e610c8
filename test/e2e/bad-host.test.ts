// What goes wrong with the host: no engine, no permission, a state that cannot be read or written, a full disk. The service serves all the while.
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { mountSmallDisk, type SmallDisk, withoutPrivileges } from './support/filesystem.ts'
import { createInstallation, type Installation } from './support/installation.ts'

describe('an engine that is out of reach', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
  })
  afterAll(() => shop?.close())

  it('because none runs is told by every command that needs it, and by no other', async () => {
    const host = `unix://${join(shop.folder, 'nobody.sock')}`
    const env = { DOCKER_HOST: host }
    await shop.prepare('v2')
    for (const words of [['up'], ['deploy', 'v2'], ['deploy', 'v2', '--dry-run']]) {
      const refused = await shop.astern([...words, '--json'], { env })
      expect(refused).toMatchObject({ code: 1, last: { outcome: 'failed', error: { code: 'ENGINE_UNAVAILABLE' } } })
      expect(refused.last['error'].message).toContain(host)
      expect(refused.last['error'].hint).toBe('Start Docker; astern doctor looks closer.')
    }
    for (const words of [['status'], ['releases'], ['show', 'r1'], ['log', '--verify']]) {
      expect((await shop.astern(words, { env })).code).toBe(0)
    }
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    expect(shop.record().unfinished).toBe(0)
  })

  it('because its socket may not be used is told with what to do; a warm rollback does not need it', async () => {
    const path = join(shop.folder, 'forbidden.sock')
    const server = createServer()
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(path, resolve)
    await promise
    await chmod(path, 0)
    const asked = { env: { DOCKER_HOST: `unix://${path}` }, prefix: withoutPrivileges }
    try {
      await shop.deploy('v2')
      const refused = await shop.astern(['deploy', 'v2', '--json'], asked)
      expect(refused).toMatchObject({ code: 1, last: { error: { code: 'ENGINE_PERMISSION' } } })
      expect(refused.last['error'].hint).toContain('usermod -aG docker')
      const back = await shop.astern(['rollback', '--json'], asked)
      expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', rung: 'warm', to: { release: 'r1' } } })
      expect(back.last['warnings']).toEqual([expect.stringContaining('EACCES')])
      expect(await shop.visit()).toMatchObject({ release: 'v1' })
      await shop.atRest()
      await shop.onRung('r2', 'cold')
    } finally {
      server.close()
    }
  })
})

describe('a state', () => {
  let shop: Installation
  let file: string
  let copy: string

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
    await shop.atRest()
    file = join(shop.stateFolder, 'astern.db')
    copy = join(shop.folder, 'copy.db')
    const db = new DatabaseSync(file)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    await copyFile(file, copy)
  })
  afterEach(async () => {
    await chmod(shop.stateFolder, 0o770)
    for (const suffix of ['-wal', '-shm']) await rm(`${file}${suffix}`, { force: true })
    await copyFile(copy, file)
  })
  afterAll(() => shop?.close())

  const isRefused = async (code: string, says: string) => {
    for (const words of [['status'], ['rollback'], ['deploy', 'v2'], ['up']]) {
      const refused = await shop.astern([...words, '--json'])
      expect(refused).toMatchObject({ code: 1, last: { outcome: 'failed', error: { code } } })
      expect(refused.last['error'].message).toContain(says)
      expect(refused.last['error'].hint).not.toBe('')
    }
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v2' })
  }

  it('that is damaged is told, and left as it is', async () => {
    const damaged = Buffer.alloc(8_192, 'not a database ')
    await writeFile(file, damaged)
    await isRefused('STATE_CORRUPTED', 'It was left as it is.')
    expect((await readFile(file)).equals(damaged)).toBe(true)
  })

  it('of a newer Astern is told, and left as it is', async () => {
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version=999')
    db.close()
    await isRefused('STATE_NEWER', 'schema 999')
    const after = new DatabaseSync(file, { readOnly: true })
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 999 })
    after.close()
  })

  it('whose journal was changed by hand is noticed by log --verify', async () => {
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
    const db = new DatabaseSync(file)
    db.exec("UPDATE journal SET record = replace(record, 'succeeded', 'failed') WHERE seq = 5")
    db.close()
    const noticed = await shop.astern(['log', '--verify', '--json'])
    expect(noticed).toMatchObject({ code: 1, last: { error: { code: 'JOURNAL_TAMPERED' } } })
    expect(noticed.last['error'].message).toContain('row 5')
  })

  it('in a folder that may not be written is told', async () => {
    await chmod(shop.stateFolder, 0o550)
    const refused = await shop.astern(['rollback', '--json'], { prefix: withoutPrivileges })
    expect(refused).toMatchObject({ code: 1, last: { error: { code: 'STATE_PERMISSION' } } })
    expect(refused.last['error'].hint).toContain('ASTERN_STATE')
  })

  it('that was put right works on', async () => {
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
    await shop.atRest()
    const db = new DatabaseSync(file)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    await copyFile(file, copy)
  })
})

describe('a full disk', () => {
  let shop: Installation
  let disk: SmallDisk

  beforeAll(async () => {
    disk = await mountSmallDisk(24)
    shop = await createInstallation({ stateFolder: join(disk.folder, 'state') })
    await shop.ask('up')
    await shop.deploy('v1')
    await shop.deploy('v2')
  })
  afterAll(async () => {
    disk?.empty()
    await shop?.close()
    await disk?.close()
  })

  it('does not keep anybody from going back', async () => {
    const load = await shop.load()
    disk.fill()
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', rung: 'warm', to: { release: 'r1' } } })
    await load.more(20, 'v1')
    await shop.atRest()
    await load.stop()
    expect(load.failures()).toEqual([])
  })

  it('is told to who wants to deploy, and nothing has begun', async () => {
    disk.fill()
    const refused = await shop.astern([...(await shop.prepare('v3')), '--json'])
    expect(refused).toMatchObject({ code: 1, last: { error: { code: 'DISK_FULL' } } })
    expect(refused.last['error'].hint).toContain('Free some space')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
  })

  it('that has room again is as before', async () => {
    disk.empty()
    expect(await shop.deploy('v4')).toMatchObject({ outcome: 'succeeded', from: { release: 'r1' } })
    expect(await shop.visit()).toMatchObject({ release: 'v4' })
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    await shop.atRest()
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
    expect(shop.record().unfinished).toBe(0)
  })
})
