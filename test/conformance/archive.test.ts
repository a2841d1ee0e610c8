// The suite of copies of images against the fake and on a disk.
import { createHash } from 'node:crypto'
import { describe } from 'vitest'
import { createArchive } from '../../src/drivers/archive/archive.ts'
import { readTar } from '../../src/drivers/archive/tar.ts'
import { FakeArchive } from '../../src/drivers/fake/archive.ts'
import { temporaryFolder } from '../doubles/store.ts'
import { bytesOf, inPortions, savedByNew, savedByOld } from '../fixtures/saved-image.ts'
import { type ArchiveWorld, keepsCopies } from './archive.ts'

async function openFake(): Promise<ArchiveWorld> {
  const image = (label: string) => {
    const configDigest = `sha256:${createHash('sha256').update(label).digest('hex')}`
    return { id: configDigest, tar: () => inPortions(Buffer.from(JSON.stringify({ configDigest }))) }
  }
  const load = async (tar: AsyncIterable<Uint8Array>) => {
    const said = JSON.parse((await bytesOf(tar)).toString()) as { configDigest: string; tag?: string }
    return { id: said.configDigest, tag: said.tag ?? null }
  }
  return { archive: new FakeArchive(), image, load }
}

/** The way of `docker load`: what manifest.json says. */
async function load(tar: AsyncIterable<Uint8Array>): Promise<{ id: string; tag: string | null }> {
  const files = new Map<string, Buffer>()
  for await (const { name, content } of readTar(tar)) files.set(name, await bytesOf(content))
  const [said] = JSON.parse(files.get('manifest.json')!.toString()) as {
    Config: string
    RepoTags: string[] | null
    Layers: string[]
  }[]
  const sha = (name: string) => `sha256:${createHash('sha256').update(files.get(name)!).digest('hex')}`
  const { rootfs } = JSON.parse(files.get(said!.Config)!.toString()) as { rootfs: { diff_ids: string[] } }
  if (said!.Layers.map(sha).join() !== rootfs.diff_ids.join()) throw new Error('the layers are others')
  return { id: sha(said!.Config), tag: said!.RepoTags?.[0] ?? null }
}

const onDisk = (saved: typeof savedByOld) => async (): Promise<ArchiveWorld> => ({
  archive: createArchive({ folder: `${temporaryFolder()}/images`, lock: (work) => work() }),
  image: (label) => saved(label, ['base', label]),
  load,
})

describe('the fake archive', () => {
  keepsCopies(openFake)
})
describe('the archive on a disk, of what an older engine saved', () => {
  keepsCopies(onDisk(savedByOld))
})
describe('the archive on a disk, of what a newer engine saved', () => {
  keepsCopies(onDisk(savedByNew))
})
