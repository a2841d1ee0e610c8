// Copies of images in the folder of the state, as an OCI image layout that other tools can read too.
import { isAsternError, fail, reasonOf } from '../../core/errors.ts'
import type { Archive } from '../../ports/archive.ts'
import { blobsOf, manifestsOf, readSaved } from './saved-image.ts'
import { createLayout, damaged, type Descriptor, type Index, INDEX_TYPE, LAYOUT } from './layout.ts'
import { type TarFile, writeTar } from './tar.ts'

/** The image ID of an entry of the index. */
const IMAGE = 'astern.image'
const REFERENCE = 'org.opencontainers.image.ref.name'
const CONTAINERD_NAME = 'io.containerd.image.name'

export type ArchiveOptions = {
  readonly folder: string
  /** Whoever changes something holds it; it waits for nobody. */
  readonly lock: <T>(work: () => Promise<T>) => Promise<T>
}

export function createArchive({ folder, lock }: ArchiveOptions): Archive {
  const layout = createLayout(folder)

  async function changing(work: () => Promise<void>): Promise<void> {
    try {
      await layout.prepare()
      await lock(work)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      if (code === 'ENOSPC' || code === 'EDQUOT') throw fail('DISK_FULL', { path: folder }, error)
      if (code === 'ERR_SQLITE_ERROR' && /locked/.test(reasonOf(error))) throw fail('ARCHIVE_BUSY', { folder }, error)
      throw error
    }
  }

  /** Blobs that nobody needs go. Where an entry cannot be read, nobody knows what it needs, and everything stays. */
  async function sweep({ manifests }: Index): Promise<void> {
    const blobs: Descriptor[] = []
    try {
      for (const descriptor of manifests) blobs.push(...(await blobsOf(layout, descriptor)))
    } catch (error) {
      if (isAsternError(error, 'ARCHIVE_DAMAGED')) return
      throw error
    }
    await layout.sweep(new Set(blobs.map(({ digest }) => digest)))
  }

  /** `null`: not all of it is there. */
  async function wholeSize(descriptor: Descriptor): Promise<number | null> {
    try {
      const blobs = await blobsOf(layout, descriptor)
      for (const { digest, size } of blobs) if ((await layout.sizeOf(digest)) !== size) return null
      return blobs.reduce((sum, { size }) => sum + size, 0)
    } catch (error) {
      if (isAsternError(error, 'ARCHIVE_DAMAGED')) return null
      throw error
    }
  }

  return {
    async list() {
      const { manifests } = await layout.readIndex()
      const images = await Promise.all(
        manifests.map(async (descriptor) => {
          const sizeBytes = await wholeSize(descriptor)
          return sizeBytes === null ? [] : [{ id: descriptor.annotations?.[IMAGE] ?? descriptor.digest, sizeBytes }]
        }),
      )
      return images.flat()
    },

    take: (id, reference, tar) =>
      changing(async () => {
        try {
          const descriptor = await readSaved(layout, id, tar)
          await layout.sync()
          const { manifests } = await layout.readIndex()
          const others = manifests.filter(({ annotations }) => annotations?.[IMAGE] !== id)
          const mine = { ...descriptor, annotations: { [REFERENCE]: reference, [IMAGE]: id } }
          await layout.writeIndex({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [...others, mine] })
        } finally {
          await sweep(await layout.readIndex())
        }
      }),

    async *open(id, tag) {
      const found = (await layout.readIndex()).manifests.find(({ annotations }) => annotations?.[IMAGE] === id)
      if (found === undefined) throw fail('IMAGE_NOT_FOUND', { image: id, reason: 'there is no copy of it here' })
      const blobs = new Map((await blobsOf(layout, found)).map((blob) => [blob.digest, blob]))
      for (const { digest, size } of blobs.values()) {
        const there = await layout.sizeOf(digest)
        if (there === null) throw damaged(layout.pathOf(digest), 'it is not there')
        if (there !== size) throw damaged(layout.pathOf(digest), `it has ${there} bytes and not ${size}`)
      }
      const [manifest] = await manifestsOf(layout, found)
      const said = manifest && [
        {
          Config: nameOf(manifest.config.digest),
          RepoTags: tag === null ? null : [tag],
          Layers: manifest.layers.map(({ digest }) => nameOf(digest)),
        },
      ]
      const { annotations: _, ...descriptor } = found
      const named = tag === null ? descriptor : { ...descriptor, annotations: { [CONTAINERD_NAME]: tag } }
      yield* writeTar([
        textFile('oci-layout', LAYOUT),
        textFile('index.json', JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [named] })),
        ...[...blobs.values()].map(({ digest, size }): TarFile => ({
          name: nameOf(digest),
          sizeBytes: size,
          content: layout.read(digest),
        })),
        textFile('manifest.json', JSON.stringify(said)),
      ])
    },

    remove: (ids) =>
      changing(async () => {
        const index = await layout.readIndex()
        const manifests = index.manifests.filter(({ annotations }) => !ids.includes(annotations?.[IMAGE] ?? ''))
        const left = { ...index, manifests }
        if (manifests.length < index.manifests.length) await layout.writeIndex(left)
        await sweep(left)
      }),
  }
}

function nameOf(digest: string): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`
}

function textFile(name: string, text: string): TarFile {
  const content = Buffer.from(text)
  return { name, sizeBytes: content.length, content: [content] }
}
