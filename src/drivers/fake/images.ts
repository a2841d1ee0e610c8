// The images of an engine in memory as a whole. What it saves is no tar, but it takes in again what it saved.
import { fail } from '../../core/errors.ts'
import type { ImageFacts } from '../../core/model.ts'
import type { HostImage, ImageUse } from '../../core/plan-prune.ts'
import { parseReference } from '../../core/reference.ts'
import type { Images } from '../../ports/images.ts'
import type { FakeEngine } from './engine.ts'

const SIZE_BYTES = 10_000_000

export class FakeImages implements Images {
  /** Containers of others, by the image that they were made of. */
  readonly strangers: ImageUse[] = []
  /** Why it takes in nothing. */
  loadFails: string | null = null
  readonly #engine: FakeEngine
  readonly #installation: () => string

  constructor(engine: FakeEngine, installation: () => string) {
    this.#engine = engine
    this.#installation = installation
  }

  async list(): Promise<readonly HostImage[]> {
    this.#reach()
    const ids = new Set([...this.#engine.images.values()].map(({ configDigest }) => configDigest))
    return [...ids].map((id) => {
      const names = this.#namesOf(id)
      return {
        id,
        tags: names.filter((name) => !name.includes('@')),
        digests: names.filter((name) => name.includes('@')),
        sizeBytes: SIZE_BYTES,
      }
    })
  }

  async uses(): Promise<readonly ImageUse[]> {
    this.#reach()
    const replicas = [...this.#engine.containers].map(([container, { spec, installation }]) => ({
      id: spec.configDigest,
      container,
      ours: installation === this.#installation(),
    }))
    const commands = [...this.#engine.oneOffs].map(([container, { spec }]) => ({
      id: spec.configDigest,
      container,
      ours: false,
    }))
    return [...replicas, ...commands, ...this.strangers]
  }

  async remove(reference: string): Promise<'removed' | 'absent' | 'in_use'> {
    this.#reach()
    const id = this.#engine.images.get(reference)?.configDigest
    if (id === undefined) return 'absent'
    const names = this.#namesOf(id)
    const isId = parseReference(reference)?.kind === 'id'
    const last = isId ? names.length <= 1 : names.length === 1
    if (isId && !last) return 'in_use'
    if (last && (await this.uses()).some((use) => use.id === id)) return 'in_use'
    if (last) this.#engine.removeImage(id)
    else this.#engine.images.delete(reference)
    return 'removed'
  }

  async *save(id: string): AsyncGenerator<Uint8Array> {
    this.#reach()
    const facts = this.#engine.images.get(id)
    if (facts === undefined) throw fail('IMAGE_NOT_FOUND', { image: id, reason: 'it is not on this host' })
    yield Buffer.from(JSON.stringify(facts))
  }

  async load(tar: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of tar) chunks.push(chunk)
    this.#reach()
    if (this.loadFails !== null) throw fail('LOAD_FAILED', { reason: this.loadFails })
    const text = Buffer.concat(chunks).toString('utf8')
    if (!text.startsWith('{')) throw fail('LOAD_FAILED', { reason: 'invalid tar header' })
    const { tag, ...facts } = JSON.parse(text) as ImageFacts & { tag?: string }
    this.#engine.images.set(facts.configDigest, facts)
    if (tag !== undefined) this.#engine.images.set(tag, { ...facts, reference: tag })
  }

  async folder(): Promise<string | null> {
    return '/var/lib/docker'
  }

  #namesOf(id: string): string[] {
    return [...this.#engine.images]
      .filter(([name, facts]) => name !== id && facts.configDigest === id)
      .map(([name]) => name)
  }

  #reach(): void {
    if (this.#engine.state === 'up') return
    throw fail('ENGINE_UNAVAILABLE', { endpoint: 'fake://engine', reason: 'connection refused' })
  }
}
