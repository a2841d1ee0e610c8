import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/doubles/store.ts'
import { bytesOf, inPortions, savedByNew, savedByOld } from '../../../test/fixtures/saved-image.ts'
import { createLock } from '../host/proxy-lock.ts'
import { createArchive } from './archive.ts'
import { writeTar } from './tar.ts'

function opened() {
  const state = temporaryFolder()
  const folder = join(state, 'images')
  const open = () => createArchive({ folder, lock: createLock(join(state, 'images.lock'), 0) })
  const blobs = () => readdirSync(join(folder, 'blobs/sha256'))
  const blob = (digest: string) => join(folder, 'blobs/sha256', digest.slice('sha256:'.length))
  return { folder, open, archive: open(), blobs, blob }
}

describe('the archive', () => {
  it('stores what images share once', async () => {
    const { archive, blobs } = opened()
    for (const label of ['one', 'two', 'three']) {
      const { id, tar } = savedByOld(label, ['base', 'tools', label])
      await archive.take(id, label, tar())
    }
    // base and tools; and of each image its own layer, its configuration and its manifest
    expect(blobs()).toHaveLength(2 + 3 * 3)
    await archive.remove([savedByOld('two', ['base', 'tools', 'two']).id])
    expect(blobs()).toHaveLength(2 + 2 * 3)
  })

  it('is an OCI image layout, with the name that each image was deployed by', async () => {
    const { archive, folder, blob } = opened()
    const { id, tar } = savedByOld('one', ['base'])
    await archive.take(id, 'shop:v1.0.0', tar())
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>
    expect(read('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    const { manifests } = read('index.json') as { manifests: { digest: string; size: number }[] }
    expect(manifests).toMatchObject([
      { annotations: { 'org.opencontainers.image.ref.name': 'shop:v1.0.0', 'astern.image': id } },
    ])
    expect(JSON.parse(readFileSync(blob(manifests[0]!.digest), 'utf8'))).toMatchObject({ config: { digest: id } })
  })

  it('reads layers that are only another name of one', async () => {
    const { archive } = opened()
    const { id, tar } = savedByOld('one', ['same', 'same'])
    const content = await bytesOf(tar())
    // the second layer becomes a link to the first, as engines do it
    const names = [...content.toString('latin1').matchAll(/([0-9a-f]{64}\/layer\.tar)\0/g)].map(([, name]) => name!)
    const linked = linkTo(content, names[1]!, `../${names[0]!}`)
    await archive.take(id, 'one', inPortions(linked))
    expect((await archive.list()).map((image) => image.id)).toEqual([id])
  })

  it.each([
    ['another image', () => savedByOld('two', ['base']).tar(), 'it is another image'],
    ['another image of a newer engine', () => savedByNew('two', ['base']).tar(), 'it is another image'],
    ['nothing', () => writeTar([]), 'it does not hold one image'],
    ['an image without its layer', () => without('layer.tar'), 'layer.tar is missing in it'],
    ['an image with another layer', () => swapped(), 'its layers are not those'],
  ])('refuses %s in place of what it asked for, and keeps nothing of it', async (_, tar, reason) => {
    const { archive, blobs } = opened()
    const { id } = savedByOld('one', ['base'])
    const refusal = { code: 'ARCHIVE_UNREADABLE', message: expect.stringContaining(reason) }
    await expect(archive.take(id, 'one', tar())).rejects.toMatchObject(refusal)
    expect([await archive.list(), blobs()]).toEqual([[], []])
  })

  it('keeps nothing of an image whose stream breaks, and what it had', async () => {
    const { archive, folder, blobs } = opened()
    const kept = savedByOld('kept', ['base'])
    await archive.take(kept.id, 'kept', kept.tar())
    const before = blobs()
    const { id, tar } = savedByOld('one', ['base', 'x'.repeat(10_000)])
    const content = await bytesOf(tar())
    await expect(archive.take(id, 'one', inPortions(content.subarray(0, 6_000)))).rejects.toThrow('ends too early')
    expect(blobs().toSorted()).toEqual(before.toSorted())
    expect(readdirSync(join(folder, 'drafts'))).toEqual([])
  })

  it('clears away what a process that was killed has left', async () => {
    const { archive, folder, blob, blobs } = opened()
    const { id, tar } = savedByOld('one', ['base'])
    await archive.take(id, 'one', tar())
    const stray = `sha256:${'a'.repeat(64)}`
    writeFileSync(blob(stray), 'half of something')
    writeFileSync(join(folder, 'drafts', 'half'), 'half of something')
    await archive.remove([])
    expect(blobs()).toHaveLength(3)
    expect(readdirSync(join(folder, 'drafts'))).toEqual([])
  })

  it('says which file is damaged, and gives out nothing that could be taken for the image', async () => {
    const { archive, blob } = opened()
    const { id, tar } = savedByOld('one', ['base'])
    await archive.take(id, 'one', tar())
    const path = blob(digestOfLayer('base'))
    writeFileSync(path, 'BASE')
    const damage = { code: 'ARCHIVE_DAMAGED', message: expect.stringContaining(path) }
    await expect(bytesOf(archive.open(id, null))).rejects.toMatchObject(damage)
  })

  it('does not list a copy of which a part is missing, and takes it anew', async () => {
    const { archive, blob } = opened()
    const { id, tar } = savedByOld('one', ['base'])
    await archive.take(id, 'one', tar())
    rmSync(blob(digestOfLayer('base')))
    expect(await archive.list()).toEqual([])
    await expect(bytesOf(archive.open(id, null))).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' })
    await archive.take(id, 'one', tar())
    expect((await archive.list()).map((image) => image.id)).toEqual([id])
  })

  it('says that its index is damaged, and deletes nothing', async () => {
    const { archive, folder, blobs } = opened()
    const { id, tar } = savedByOld('one', ['base'])
    await archive.take(id, 'one', tar())
    writeFileSync(join(folder, 'index.json'), '{')
    await expect(archive.list()).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' })
    await expect(archive.remove([id])).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' })
    expect(blobs()).toHaveLength(3)
  })

  it('waits for nobody else who changes it', async () => {
    const { archive, open } = opened()
    const { id, tar } = savedByOld('one', ['base'])
    const other = open()
    async function* slow() {
      await expect(other.remove([id])).rejects.toMatchObject({ code: 'ARCHIVE_BUSY', exit: 7 })
      yield* tar()
    }
    await archive.take(id, 'one', slow())
    await other.remove([id])
    expect(await archive.list()).toEqual([])
  })
})

function digestOfLayer(layer: string): string {
  return `sha256:${createHash('sha256').update(layer).digest('hex')}`
}

function linkTo(tar: Buffer, name: string, target: string): Buffer {
  const at = tar.indexOf(`${name}\0`)
  const header = tar.subarray(at, at + 512)
  header.write('2', 156, 'latin1')
  header.write(`${'0'.repeat(11)}\0`, 124, 'latin1')
  header.write(target, 157, 'latin1')
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  // A link has no content.
  return Buffer.concat([tar.subarray(0, at + 512), tar.subarray(at + 1_024)])
}

async function* without(part: string): AsyncGenerator<Uint8Array> {
  const content = await bytesOf(savedByOld('one', ['base']).tar())
  const at = content.indexOf(`${part}\0`)
  const start = Math.floor(at / 512) * 512
  yield* inPortions(Buffer.concat([content.subarray(0, start), content.subarray(start + 1_024)]))
}

async function* swapped(): AsyncGenerator<Uint8Array> {
  const content = await bytesOf(savedByOld('one', ['base']).tar())
  content.write('BASE', content.indexOf('base\0'), 'latin1')
  yield* inPortions(content)
}
