// What every Builder must do, whatever it builds with.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Builder, BuildWanted } from '../../src/ports/builder.ts'

export type BuilderWorld = {
  readonly builder: Builder
  /** Of its own, in a registry that answers: `127.0.0.1:5555/shop`. */
  readonly repository: string
  readonly wanted: BuildWanted
  /** Changes what is built from. */
  readonly write: (code: string) => Promise<void>
  /** The next build fails. */
  readonly break: () => Promise<void>
  /** The digest that the registry has for a tag. */
  readonly digestOf: (tag: string) => Promise<string | null>
}

export function isBuilder(create: () => Promise<BuilderWorld>): void {
  let world: BuilderWorld
  beforeEach(async () => {
    world = await create()
  })
  const build = (changes: Partial<BuildWanted> = {}) => world.builder.build({ ...world.wanted, ...changes }, {})

  describe('build', () => {
    it('makes an image without a name, with its labels, user and size', async () => {
      const { builder, repository } = world
      const id = await build({ labels: { 'org.opencontainers.image.version': 'v1.2.3', words: 'two words' } })
      const image = await builder.inspect(id)
      expect(image).toMatchObject({ configDigest: id, user: '10001' })
      expect(image?.labels).toMatchObject({ 'org.opencontainers.image.version': 'v1.2.3', words: 'two words' })
      expect(image?.sizeBytes).toBeGreaterThan(0)
      expect(image?.layers.some(({ sizeBytes }) => sizeBytes > 0)).toBe(true)
      expect(await builder.inspect(`${repository}:v1`)).toBeNull()
    })

    it('makes what is equal but for its labels, from the same; and another one from something else', async () => {
      const { builder } = world
      const contentOf = async (id: string) => (await builder.inspect(id))?.content
      const first = await build({ labels: { at: '1' } })
      const again = await build({ labels: { at: '2' } })
      await world.write('changed')
      const other = await build({ labels: { at: '1' } })
      expect(again).not.toBe(first)
      expect(await contentOf(again)).toBe(await contentOf(first))
      expect(await contentOf(other)).not.toBe(await contentOf(first))
    })

    it('says that it failed, and makes nothing', async () => {
      await world.break()
      await expect(build()).rejects.toMatchObject({ code: 'BUILD_FAILED', details: { image: world.wanted.image } })
    })

    it('does not begin what nobody wants any more', async () => {
      const signal = AbortSignal.abort(new Error('enough'))
      await expect(world.builder.build(world.wanted, { signal })).rejects.toThrow('enough')
    })
  })

  it('reads the Dockerfile, and whether something keeps files out', async () => {
    const { dockerfile, hasDockerignore } = await world.builder.sources(world.wanted)
    expect(dockerfile).toContain('FROM scratch')
    expect(hasDockerignore).toBe(true)
  })

  it('gives an image a name, which then is its', async () => {
    const { builder, repository } = world
    const first = await build()
    await builder.name(first, `${repository}:v1`)
    expect((await builder.inspect(`${repository}:v1`))?.configDigest).toBe(first)
    await world.write('changed')
    const second = await build()
    await builder.name(second, `${repository}:v1`)
    expect((await builder.inspect(`${repository}:v1`))?.configDigest).toBe(second)
  })

  it('pushes what the name stands for, and says the digest that the registry then has', async () => {
    const { builder, repository, digestOf } = world
    await builder.name(await build(), `${repository}:v1`)
    const digest = await builder.push(`${repository}:v1`, {})
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await digestOf('v1')).toBe(digest)
    await expect(builder.push(`${repository}:v2`, {})).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })
}
