// The images that an engine has, whosever they are. Nothing here is done by force: an image that a container was made of stays.
import type { HostImage, ImageUse } from '../core/plan-prune.ts'

export interface Images {
  /** Those that have a name or are nobody's layer. Error of every call: ENGINE_UNAVAILABLE, ENGINE_PERMISSION. */
  list(): Promise<readonly HostImage[]>
  /** Every container of the engine, running or not, by the image that it was made of. */
  uses(): Promise<readonly ImageUse[]>
  /**
   * Takes a name (`shop:v1.0.0`, `shop@sha256:…`) from its image, which goes with its last one; by its ID an image that has no name goes. What is not
   * there is gone already. `in_use`: a container was made of it, or it has more names: then nothing is done.
   */
  remove(reference: string): Promise<'removed' | 'absent' | 'in_use'>
  /** An image, by its ID, as `docker save` writes it: a tar. Error: IMAGE_NOT_FOUND. */
  save(id: string, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Takes in what `save` wrote. Errors: LOAD_FAILED, and whatever `tar` throws. */
  load(tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>
  /** The folder of this host where it keeps them; `null`: it is on another host. */
  folder(): Promise<string | null>
}
