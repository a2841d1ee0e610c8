// What every Registry must do, whoever keeps the images.
import { beforeAll, describe, expect, it } from 'vitest'
import type { ManifestSeen, Registry } from '../../src/ports/registry.ts'

export type RegistryWorld = {
  readonly registry: Registry
  /** One that nothing was pushed to. */
  readonly repository: string
  /** Pushes an image as `docker push` does; another seed is another image. */
  push(tag: string, seed: string): Promise<ManifestSeen>
  /** Pushes an index of images that are there, with an attestation beside them if it can hold one; returns its digest. */
  pushIndex(tag: string, platforms: ManifestSeen['platforms']): Promise<string>
}

const ABSENT = `sha256:${'0'.repeat(64)}`

export function isRegistry(open: () => Promise<RegistryWorld>): void {
  let world: RegistryWorld
  let one: ManifestSeen
  let other: ManifestSeen
  beforeAll(async () => {
    world = await open()
    one = await world.push('v1.0.0', 'one')
    other = await world.push('v2.0.0', 'other')
  })

  const resolve = (reference: string) => world.registry.resolve(world.repository, reference)
  async function tags(repository = world.repository): Promise<string[]> {
    const found: string[] = []
    for await (const page of world.registry.tags(repository)) found.push(...page)
    return found.toSorted()
  }

  describe('resolve', () => {
    it('says what a tag stands for, and what a digest stands for', async () => {
      expect(await resolve('v1.0.0')).toEqual(one)
      expect(await resolve(one.digest)).toEqual(one)
      expect(one).toMatchObject({ platforms: [], sizeBytes: expect.any(Number) })
      expect((await resolve('v2.0.0'))?.configDigest).not.toBe(one.configDigest)
    })
    it('finds nothing in place of what is not there', async () => {
      expect(await resolve('v9.0.0')).toBeNull()
      expect(await resolve(ABSENT)).toBeNull()
      expect(await world.registry.resolve(`${world.repository}/none`, 'v1.0.0')).toBeNull()
    })
    it('says which platforms an index has', async () => {
      const platforms = [
        { platform: 'linux/amd64', digest: one.digest },
        { platform: 'linux/arm/v7', digest: other.digest },
      ]
      const digest = await world.pushIndex('many', platforms)
      const seen = await resolve('many')
      expect(seen).toMatchObject({ digest, configDigest: null, sizeBytes: null, platforms })
      expect(await resolve(seen!.platforms[1]!.digest)).toEqual(other)
      await world.registry.point(world.repository, 'many-too', digest)
      expect(await resolve('many-too')).toEqual(seen)
      await world.registry.remove(world.repository, digest)
      expect(await resolve('many')).toBeNull()
      expect(await resolve(one.digest)).toEqual(one)
    })
  })

  describe('tags', () => {
    it('lists them all', async () => {
      expect(await tags()).toEqual(['v1.0.0', 'v2.0.0'])
    })
    it('finds none in a repository that does not exist', async () => {
      expect(await tags(`${world.repository}/none`)).toEqual([])
    })
  })

  describe('point', () => {
    it('lets a tag stand for a manifest, and for another one later', async () => {
      await world.registry.point(world.repository, 'latest', one.digest)
      expect(await resolve('latest')).toEqual(one)
      await world.registry.point(world.repository, 'latest', other.digest)
      await world.registry.point(world.repository, 'latest', other.digest)
      expect(await resolve('latest')).toEqual(other)
      expect(await resolve('v1.0.0')).toEqual(one)
    })
    it('refuses what the repository does not have', async () => {
      const pointed = world.registry.point(world.repository, 'gone', ABSENT)
      await expect(pointed).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
      expect(await resolve('gone')).toBeNull()
    })
  })

  describe('remove', () => {
    it('takes every tag of a manifest along, and leaves the others', async () => {
      const third = await world.push('v3.0.0', 'third')
      await world.registry.point(world.repository, 'v3', third.digest)
      await world.registry.remove(world.repository, third.digest)
      expect([await resolve('v3.0.0'), await resolve('v3'), await resolve(third.digest)]).toEqual([null, null, null])
      expect(await tags()).not.toContain('v3')
      expect(await resolve('v1.0.0')).toEqual(one)
    })
    it('is done where there is nothing', async () => {
      for (const repository of [world.repository, `${world.repository}/none`]) {
        await expect(world.registry.remove(repository, ABSENT)).resolves.toBeUndefined()
      }
    })
  })

  it('asks nobody about a name without a registry', async () => {
    const refused = { code: 'REGISTRY_NEEDED', exit: 2 }
    await expect(world.registry.resolve('gin-shop', 'v1')).rejects.toMatchObject(refused)
    await expect(world.registry.point('shop/gin-shop', 'v1', ABSENT)).rejects.toMatchObject(refused)
    await expect(world.registry.remove('gin-shop', ABSENT)).rejects.toMatchObject(refused)
    await expect(tags('gin-shop')).rejects.toMatchObject(refused)
  })

  it('stops where its signal has aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(world.registry.resolve(world.repository, 'v1.0.0', signal)).rejects.toThrow('enough')
    await expect(world.registry.remove(world.repository, one.digest, signal)).rejects.toThrow('enough')
    await expect(async () => {
      for await (const page of world.registry.tags(world.repository, signal)) expect(page).toEqual([])
    }).rejects.toThrow('enough')
    expect(await resolve('v1.0.0')).toEqual(one)
  })
}
