// Kills a process of Astern at every one of its moments in every kind of operation; what must be true then stands in doubles/killing.ts.
import { describe, expect, it } from 'vitest'
import { PLAIN_TRIAL } from '../src/core/trial.ts'
import { climb } from '../src/operations/ladder.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { undo } from '../src/operations/undo.ts'
import { buildConfig, buildDefinition, buildProcess } from './builders.ts'
import { losesNothing, type Scenario, twoReleases } from './doubles/killing.ts'
import { alice, deployTag, rollBack } from './doubles/world.ts'

const shop = buildDefinition()
const {
  health: _health,
  secrets: _secrets,
  processes: _processes,
  ...withVolume
} = buildConfig({
  mounts: [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }],
})
const exclusive = buildDefinition({ process: withVolume, replicas: 1 })
const { health: _running, ...worker } = buildProcess('worker')
const COLD = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
const withWorker = buildDefinition({ processes: [{ ...worker, replicas: 2, standby: COLD }] })

const tried = buildDefinition({
  trial: {
    ...PLAIN_TRIAL,
    steps: [{ share: 500, forMs: 4_000, atMostMs: 8_000, manual: false }],
    bake: { forMs: 5_000, holdback: 100 },
  },
})

const scenarios: Record<string, Scenario> = {
  'a first deploy': {
    definition: shop,
    before: async () => {},
    act: (app, definition) => deployTag(app, definition, 'v1.0.0'),
    served: [1, null],
    mayPause: true,
  },
  'a deploy': {
    definition: shop,
    before: (app, definition) => deployTag(app, definition, 'v1.0.0'),
    act: (app, definition) => deployTag(app, definition, 'v1.1.0'),
    served: [1, 2],
    mayPause: false,
  },
  'a deploy that never gets healthy': {
    definition: shop,
    before: (app, definition) => deployTag(app, definition, 'v1.0.0'),
    act: (app, definition, world) => {
      world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
      return deployTag(app, definition, 'v1.1.0')
    },
    served: [1],
    mayPause: false,
  },
  'a deploy that stops first': {
    definition: exclusive,
    before: (app, definition) => deployTag(app, definition, 'v1.0.0'),
    act: (app, definition) => deployTag(app, definition, 'v1.1.0'),
    served: [1, 2],
    mayPause: true,
  },
  'a deploy with a worker': {
    definition: withWorker,
    before: (app, definition) => deployTag(app, definition, 'v1.0.0'),
    act: (app, definition) => deployTag(app, definition, 'v1.1.0'),
    served: [1, 2],
    mayPause: false,
  },
  'a rollback with a worker': {
    definition: withWorker,
    before: twoReleases,
    act: (app, definition) => rollBack(app, definition),
    served: [1, 2],
    mayPause: false,
  },
  'a warm rollback': {
    definition: shop,
    before: twoReleases,
    act: (app, definition) => rollBack(app, definition),
    served: [1, 2],
    mayPause: false,
  },
  'a rollback that moves traffic step by step': {
    definition: shop,
    before: twoReleases,
    act: (app, definition, world) => {
      world.mayMix = true
      return rollBack(app, definition, null, { rampMs: 5_000 })
    },
    served: [1, 2],
    mayPause: false,
  },
  'a rollback to a standby with too few replicas, the engine away': {
    definition: shop,
    before: async (app, definition) => {
      await twoReleases(app, definition)
      app.store.services.setLive(definition, { web: 4 })
    },
    act: async (app, definition, world) => {
      world.engine.state = 'down'
      try {
        return await rollBack(app, definition)
      } finally {
        world.engine.state = 'up'
      }
    },
    served: [1, 2],
    mayPause: false,
  },
  'a rollback to a retired release': {
    definition: buildDefinition({ standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 } }),
    before: async (app, definition) => {
      await twoReleases(app, definition)
      await climb(app, definition, { look: false })
    },
    act: (app, definition) => rollBack(app, definition),
    served: [1, 2],
    mayPause: false,
  },
  'a rollback that stops first': {
    definition: exclusive,
    before: twoReleases,
    act: (app, definition) => rollBack(app, definition),
    served: [1, 2],
    mayPause: true,
  },
  'an undo of a rollback, with a worker': {
    definition: withWorker,
    before: async (app, definition) => {
      await twoReleases(app, definition)
      await rollBack(app, definition)
      await climb(app, definition, { look: false })
    },
    act: (app, definition) => undo(app, definition, alice),
    served: [1, 2],
    mayPause: false,
  },
  'a deploy with a canary': {
    definition: tried,
    before: async (app, definition, world) => {
      await deployTag(app, definition, 'v1.0.0')
      world.users.perSecond = 200
    },
    act: (app, definition) => deployTag(app, definition, 'v1.1.0'),
    served: [1, 2],
    mayPause: false,
  },
  'a deploy whose canary fails': {
    definition: tried,
    before: async (app, definition, world) => {
      await deployTag(app, definition, 'v1.0.0')
      world.users.perSecond = 200
      world.users.failing.set(2, 1)
    },
    act: (app, definition) => deployTag(app, definition, 'v1.1.0'),
    served: [1],
    mayPause: false,
  },
  'the end of a bake': {
    definition: tried,
    before: async (app, definition, world) => {
      await twoReleases(app, definition)
      world.clock.pass(20_000)
    },
    act: (app) => doOverdue(app, { look: false }),
    served: [2],
    mayPause: false,
  },
  'a walk down the ladder': {
    definition: shop,
    before: async (app, definition, world) => {
      await twoReleases(app, definition)
      world.clock.pass(2 * 3_600_000)
    },
    act: (app, definition) => climb(app, definition, { look: true }),
    served: [2],
    mayPause: false,
  },
}

describe('a process that is killed at any moment', { timeout: 120_000 }, () => {
  it.each(Object.entries(scenarios))('loses nothing in %s', async (_, scenario) => {
    expect(await losesNothing(scenario)).toBeGreaterThan(5)
  })
})
