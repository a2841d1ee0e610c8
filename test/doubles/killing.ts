// Kills a process of Astern at every one of its moments, and looks at what is left. Invariants: somebody answers users at any time; the next process
// brings every operation to an end; state, file and proxy agree; the journal is whole.
import { expect } from 'vitest'
import type { Definition } from '../../src/core/model.ts'
import type { App } from '../../src/operations/app.ts'
import { doOverdue } from '../../src/operations/overdue.ts'
import { turnsAt } from '../../src/operations/turns.ts'
import { deployTag, World } from './world.ts'

const MAX_MOMENTS = 400

export type Scenario = {
  readonly definition: Definition
  /** What stands when the process that dies begins. */
  readonly before: (app: App, definition: Definition, world: World) => Promise<unknown>
  readonly act: (app: App, definition: Definition, world: World) => Promise<unknown>
  /** Releases that may serve in the end. */
  readonly served: readonly (number | null)[]
  readonly mayPause: boolean
  /** What else must be true when the next process has done what was overdue. */
  readonly afterwards?: (world: World) => void
}

export async function twoReleases(app: App, definition: Definition): Promise<void> {
  await deployTag(app, definition, 'v1.0.0')
  await deployTag(app, definition, 'v1.1.0')
}

/** Runs the scenario with a kill at one moment. Returns whether the process got that far. */
async function killAt(scenario: Scenario, moment: number): Promise<boolean> {
  const world = new World()
  const { definition } = scenario
  const victim = world.process()
  await scenario.before(victim.app, definition, world)
  const serving = () => world.answering(definition)
  if (!scenario.mayPause)
    world.observer = ({ name, when }) => expect(serving(), `nobody answers ${when} ${name}`).not.toBeNull()
  const reached = victim.dieIn(moment)
  let reported: unknown = null
  try {
    reported = await scenario.act(victim.app, definition, world)
  } catch {
    // it died, or what it did failed
  }
  victim.kill()

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
  const kept = [...new Set(heir.store.replicas.of(definition).map(({ release }) => release))]
  expect(world.roles(definition), 'what containers are told').toEqual(
    Object.fromEntries(kept.map((release) => [`r${release}`, release === active ? 'active' : 'standby'])),
  )
  expect(heir.store.journal.verify()).toBeGreaterThanOrEqual(0)
  const [told] = turnsAt(heir, [definition], world.clock.now()).filter(({ role }) => role === 'active')
  expect(told?.release ?? null, 'who serves by the journal').toBe(active)
  const known = new Set(heir.store.replicas.of(definition).map(({ name }) => name))
  expect(
    [...world.engine.containers.values()].filter(({ spec }) => !known.has(spec.name)),
    'containers that nobody knows',
  ).toEqual([])
  scenario.afterwards?.(world)
  expect(world.engine.oneOffs.size, 'containers of commands').toBe(0)
  if (reached() || reported === null) return reached()
  // The service can go on: a new release can be deployed over whatever was left.
  const next = await deployTag(heir, definition, 'v1.3.0')
  expect(next.answer.outcome).toBe('succeeded')
  return reached()
}

/** Returns at how many moments it was killed. */
export async function losesNothing(scenario: Scenario): Promise<number> {
  let moment = 0
  while (
    await killAt(scenario, moment).catch((error: unknown) =>
      Promise.reject(Object.assign(error as Error, { message: `moment ${moment}: ${(error as Error).message}` })),
    )
  ) {
    moment++
    expect(moment).toBeLessThan(MAX_MOMENTS)
  }
  return moment
}
