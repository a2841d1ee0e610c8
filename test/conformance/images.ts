// What every engine's images must do: be listed, lose names one by one, travel out and in again, and stay where a container was made of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Images } from '../../src/ports/images.ts'
import { bytesOf, inPortions } from '../fixtures/saved-image.ts'

export type ImagesWorld = {
  readonly images: Images
  /** Makes an image with this name, unlike any other; its ID. */
  readonly make: (reference: string) => Promise<string>
  /** Gives it one more name. */
  readonly name: (id: string, reference: string) => Promise<void>
  /** Makes a container of it that does not run; its name. */
  readonly use: (id: string) => Promise<string>
  /** `shop-…`, of nobody else. */
  readonly repository: string
  readonly close: () => Promise<void>
}

export function hasImages(open: () => Promise<ImagesWorld>): void {
  describe('images of an engine', () => {
    let world: ImagesWorld
    let one: string
    const first = () => `${world.repository}:one`
    const listed = async (id: string) => (await world.images.list()).find((image) => image.id === id) ?? null
    beforeEach(async () => {
      world = await open()
      one = await world.make(first())
    })
    afterEach(() => world.close())

    it('are listed with their names and their size', async () => {
      await world.name(one, `${world.repository}:again`)
      const found = await listed(one)
      expect(found?.tags.toSorted()).toEqual([`${world.repository}:again`, first()])
      expect(found?.digests).toEqual([])
      expect(found?.sizeBytes).toBeGreaterThan(0)
    })

    it('lose one name, and stay as long as they have another', async () => {
      await world.name(one, `${world.repository}:again`)
      expect(await world.images.remove(first())).toBe('removed')
      expect((await listed(one))?.tags).toEqual([`${world.repository}:again`])
      expect(await world.images.remove(`${world.repository}:again`)).toBe('removed')
      expect(await listed(one)).toBeNull()
    })

    it('that are gone are gone already', async () => {
      expect(await world.images.remove(`${world.repository}:never`)).toBe('absent')
      expect(await world.images.remove(`sha256:${'9'.repeat(64)}`)).toBe('absent')
    })

    it('are not removed by their ID while they have several names', async () => {
      await world.name(one, `other-${world.repository}:again`)
      expect(await world.images.remove(one)).toBe('in_use')
      expect((await listed(one))?.tags).toHaveLength(2)
      await world.images.remove(`other-${world.repository}:again`)
    })

    it('stay where a container was made of them, and are said to be used', async () => {
      const container = await world.use(one)
      expect(await world.images.uses()).toContainEqual({ id: one, container, ours: false })
      expect(await world.images.remove(first())).toBe('in_use')
      expect(await listed(one)).not.toBeNull()
    })

    it('come back as what they were', async () => {
      const saved = await bytesOf(world.images.save(one))
      await world.images.remove(first())
      expect(await listed(one)).toBeNull()
      await world.images.load(inPortions(saved, 60_000))
      expect((await listed(one))?.tags).toEqual([])
      expect(await world.images.remove(one)).toBe('removed')
    })

    it('cannot be saved when they are not there', async () => {
      await expect(bytesOf(world.images.save(`sha256:${'9'.repeat(64)}`))).rejects.toMatchObject({
        code: 'IMAGE_NOT_FOUND',
      })
    })

    it('are not made of something else', async () => {
      await expect(world.images.load(inPortions(Buffer.alloc(2_048, 'this is none')))).rejects.toMatchObject({
        code: 'LOAD_FAILED',
      })
    })

    it('are not taken in where what sends them breaks off, and whose error that was is said', async () => {
      const broken = new Error('the copy is damaged')
      async function* breaking() {
        yield (await bytesOf(world.images.save(one))).subarray(0, 1_024)
        throw broken
      }
      await expect(world.images.load(breaking())).rejects.toBe(broken)
    })
  })
}
