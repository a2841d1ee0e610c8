// A registry in memory. Tests reach into it: what it has, what goes wrong with it, what somebody does behind our back.
import { createHash } from 'node:crypto'
import { fail } from '../../core/errors.ts'
import { parseReference } from '../../core/reference.ts'
import type { ManifestSeen, Registry } from '../../ports/registry.ts'

/** What is wrong with it. */
export type Trouble =
  | { readonly code: 'REGISTRY_UNREACHABLE' | 'REGISTRY_LIES' | 'REGISTRY_KEEPS'; readonly reason: string }
  | { readonly code: 'REGISTRY_DENIED'; readonly reason: string }

type Repository = { readonly manifests: Map<string, ManifestSeen>; readonly tags: Map<string, string> }

const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

export class FakeRegistry implements Registry {
  readonly #repositories = new Map<string, Repository>()
  /** `null`: nothing. REGISTRY_KEEPS concerns `remove` alone. */
  trouble: Trouble | null = null
  /** How many tags a page has. */
  pageSize = 100
  /** Every call that reached it, as `resolve r.test/shop:v1`. */
  readonly calls: string[] = []

  /** As `docker push` does it; returns the manifest's digest. One image pushed twice is one manifest. */
  push(repository: string, tag: string, configDigest: string, sizeBytes = 1_000_000): string {
    const digest = digestOf(`${configDigest} ${sizeBytes}`)
    return this.#put(repository, tag, { digest, mediaType: IMAGE, configDigest, sizeBytes, platforms: [] })
  }

  /** An index of images that were pushed before; returns its digest. */
  pushIndex(repository: string, tag: string, platforms: ManifestSeen['platforms']): string {
    const digest = digestOf(JSON.stringify(platforms))
    return this.#put(repository, tag, { digest, mediaType: INDEX, configDigest: null, sizeBytes: null, platforms })
  }

  #put(name: string, tag: string, manifest: ManifestSeen): string {
    const repository = this.#repositories.get(name) ?? { manifests: new Map(), tags: new Map() }
    this.#repositories.set(name, repository)
    repository.manifests.set(manifest.digest, manifest)
    repository.tags.set(tag, manifest.digest)
    return manifest.digest
  }

  async resolve(repository: string, reference: string, signal?: AbortSignal): Promise<ManifestSeen | null> {
    this.#ask('resolve', repository, reference, signal)
    const found = this.#repositories.get(repository)
    return found?.manifests.get(found.tags.get(reference) ?? reference) ?? null
  }

  async *tags(repository: string, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
    const tags = [...(this.#repositories.get(repository)?.tags.keys() ?? [])].toSorted()
    for (let from = 0; from === 0 || from < tags.length; from += this.pageSize) {
      this.#ask('tags', repository, null, signal)
      if (tags.length > 0) yield tags.slice(from, from + this.pageSize)
    }
  }

  async point(repository: string, tag: string, digest: string, signal?: AbortSignal): Promise<void> {
    this.#ask('point', repository, tag, signal)
    const found = this.#repositories.get(repository)
    if (found?.manifests.has(digest) !== true) {
      throw fail('IMAGE_NOT_FOUND', { image: `${repository}@${digest}`, reason: 'the registry has no such manifest' })
    }
    found.tags.set(tag, digest)
  }

  async remove(repository: string, digest: string, signal?: AbortSignal): Promise<void> {
    this.#ask('remove', repository, digest, signal)
    const found = this.#repositories.get(repository)
    found?.manifests.delete(digest)
    for (const [tag, its] of found?.tags ?? []) if (its === digest) found?.tags.delete(tag)
  }

  #ask(method: keyof Registry, repository: string, reference: string | null, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    const separator = reference?.startsWith('sha256:') === true ? '@' : ':'
    const image = reference === null ? repository : `${repository}${separator}${reference}`
    const parsed = parseReference(repository)
    const registry = parsed?.kind === 'name' ? parsed.registry : null
    if (registry === null) throw fail('REGISTRY_NEEDED', { image: repository })
    this.calls.push(`${method} ${image}`)
    if (this.trouble === null || (this.trouble.code === 'REGISTRY_KEEPS' && method !== 'remove')) return
    const { code, reason } = this.trouble
    throw fail(code, { registry, image, what: method, reason })
  }
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
