// What builds images and pushes them, with the credentials and the caches of whoever asks.
import type { Layer } from '../core/advice.ts'

export type BuildWanted = {
  /** What it is to be called, for messages. */
  readonly image: string
  /** Absolute paths. */
  readonly context: string
  readonly dockerfile: string
  /** `null`: the last stage. */
  readonly target: string | null
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Empty: the engine's own. */
  readonly platforms: readonly string[]
  /** Nothing that was built before is used again. */
  readonly fresh: boolean
}

export type Watched = {
  readonly signal?: AbortSignal
  /** Hears what the builder says, line by line. */
  readonly onLine?: (line: string) => void
}

export type BuiltImage = {
  /** The image ID. */
  readonly configDigest: string
  /** Uncompressed. */
  readonly sizeBytes: number
  /** As the image says it: empty is root. */
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
  /** Hash of its layers and its configuration, without labels: equal for what was built twice from the same. */
  readonly content: string
  readonly layers: readonly Layer[]
}

export type Sources = {
  /** Text of the Dockerfile; `null`: there is none. */
  readonly dockerfile: string | null
  readonly hasDockerignore: boolean
}

/** Errors of every call but `sources`: BUILDER_MISSING, ENGINE_UNAVAILABLE, the signal's reason. */
export interface Builder {
  sources(wanted: Pick<BuildWanted, 'context' | 'dockerfile'>): Promise<Sources>
  /** Builds an image that has no name yet; returns its ID. Errors: BUILD_FAILED, DISK_FULL. */
  build(wanted: BuildWanted, watched: Watched): Promise<string>
  /** Gives an image a name, which may have been another one's. */
  name(configDigest: string, reference: string): Promise<void>
  /** By reference or ID; `null`: it is not on the host. */
  inspect(reference: string): Promise<BuiltImage | null>
  /** Pushes what the name stands for now; the manifest's digest, as it was said. Errors: IMAGE_NOT_PUSHED, REGISTRY_DENIED, IMAGE_NOT_FOUND. */
  push(reference: string, watched: Watched): Promise<string | null>
}
