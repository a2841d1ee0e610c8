// What whoever is asked for the version of a schema must do, whatever it is made of.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { SchemaQuestion, Schemas } from '../../src/ports/schemas.ts'

export type Tool = SchemaQuestion['tool']

export type SchemasWorld = {
  readonly schemas: Schemas
  /** The address of a new database in which nothing was ever migrated. */
  empty(): Promise<string>
  /** Brings it to a version, up or down, as the tool does. */
  migrate(address: string, tool: Tool, version: number): Promise<void>
  /** Leaves it as golang-migrate does when a migration fails on the way to this version. */
  spoil(address: string, version: number): Promise<void>
  /** Nobody listens there. */
  readonly away: string
  /** Somebody listens there, and never answers. */
  readonly silent: string
  /** As containers know it by name, and how this host finds it. */
  inside(address: string): { readonly address: string; readonly addressOf: SchemaQuestion['addressOf'] }
  close(): Promise<void>
}

const TOOLS: readonly Tool[] = ['golang-migrate', 'goose']

export function knowsSchemas(open: () => Promise<SchemasWorld>): void {
  let world: SchemasWorld
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world?.close())

  const ask = (address: string, changes: Partial<SchemaQuestion> = {}) =>
    world.schemas.version({
      tool: 'golang-migrate',
      url: new Secret(address),
      table: null,
      limitMs: 10_000,
      addressOf: async () => null,
      ...changes,
    })

  describe('the version of a schema', () => {
    it.each(TOOLS)('is what %s says, on the way up and back', async (tool) => {
      const address = await world.empty()
      expect(await ask(address, { tool })).toEqual({ version: 0, dirty: false })
      for (const version of [1, 3, 2]) {
        await world.migrate(address, tool, version)
        expect(await ask(address, { tool })).toEqual({ version, dirty: false })
      }
    })

    it('is dirty when golang-migrate stopped half-way', async () => {
      const address = await world.empty()
      await world.migrate(address, 'golang-migrate', 1)
      await world.spoil(address, 2)
      expect(await ask(address)).toEqual({ version: 2, dirty: true })
    })

    it('is found where only containers know the host by its name', async () => {
      const address = await world.empty()
      await world.migrate(address, 'golang-migrate', 2)
      const { address: inside, addressOf } = world.inside(address)
      expect(await ask(inside, { addressOf })).toEqual({ version: 2, dirty: false })
    })

    it('cannot be told where nobody listens, and no password is told either', async () => {
      const error: unknown = await ask(world.away).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).not.toContain(new URL(world.away).password)
    })

    it('is not waited for longer than it may take', async () => {
      await expect(ask(world.silent, { limitMs: 200 })).rejects.toThrow('no answer within 200ms')
    })

    it('is not waited for by who has called it off', async () => {
      const stopping = new AbortController()
      const reason = new Error('a rollback took over')
      const asking = ask(world.silent, { signal: stopping.signal })
      stopping.abort(reason)
      await expect(asking).rejects.toBe(reason)
      await expect(ask(world.silent, { signal: stopping.signal })).rejects.toBe(reason)
    })
  })
}
