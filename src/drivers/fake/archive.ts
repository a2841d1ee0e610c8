// Copies of images in memory.
import { fail } from '../../core/errors.ts'
import type { ArchivedImage } from '../../core/plan-prune.ts'
import type { Archive } from '../../ports/archive.ts'

export class FakeArchive implements Archive {
  readonly copies = new Map<string, Buffer>()
  /** The disk takes nothing more. */
  full = false
  readonly damaged = new Set<string>()

  async list(): Promise<readonly ArchivedImage[]> {
    return [...this.copies].map(([id, { length }]) => ({ id, sizeBytes: length }))
  }

  async take(id: string, _reference: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of tar) chunks.push(chunk)
    if (this.full) throw fail('DISK_FULL', { path: 'images' })
    this.copies.set(id, Buffer.concat(chunks))
  }

  async *open(id: string, tag: string | null): AsyncGenerator<Uint8Array> {
    const copy = this.copies.get(id)
    if (copy === undefined) throw fail('IMAGE_NOT_FOUND', { image: id, reason: 'there is no copy of it here' })
    if (this.damaged.has(id)) throw fail('ARCHIVE_DAMAGED', { path: id, reason: 'its content has another digest' })
    yield tag === null ? copy : Buffer.from(JSON.stringify({ ...(JSON.parse(copy.toString()) as object), tag }))
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.copies.delete(id)
  }
}
