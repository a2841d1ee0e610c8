// Reads what `docker save` writes, old or new, into the blobs of a layout, and finds the manifest of the image in it.
import { normalize } from 'node:path/posix'
import { fail } from '../../core/errors.ts'
import { type Descriptor, INDEX_TYPE, type Index, type Layout, MANIFEST_TYPE } from './layout.ts'
import { readTar } from './tar.ts'

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar'
const INDEX_TYPES = new Set([INDEX_TYPE, 'application/vnd.docker.distribution.manifest.list.v2+json'])
/** Layers whose digest is that of their content, not of something compressed. */
const PLAIN_LAYER = /layer\.v1\.tar$|rootfs\.diff\.tar$/
/** Files that say what the others are. */
const DIRECTORY = new Set(['manifest.json', 'index.json'])
const MOST_DIRECTORY = 4 * 1024 * 1024
/** What else is in there is of older engines, and says nothing new. */
const WANTED = /^blobs\/sha256\/[0-9a-f]{64}$|^[0-9a-f]{64}\.json$|\/layer\.tar$/

export type Manifest = {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

type Found = { readonly digest: string; readonly size: number }
type Said = readonly { readonly Config: string; readonly Layers: readonly string[] }[]

/** The descriptor of the image's manifest, whose blobs are all there and are what it says. Error: ARCHIVE_UNREADABLE. */
export async function readSaved(layout: Layout, id: string, tar: AsyncIterable<Uint8Array>): Promise<Descriptor> {
  const unreadable = (reason: string) => fail('ARCHIVE_UNREADABLE', { image: id, reason })
  const found = new Map<string, Found>()
  const links = new Map<string, string>()
  const directory = new Map<string, string>()
  for await (const { name: given, sizeBytes, link, content } of readTar(tar)) {
    const name = normalize(given)
    if (link !== null) links.set(name, normalize(`${name}/../${link}`))
    else if (DIRECTORY.has(name) && sizeBytes <= MOST_DIRECTORY) directory.set(name, await textOf(content))
    else if (WANTED.test(name)) found.set(name, await layout.put(content))
  }
  const at = (name: string): Found => {
    const there = found.get(links.get(name) ?? name)
    if (there === undefined) throw unreadable(`${name} is missing in it`)
    return there
  }
  const index = directory.get('index.json')
  const descriptor = index === undefined ? null : ((JSON.parse(index) as Index).manifests[0] ?? null)
  if (descriptor !== null && found.has(`blobs/sha256/${descriptor.digest.slice('sha256:'.length)}`)) {
    const { mediaType, digest, size } = descriptor
    await check(layout, id, { mediaType, digest, size }, unreadable)
    return { mediaType, digest, size }
  }
  const [image, ...more] = JSON.parse(directory.get('manifest.json') ?? '[]') as Said
  if (image === undefined || more.length > 0) throw unreadable('it does not hold one image')
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, ...at(normalize(image.Config)) },
    layers: image.Layers.map((name) => ({ mediaType: LAYER_TYPE, ...at(normalize(name)) })),
  }
  const made = { mediaType: MANIFEST_TYPE, ...(await layout.put([Buffer.from(JSON.stringify(manifest))])) }
  await check(layout, id, made, unreadable)
  return made
}

/** It is the image that was asked for, and its layers are those that it was built of. */
async function check(
  layout: Layout,
  id: string,
  descriptor: Descriptor,
  unreadable: (reason: string) => Error,
): Promise<void> {
  const manifests = await manifestsOf(layout, descriptor)
  if (descriptor.digest !== id && !manifests.some(({ config }) => config.digest === id)) {
    throw unreadable('it is another image')
  }
  if (manifests.length === 0) throw unreadable('there is no manifest in it')
  for (const { config, layers } of manifests) {
    for (const { digest } of layers)
      if ((await layout.sizeOf(digest)) === null) throw unreadable(`${digest} is missing`)
    if (!layers.every(({ mediaType }) => PLAIN_LAYER.test(mediaType))) continue
    const { rootfs } = await layout.readJson<{ rootfs?: { diff_ids?: readonly string[] } }>(config.digest)
    const wanted = rootfs?.diff_ids ?? []
    const same = wanted.length === layers.length && layers.every(({ digest }, place) => digest === wanted[place])
    if (!same) throw unreadable('its layers are not those that its configuration names')
  }
}

/** An index leads to a manifest for each platform; those that are not there were not saved. */
export async function manifestsOf(layout: Layout, descriptor: Descriptor): Promise<Manifest[]> {
  if (!INDEX_TYPES.has(descriptor.mediaType)) return [await layout.readJson<Manifest>(descriptor.digest)]
  const { manifests } = await layout.readJson<Index>(descriptor.digest)
  const there: Manifest[] = []
  for (const one of manifests) {
    if ((await layout.sizeOf(one.digest)) !== null) there.push(...(await manifestsOf(layout, one)))
  }
  return there
}

/** Every blob that an image is made of. */
export async function blobsOf(layout: Layout, descriptor: Descriptor): Promise<Descriptor[]> {
  if (!INDEX_TYPES.has(descriptor.mediaType)) {
    const { config, layers } = await layout.readJson<Manifest>(descriptor.digest)
    return [descriptor, config, ...layers]
  }
  const { manifests } = await layout.readJson<Index>(descriptor.digest)
  const blobs: Descriptor[] = [descriptor]
  for (const one of manifests) {
    if ((await layout.sizeOf(one.digest)) !== null) blobs.push(...(await blobsOf(layout, one)))
  }
  return blobs
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
