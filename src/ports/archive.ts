// Astern's own copies of images, for those that exist nowhere else. What images share is stored once.
import type { ArchivedImage } from '../core/plan-prune.ts'

export interface Archive {
  /** Copies that are whole. `sizeBytes` counts what they share in each of them. Error: ARCHIVE_DAMAGED. */
  list(): Promise<readonly ArchivedImage[]>
  /**
   * Takes a copy of an image from what `docker save` wrote, and checks every digest in it. `reference` is for people. Killed half-way, nothing but
   * blobs without an owner is left, which the next change clears away. Errors: DISK_FULL, ARCHIVE_BUSY, ARCHIVE_UNREADABLE, and whatever `tar` throws.
   */
  take(id: string, reference: string, tar: AsyncIterable<Uint8Array>): Promise<void>
  /**
   * The copy as a tar for `docker load`, checked while it is read. `tag`: a name that the image gets with it. Errors: ARCHIVE_DAMAGED, IMAGE_NOT_FOUND.
   */
  open(id: string, tag: string | null): AsyncIterable<Uint8Array>
  /** Also blobs without an owner. What is not there is gone already. Error: ARCHIVE_BUSY. */
  remove(ids: readonly string[]): Promise<void>
}
