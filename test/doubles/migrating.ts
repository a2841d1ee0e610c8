// A shop whose releases migrate a database in memory: by a hook `migrate up N`, and back by `migrate goto N`.
import type { DatabaseDefinition } from '../../src/core/migration.ts'
import type { Definition, Hook } from '../../src/core/model.ts'
import { buildDefinition } from '../builders.ts'
import { deployTag, World } from './world.ts'

export const ADDRESS = 'postgres://shop:hunter2secret@db.example.com/shop'
const shop = buildDefinition()

/** A definition whose releases bring this version of the schema. */
export function bringing(
  version: number,
  database: Partial<DatabaseDefinition> = {},
  changes: Partial<Definition> = {},
): Definition {
  const up: Hook = {
    name: 'release',
    place: 1,
    action: { kind: 'run', argv: ['/app', 'migrate', 'up', String(version)] },
    timeoutMs: 60_000,
    required: true,
  }
  return {
    ...shop,
    process: { ...shop.process, env: { DATABASE_URL: ADDRESS } },
    hooks: [up],
    database: {
      tool: 'golang-migrate',
      version,
      from: null,
      to: null,
      phase: 'expand',
      url: 'DATABASE_URL',
      table: null,
      print: null,
      revert: ['/app', 'migrate', 'goto', '{version}'],
      revertTimeoutMs: 60_000,
      ...database,
    },
    ...changes,
  }
}

export function migratingWorld(): World {
  const world = new World()
  letMigrate(world)
  return world
}

/** Its programs migrate. */
export function letMigrate(world: World): void {
  world.databases.set(ADDRESS, { version: 0, dirty: false })
  world.engine.program = (argv) => {
    const [, verb, direction, version] = argv
    if (verb !== 'migrate') return {}
    if (direction === 'version') return { output: [{ stream: 'stdout', text: `schema ${schemaOf(world)}` }] }
    const before = schemaOf(world)
    const to = direction === 'up' ? Math.max(before, Number(version)) : Number(version)
    world.databases.set(ADDRESS, { version: to, dirty: false })
    return {}
  }
}

export function schemaOf(world: World): number {
  const found = world.databases.get(ADDRESS)
  return typeof found === 'object' ? found.version : Number.NaN
}

/** r1, r2 … in this order; the last one serves. */
export async function released(...definitions: readonly Definition[]) {
  const world = migratingWorld()
  const { app } = world.process()
  for (const [index, definition] of definitions.entries()) {
    const { answer } = await deployTag(app, definition, `v1.${index}.0`)
    if (answer.outcome !== 'succeeded') throw new Error(answer.error?.message ?? answer.outcome)
  }
  return { world, app }
}
