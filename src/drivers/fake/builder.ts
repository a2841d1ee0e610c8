// A builder in memory, on the images of an engine in memory. Tests write its sources, and say what goes wrong.
import { createHash } from 'node:crypto'
import type { AsternError } from '../../core/errors.ts'
import { fail } from '../../core/errors.ts'
import type { Builder, BuiltImage, BuildWanted, Sources } from '../../ports/builder.ts'
import type { FakeEngine } from './engine.ts'

/** Where it pushes to; returns the manifest's digest. */
export type PushTarget = { push(repository: string, tag: string, configDigest: string): string }

const SIZE_BYTES = 10_000_000

export class FakeBuilder implements Builder {
  readonly #engine: FakeEngine
  readonly #registry: PushTarget
  readonly #images = new Map<string, BuiltImage>()
  files: Sources = { dockerfile: 'FROM scratch\nCOPY app /app\nCMD ["/app"]\n', hasDockerignore: true }
  /** What else lies in the context. */
  code = 'one'
  sizeBytes = SIZE_BYTES
  user = '10001'
  /** What it says while it works. */
  says: readonly string[] = []
  /** Thrown by the next build, or push. */
  buildFails: AsternError | null = null
  pushFails: AsternError | null = null
  /** Called when everything is sent, before it is answered. */
  onPushed: () => void = () => {}
  readonly built: BuildWanted[] = []
  readonly pushed: string[] = []

  constructor(engine: FakeEngine, registry: PushTarget) {
    this.#engine = engine
    this.#registry = registry
  }

  async sources(): Promise<Sources> {
    return this.files
  }

  async build(wanted: BuildWanted, { signal, onLine }: Parameters<Builder['build']>[1]): Promise<string> {
    signal?.throwIfAborted()
    this.#reach()
    this.built.push(wanted)
    for (const line of this.says) onLine?.(line)
    const failure = this.buildFails
    this.buildFails = null
    if (failure !== null) throw failure
    const content = digestOf([this.files.dockerfile, this.code, wanted.target, wanted.args])
    const configDigest = digestOf([content, wanted.labels])
    const layers = [{ createdBy: 'COPY app /app', sizeBytes: this.sizeBytes }]
    const { sizeBytes, user } = this
    this.#images.set(configDigest, { configDigest, sizeBytes, user, labels: wanted.labels, content, layers })
    this.#engine.addImage({ ...this.#facts(configDigest), reference: configDigest })
    return configDigest
  }

  async name(configDigest: string, reference: string): Promise<void> {
    this.#reach()
    this.#engine.addImage({ ...this.#facts(configDigest), reference })
  }

  async inspect(reference: string): Promise<BuiltImage | null> {
    this.#reach()
    const found = this.#engine.images.get(reference)
    if (found === undefined) return null
    const { configDigest } = found
    // One that somebody else has put there.
    const labels: Record<string, string> =
      found.revision === null ? {} : { 'org.opencontainers.image.revision': found.revision }
    const stranger = { configDigest, sizeBytes: SIZE_BYTES, user: '', labels, content: configDigest, layers: [] }
    return this.#images.get(configDigest) ?? stranger
  }

  async push(reference: string, { signal, onLine }: Parameters<Builder['push']>[1]): Promise<string | null> {
    signal?.throwIfAborted()
    this.#reach()
    for (const line of this.says) onLine?.(line)
    const failure = this.pushFails
    this.pushFails = null
    if (failure !== null) throw failure
    const image = this.#engine.images.get(reference)
    if (image === undefined) throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'it is not on this host' })
    const colon = reference.lastIndexOf(':')
    this.pushed.push(reference)
    const digest = this.#registry.push(reference.slice(0, colon), reference.slice(colon + 1), image.configDigest)
    this.onPushed()
    return digest
  }

  #facts(configDigest: string) {
    const labels = this.#images.get(configDigest)?.labels ?? {}
    return {
      digest: configDigest,
      configDigest,
      hasHealthcheck: false,
      version: labels['org.opencontainers.image.version'] ?? null,
      revision: labels['org.opencontainers.image.revision'] ?? null,
    }
  }

  #reach(): void {
    if (this.#engine.state === 'up') return
    throw fail('ENGINE_UNAVAILABLE', { endpoint: 'unix:///var/run/docker.sock', reason: 'connection refused' })
  }
}

function digestOf(parts: readonly unknown[]): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`
}
