// Fills a registry with tags, each of an image of its own: one image is pushed through its API, the manifests of the others (its layers under another
// annotation) and their names are written on its disk as it writes them itself.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, pushImage } from '../../test/fixtures/push-image.ts'
import type { Registry } from '../../test/fixtures/registry.ts'

const BULK = 250

/** Resolves to the digest of each tag, in their order. */
export async function fillWithTags(
  { host, data }: Registry,
  name: string,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const storage = join(data, 'docker/registry/v2')
  const repository = join(storage, 'repositories', name, '_manifests')
  const { digest: pushed } = await pushImage(host, name, 'first', 'first')
  const first = JSON.parse(await readFile(join(blob(storage, pushed), 'data'), 'utf8')) as object

  async function write(tag: string): Promise<string> {
    const manifest = JSON.stringify({ ...first, annotations: { 'org.opencontainers.image.version': tag } })
    const digest = digestOf(manifest)
    const path = digest.replace(':', '/')
    await put(blob(storage, digest), 'data', manifest)
    await put(join(repository, 'revisions', path), 'link', digest)
    await put(join(repository, 'tags', tag, 'index', path), 'link', digest)
    await put(join(repository, 'tags', tag, 'current'), 'link', digest)
    return digest
  }

  const digests: string[] = []
  for (let from = 0; from < tags.length; from += BULK) {
    signal.throwIfAborted()
    digests.push(...(await Promise.all(tags.slice(from, from + BULK).map(write))))
  }
  return digests
}

function blob(storage: string, digest: string): string {
  const hex = digest.replace('sha256:', '')
  return join(storage, 'blobs/sha256', hex.slice(0, 2), hex)
}

async function put(folder: string, file: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, file), text)
}
