// An OCI image layout on disk: blobs by their digest, and an index of what they make up. Invariants: a blob is complete under its own name, or not
// there; the index names only blobs that are; what a kill leaves behind has no owner, and is swept.
import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../core/errors.ts'

export type Descriptor = {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

export type Index = { readonly schemaVersion: 2; readonly mediaType: string; readonly manifests: readonly Descriptor[] }

export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const LAYOUT = '{"imageLayoutVersion":"1.0.0"}'

const DIGEST = /^sha256:[0-9a-f]{64}$/
/** Whoever shares the state may read and change it; nobody else, for images may hold what is confidential. */
const FOLDER_MODE = 0o2770

export type Layout = ReturnType<typeof createLayout>

export function createLayout(folder: string) {
  const blobs = join(folder, 'blobs', 'sha256')
  const drafts = join(folder, 'drafts')
  const indexPath = join(folder, 'index.json')
  const pathOf = (digest: string) => {
    if (!DIGEST.test(digest)) throw damaged(folder, `${digest} is no digest`)
    return join(blobs, digest.slice('sha256:'.length))
  }

  /** A file that is durable under its name before this returns. */
  async function replace(path: string, content: string): Promise<void> {
    const draft = join(drafts, randomUUID())
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(folder)
  }

  return {
    folder,
    pathOf,

    async prepare(): Promise<void> {
      for (const path of [folder, join(folder, 'blobs'), blobs, drafts]) {
        if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, FOLDER_MODE)
      }
      await replace(join(folder, 'oci-layout'), LAYOUT)
    },

    async readIndex(): Promise<Index> {
      const text = await orNull(readFile(indexPath, 'utf8'))
      if (text === null) return { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] }
      try {
        return JSON.parse(text) as Index
      } catch (error) {
        throw damaged(indexPath, 'it is no JSON', error)
      }
    },

    writeIndex: (index: Index) => replace(indexPath, JSON.stringify(index)),

    /** `null`: it is not there. */
    sizeOf: async (digest: string) => (await orNull(stat(pathOf(digest))))?.size ?? null,

    /** A blob of which the digest is right. Error: ARCHIVE_DAMAGED. */
    async readJson<T>(digest: string): Promise<T> {
      const path = pathOf(digest)
      const content = await orNull(readFile(path))
      if (content === null) throw damaged(path, 'it is not there')
      if (digestOf(content) !== digest) throw damaged(path, 'its content has another digest')
      return JSON.parse(content.toString('utf8')) as T
    },

    /** Takes in a blob, whatever its digest turns out to be. `content` is read once. */
    async put(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<{ digest: string; size: number }> {
      const draft = join(drafts, randomUUID())
      const hash = createHash('sha256')
      let size = 0
      const file = await open(draft, 'wx')
      try {
        for await (const chunk of content) {
          hash.update(chunk)
          size += chunk.length
          await file.writeFile(chunk)
        }
        const digest = `sha256:${hash.digest('hex')}`
        const path = pathOf(digest)
        if ((await orNull(stat(path)))?.size === size) return { digest, size }
        await file.sync()
        await rename(draft, path)
        return { digest, size }
      } finally {
        await file.close()
        await rm(draft, { force: true })
      }
    },

    /** What was put is durable when this returns. */
    sync: () => syncFolder(blobs),

    /** Checked while it is read. Error: ARCHIVE_DAMAGED. */
    async *read(digest: string): AsyncGenerator<Uint8Array> {
      const path = pathOf(digest)
      const hash = createHash('sha256')
      const file = await open(path, 'r')
      for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
        hash.update(chunk)
        yield chunk
      }
      if (`sha256:${hash.digest('hex')}` !== digest) throw damaged(path, 'its content has another digest')
    },

    /** Deletes every blob but these, and what was never finished. */
    async sweep(needed: ReadonlySet<string>): Promise<void> {
      for (const name of (await orNull(readdir(blobs))) ?? []) {
        if (!needed.has(`sha256:${name}`)) await rm(join(blobs, name), { force: true })
      }
      for (const name of (await orNull(readdir(drafts))) ?? []) await rm(join(drafts, name), { force: true })
    },
  }
}

export function digestOf(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

export function damaged(path: string, reason: string, cause?: unknown): Error {
  return fail('ARCHIVE_DAMAGED', { path, reason }, cause)
}

async function syncFolder(path: string): Promise<void> {
  const opened = await open(path, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

/** What is not there. */
async function orNull<T>(look: Promise<T>): Promise<T | null> {
  try {
    return await look
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
