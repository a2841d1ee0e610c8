// Kills a process of Astern at every one of its moments in operations with hooks. Beside what holds for all of them: no hook is begun twice, and none
// that belongs to what happened is lost.
import { describe, expect, it } from 'vitest'
import type { Hook, HookName } from '../src/core/model.ts'
import { buildDefinition } from './builders.ts'
import { losesNothing, type Scenario, twoReleases } from './doubles/killing.ts'
import { deployTag, rollBack } from './doubles/world.ts'

const shop = buildDefinition()
const inImage = (name: HookName): Hook => ({
  name,
  place: 1,
  action: { kind: 'run', argv: ['/app', name] },
  timeoutMs: 60_000,
  required: name === 'release',
})
const withHooks = buildDefinition({ hooks: [inImage('release'), inImage('after_deploy'), inImage('after_rollback')] })

const scenarios: Record<string, Scenario> = {
  'a deploy with hooks': {
    definition: withHooks,
    before: (app) => deployTag(app, shop, 'v1.0.0'),
    act: (app, definition, world) => {
      world.engine.program = () => ({ takesMs: 5_000 })
      return deployTag(app, definition, 'v1.1.0')
    },
    served: [1, 2],
    mayPause: false,
    afterwards: (world) => {
      const runs = Map.groupBy(world.engine.started, (name) => name.replace(/-[0-9a-f]+$/, ''))
      // The last deploy of every scenario runs it as well, under a name of its own.
      expect(new Set(world.engine.started).size, 'each was begun once').toBe(world.engine.started.length)
      if (world.answering(shop) === 2) expect(runs.get('hook-release')).toHaveLength(1)
    },
  },
  'a deploy with a release hook that fails': {
    definition: withHooks,
    before: (app) => deployTag(app, shop, 'v1.0.0'),
    act: (app, definition, world) => {
      world.engine.program = () => ({ takesMs: 5_000, exitCode: 1 })
      return deployTag(app, definition, 'v1.1.0')
    },
    served: [1],
    mayPause: false,
    afterwards: (world) => {
      expect(world.engine.started.length).toBeLessThanOrEqual(1)
      world.engine.program = () => ({})
    },
  },
  'a rollback with a hook': {
    definition: withHooks,
    before: twoReleases,
    act: (app, definition, world) => {
      world.engine.started.length = 0
      world.engine.program = () => ({ takesMs: 5_000 })
      return rollBack(app, definition)
    },
    served: [1, 2],
    mayPause: false,
    afterwards: (world) => expect(world.engine.started).toHaveLength(world.answering(shop) === 1 ? 1 : 0),
  },
}

describe('a process that is killed at any moment', { timeout: 120_000 }, () => {
  it.each(Object.entries(scenarios))('loses no hook in %s', async (_, scenario) => {
    expect(await losesNothing(scenario)).toBeGreaterThan(5)
  })
})
