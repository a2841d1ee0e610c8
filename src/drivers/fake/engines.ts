// Container engines in memory that images travel between. Tests reach into them: which there are, and what goes wrong on the way.
import { fail } from '../../core/errors.ts'
import type { Engines, ImageThere } from '../../ports/engines.ts'
import type { FakeEngine } from './engine.ts'

const IMAGE_BYTES = 10_000_000
const HERE = 'unix:///var/run/docker.sock'

export class FakeEngines implements Engines {
  /** By name; another name is an engine that cannot be reached. Two names may lead to one engine. */
  readonly known = new Map<string, FakeEngine>()
  readonly #here: FakeEngine
  /** The connection breaks half-way, for this reason. */
  breaks: string | null = null
  /** What arrives is this image instead; `null`: the one that was sent. */
  arrives: string | null = null
  /** How many images went from one to another. */
  streamed = 0

  constructor(here: FakeEngine) {
    this.#here = here
    this.known.set(HERE, here)
  }

  async image(engine: string | null, reference: string, signal?: AbortSignal): Promise<ImageThere | null> {
    signal?.throwIfAborted()
    const found = this.#at(engine).images.get(reference)
    return found === undefined ? null : { configDigest: found.configDigest, sizeBytes: IMAGE_BYTES }
  }

  async stream(
    configDigest: string,
    way: { readonly from: string | null; readonly to: string | null },
    onBytes: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted()
    const [from, to] = [this.#at(way.from), this.#at(way.to)]
    const facts = from.images.get(configDigest)
    onBytes(IMAGE_BYTES / 2)
    const reason = this.breaks ?? (facts === undefined ? 'no such image' : null)
    if (reason !== null || facts === undefined) {
      throw fail('CARRY_FAILED', { image: configDigest, from: way.from ?? HERE, to: way.to ?? HERE, reason: reason! })
    }
    onBytes(IMAGE_BYTES)
    this.streamed += 1
    const id = this.arrives ?? configDigest
    to.images.set(id, { ...facts, reference: id, digest: id, configDigest: id })
  }

  async tag(engine: string | null, configDigest: string, reference: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { images } = this.#at(engine)
    const facts = images.get(configDigest)
    if (facts === undefined) {
      const at = engine ?? HERE
      throw fail('CARRY_FAILED', { image: reference, from: at, to: at, reason: 'no such image' })
    }
    images.set(reference, { ...facts, reference })
  }

  #at(engine: string | null): FakeEngine {
    const found = engine === null ? this.#here : this.known.get(engine)
    if (found === undefined)
      throw fail('ENGINE_UNAVAILABLE', { endpoint: engine ?? HERE, reason: 'connection refused' })
    return found
  }
}
