// Kills a process of Astern at every one of its moments, and looks at what is left. Invariants: somebody answers users at any time; the next process
// brings every operation to an end; state, file and proxy agree; the journal is whole.
import { describe, expect, it } from 'vitest'
import { climb } from '../src/operations/ladder.ts'
import type { App } from '../src/operations/app.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { undo } from '../src/operations/undo.ts'
import { buildConfig, buildDefinition, buildProcess } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'
import type { Definition } from '../src/core/model.ts'

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
const MAX_MOMENTS = 400

type Scenario = {
  readonly definition: Definition
  /** What stands when the process that dies begins. */
  readonly before: (app: App, definition: Definition, world: World) => Promise<unknown>
  readonly act: (app: App, definition: Definition, world: World) => Promise<unknown>
  /** Releases that may serve in the end. */
  readonly served: readonly (number | null)[]
  readonly mayPause: boolean
}

async function twoReleases(app: App, definition: Definition): Promise<void> {
  await deployTag(app, definition, 'v1.0.0')
  await deployTag(app, definition, 'v1.1.0')
}

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

/** Runs the scenario with a kill at one moment. Returns whether the process got that far. */
async function killAt(scenario: Scenario, moment: number): Promise<boolean> {
  const world = new World()
  const { definition } = scenario
  await scenario.before(world.process().app, definition, world)
  const serving = () => world.answering(definition)
  if (!scenario.mayPause)
    world.observer = ({ name, when }) => expect(serving(), `nobody answers ${when} ${name}`).not.toBeNull()
  const victim = world.process(moment)
  let reported: unknown = null
  try {
    reported = await scenario.act(victim.app, definition, world)
  } catch {
    // it died, or what it did failed
  }
  victim.kill()
  const reached = victim.moments.length > moment

  const heir = world.process().app
  const { left } = await doOverdue(heir, { look: true })
  await doOverdue(heir, { look: true })
  expect(left, 'overdue work is left').toEqual([])
  expect(heir.store.operations.unfinished(definition), 'operations without an end').toEqual([])
  const service = heir.store.services.get(definition)
  const active = service?.active ?? null
  expect(scenario.served).toContain(active)
  expect(service?.candidate ?? null).toBeNull()
  const wentBack = active !== null && heir.store.releases.get(definition, active)?.activeBy === 'rollback'
  expect(heir.store.holds.get(definition) !== null, 'held').toBe(wentBack)
  expect(serving(), 'who answers').toBe(active)
  if (service !== null) expect(world.file).toEqual(heir.store.replicas.wanted())
  if (service !== null) expect(world.proxy).toEqual(world.file)
  expect(world.working(definition), 'whose workers work').toEqual(
    active === null || definition.processes.length === 0 ? [] : [active],
  )
  expect(heir.store.journal.verify()).toBeGreaterThanOrEqual(0)
  const known = new Set(heir.store.replicas.of(definition).map(({ name }) => name))
  expect(
    [...world.engine.containers.values()].filter(({ spec }) => !known.has(spec.name)),
    'containers that nobody knows',
  ).toEqual([])
  if (reached || reported === null) return reached
  // The service can go on: a new release can be deployed over whatever was left.
  const next = await deployTag(heir, definition, 'v1.3.0')
  expect(next.answer.outcome).toBe('succeeded')
  return reached
}

describe('a process that is killed at any moment', { timeout: 120_000 }, () => {
  it.each(Object.entries(scenarios))('loses nothing in %s', async (_, scenario) => {
    let moment = 0
    while (
      await killAt(scenario, moment).catch((error: unknown) =>
        Promise.reject(Object.assign(error as Error, { message: `moment ${moment}: ${(error as Error).message}` })),
      )
    ) {
      moment++
      expect(moment).toBeLessThan(MAX_MOMENTS)
    }
    expect(moment).toBeGreaterThan(5)
  })
})
