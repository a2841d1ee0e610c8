// What carries images between two engines must do, whatever these are.
import { beforeAll, expect, it } from 'vitest'
import type { Engines } from '../../src/ports/engines.ts'

export type EnginesWorld = {
  readonly engines: Engines
  /** That image's name. */
  readonly reference: string
  /** Makes an image on the engine that has no name, and returns its ID. */
  make(): Promise<string>
  /** Another one, which has none of these images. */
  readonly to: string
  /** A name under which there is none. */
  readonly nowhere: string
}

export function carriesImages(open: () => Promise<EnginesWorld>): void {
  let world: EnginesWorld
  let id: string
  let reference: string
  beforeAll(async () => {
    world = await open()
    reference = world.reference
    id = await world.make()
  })

  it('finds an image by name and by ID, and none that is not there', async () => {
    const { engines, to } = world
    const found = { configDigest: id, sizeBytes: expect.any(Number) }
    expect([await engines.image(null, reference), await engines.image(null, id)]).toEqual([found, found])
    expect([await engines.image(to, reference), await engines.image(to, id)]).toEqual([null, null])
  })

  it('streams an image over without its name, and names it when it is told to', async () => {
    const { engines, to } = world
    const passed: number[] = []
    await engines.stream(id, { from: null, to }, (bytes) => passed.push(bytes))
    expect(passed.length).toBeGreaterThan(0)
    expect(passed).toEqual(passed.toSorted((one, other) => one - other))
    expect([(await engines.image(to, id))?.configDigest, await engines.image(to, reference)]).toEqual([id, null])
    await engines.tag(to, id, reference)
    expect((await engines.image(to, reference))?.configDigest).toBe(id)
    await engines.stream(id, { from: null, to }, () => {})
    await engines.tag(to, id, reference)
  })

  it('says which image is not there to be sent, or named', async () => {
    const { engines, to } = world
    const absent = `sha256:${'0'.repeat(64)}`
    const refused = { code: 'CARRY_FAILED', message: expect.stringMatching(/no such (?:image|file)/i) }
    await expect(engines.stream(absent, { from: null, to }, () => {})).rejects.toMatchObject(refused)
    await expect(engines.tag(to, absent, reference)).rejects.toMatchObject(refused)
  })

  it('says which engine does not answer', async () => {
    const { engines, nowhere } = world
    const away = { code: 'ENGINE_UNAVAILABLE', message: expect.stringContaining(nowhere) }
    await expect(engines.image(nowhere, reference)).rejects.toMatchObject(away)
    await expect(engines.stream(id, { from: null, to: nowhere }, () => {})).rejects.toMatchObject({ exit: 1 })
  })

  it('stops where its signal has aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const { engines, to } = world
    await expect(engines.image(to, reference, signal)).rejects.toThrow('enough')
    await expect(engines.stream(id, { from: null, to }, () => {}, signal)).rejects.toThrow('enough')
  })
}
