// What every archive must do: keep copies of images, give them back as they were, and forget them.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Archive } from '../../src/ports/archive.ts'

export type ArchiveWorld = {
  readonly archive: Archive
  /** An image, as an engine would save it. */
  readonly image: (label: string) => { readonly id: string; readonly tar: () => AsyncIterable<Uint8Array> }
  /** What an engine makes of a copy. */
  readonly load: (tar: AsyncIterable<Uint8Array>) => Promise<{ readonly id: string; readonly tag: string | null }>
}

export function keepsCopies(open: () => Promise<ArchiveWorld>): void {
  describe('copies of images', () => {
    let world: ArchiveWorld
    const take = async (label: string) => {
      const { id, tar } = world.image(label)
      await world.archive.take(id, `shop:${label}`, tar())
      return id
    }
    const ids = async () => (await world.archive.list()).map(({ id }) => id)
    beforeEach(async () => {
      world = await open()
    })

    it('are none at first', async () => {
      expect(await world.archive.list()).toEqual([])
    })

    it('are listed with their size', async () => {
      const one = await take('one')
      const two = await take('two')
      expect(await ids()).toEqual([one, two])
      for (const { sizeBytes } of await world.archive.list()) expect(sizeBytes).toBeGreaterThan(0)
    })

    it('are given back as the image that they were, with a name or without', async () => {
      const id = await take('one')
      expect(await world.load(world.archive.open(id, null))).toEqual({ id, tag: null })
      expect(await world.load(world.archive.open(id, 'shop:one'))).toEqual({ id, tag: 'shop:one' })
    })

    it('are taken again without harm', async () => {
      const id = await take('one')
      await take('one')
      expect(await ids()).toEqual([id])
      expect(await world.load(world.archive.open(id, null))).toEqual({ id, tag: null })
    })

    it('are forgotten one by one, and again without harm', async () => {
      const one = await take('one')
      const two = await take('two')
      for (const _ of [1, 2]) await world.archive.remove([one])
      expect(await ids()).toEqual([two])
      expect(await world.load(world.archive.open(two, null))).toEqual({ id: two, tag: null })
      await expect(world.load(world.archive.open(one, null))).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    })
  })
}
