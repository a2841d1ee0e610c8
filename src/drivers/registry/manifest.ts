// Reads what a registry sends as a manifest, and believes none of it unseen. Pure.
import { createHash } from 'node:crypto'
import type { ManifestSeen } from '../../ports/registry.ts'

const INDEXES = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']
const IMAGES = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json']
/** For the Accept header: a registry may send nothing else. */
export const MANIFEST_TYPES: readonly string[] = [...INDEXES, ...IMAGES]

const DIGEST = /^sha256:[0-9a-f]{64}$/
const MAX_ENTRIES = 10_000

export type Sent = {
  readonly body: Buffer
  readonly contentType: string | undefined
  /** Docker-Content-Digest */
  readonly saidDigest: string | undefined
}

/** `lie`: in what it is not what was asked for. */
export function readManifest(asked: string, sent: Sent): ManifestSeen | { readonly lie: string } {
  const digest = `sha256:${createHash('sha256').update(sent.body).digest('hex')}`
  if (asked.startsWith('sha256:') && asked !== digest) return { lie: `what came is ${digest}` }
  if (sent.saidDigest !== undefined && sent.saidDigest !== digest) {
    return { lie: `it says that it is ${shown(sent.saidDigest)}, and what came is ${digest}` }
  }
  const mediaType = sent.contentType?.split(';')[0]?.trim() ?? ''
  if (!MANIFEST_TYPES.includes(mediaType))
    return { lie: `${shown(mediaType) || 'what came'} is no kind of manifest that was asked for` }
  const parsed = parse(sent.body)
  if (parsed === null) return { lie: 'the manifest is no JSON' }
  // One text must not be an image to one reader and an index to another.
  if (parsed['mediaType'] !== undefined && parsed['mediaType'] !== mediaType)
    return { lie: 'the manifest is of two kinds at once' }
  const isIndex = INDEXES.includes(mediaType)
  if (parsed[isIndex ? 'layers' : 'manifests'] !== undefined) return { lie: 'the manifest is of two kinds at once' }
  return (
    (isIndex ? readIndex(parsed, digest, mediaType) : readImage(parsed, digest, mediaType)) ?? {
      lie: 'the manifest is malformed',
    }
  )
}

function readImage(parsed: Json, digest: string, mediaType: string): ManifestSeen | null {
  const config = descriptor(parsed['config'])
  const layers = descriptors(parsed['layers'])
  if (config === null || layers === null) return null
  const sizeBytes = layers.reduce((sum, { size }) => sum + size, config.size)
  return { digest, mediaType, configDigest: config.digest, sizeBytes, platforms: [] }
}

function readIndex(parsed: Json, digest: string, mediaType: string): ManifestSeen | null {
  const entries = descriptors(parsed['manifests'])
  if (entries === null) return null
  const platforms = entries.flatMap((entry) => {
    const { os, architecture, variant } = (entry.json['platform'] ?? {}) as Json
    // Attestations bear this platform, so that nobody runs them.
    if (typeof os !== 'string' || typeof architecture !== 'string' || os === 'unknown') return []
    const parts = [os, architecture, ...(typeof variant === 'string' && variant !== '' ? [variant] : [])]
    return [{ platform: shown(parts.join('/')), digest: entry.digest }]
  })
  return { digest, mediaType, configDigest: null, sizeBytes: null, platforms }
}

type Json = Readonly<Record<string, unknown>>
type Descriptor = { readonly digest: string; readonly size: number; readonly json: Json }

function descriptors(value: unknown): readonly Descriptor[] | null {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) return null
  const read = value.map(descriptor)
  return read.every((one) => one !== null) ? read : null
}

function descriptor(value: unknown): Descriptor | null {
  if (typeof value !== 'object' || value === null) return null
  const json = value as Json
  const { digest, size } = json
  const whole = typeof digest === 'string' && DIGEST.test(digest) && Number.isSafeInteger(size) && Number(size) >= 0
  return whole ? { digest, size: Number(size), json } : null
}

function parse(body: Buffer): Json | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Json) : null
  } catch {
    return null
  }
}

const LONGEST_SHOWN = 200

/** What a registry says, fit for a terminal. */
export function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, ' ').slice(0, LONGEST_SHOWN)
}
