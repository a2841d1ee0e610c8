// `--revert-database`: the schema goes back with the release. Beside what holds for every rollback: it is done once, only when asked, and whoever is left
// to serve is somebody who can.
import { describe, expect, it } from 'vitest'
import { fail } from '../src/core/errors.ts'
import { stepKey } from '../src/core/step-key.ts'
import type { App } from '../src/operations/app.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { planRollbackOf, rollback } from '../src/operations/rollback.ts'
import { buildDefinition, buildProcess } from './builders.ts'
import { losesNothing, type Scenario } from './doubles/killing.ts'
import { ADDRESS, bringing, letMigrate, released, schemaOf } from './doubles/migrating.ts'
import { alice, deployTag, Killed, rollBack, type World } from './doubles/world.ts'

const scope = { service: 'shop', environment: 'prod' }
const asked = { ...alice, to: null, force: new Set<never>(), revertDatabase: true as const }
const worker = { processes: [{ ...withoutHealth(), replicas: 1, standby: buildDefinition().standby }] }
const contract = (version: number, changes = {}) => bringing(version, { phase: 'contract' }, changes)

function withoutHealth() {
  const { health: _health, ...process } = buildProcess('worker')
  return process
}

function keysOf(app: App, transactionId: string | null): string[] {
  const events = app.store.journal.ofTransaction(transactionId!)
  return events.filter(({ status }) => status === 'succeeded').map(({ key }) => key)
}

/** Commands that took the schema back, with the version they were told. */
function reverts(world: World): string[] {
  return world.engine.started.filter((name) => name.startsWith('revert-'))
}

describe('a rollback that takes the schema back', () => {
  it('stops what cannot live with the old schema before, and starts what cannot live with the new one after', async () => {
    const { world, app } = await released(bringing(5, {}, worker), contract(7, worker))
    const plan = await planRollbackOf(app, scope, asked)
    expect(plan).toMatchObject({ outcome: 'plan', strategy: 'stop_first', because: [{ kind: 'schema' }], outage: {} })
    expect(plan.outcome === 'plan' && plan.steps.map(stepKey)).toEqual([
      'shift_traffic:nobody',
      'drain:r2',
      'demote:r2=stopped',
      'demote:r2/worker=stopped',
      'database_revert:5',
      'wake:r1',
      'health:r1',
      'shift_traffic:r1',
      'prove:r1',
      'wake:r1/worker',
      'health:r1/worker',
    ])
    const running: number[][] = []
    const migrate = world.engine.program
    world.engine.program = (argv, env) => {
      running.push([
        ...new Set(
          [...world.engine.containers.values()]
            .filter(({ level }) => level === 'running')
            .map(({ spec }) => spec.release),
        ),
      ])
      expect(env).toMatchObject({ ASTERN_SCHEMA_VERSION: '5', DATABASE_URL: ADDRESS })
      return migrate(argv, env)
    }
    const { answer } = await rollback(app, scope, asked)
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' }, strategy: 'stop_first' })
    // what stands by is idle, and is asked whether it is well before users come
    expect(running).toEqual([[1]])
    expect(schemaOf(world)).toBe(5)
    expect(app.store.schemas.seen(scope)).toMatchObject({ version: 5 })
    expect(reverts(world)).toHaveLength(1)
    await doOverdue(app, { look: false })
    expect(world.engine.oneOffs.size).toBe(0)
    expect(world.working(scope)).toEqual([1])
  })

  it('runs in the image that has the migrations', async () => {
    const { world, app } = await released(bringing(5), contract(7))
    await rollback(app, scope, asked)
    const container = [...world.engine.oneOffs.values()].find(({ spec }) => spec.name.startsWith('revert-'))
    expect(container?.spec).toMatchObject({
      configDigest: app.store.releases.get(scope, 2)?.configDigest,
      argv: ['/app', 'migrate', 'goto', '5'],
    })
  })

  it('moves users first to a release that can live with both, and touches the database when nobody else uses it', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    const nobody: string[] = []
    world.observer = ({ name, when }) => {
      if (world.answering(scope) === null) nobody.push(`${when} ${name}`)
    }
    const { answer } = await rollback(app, scope, asked)
    expect(answer).toMatchObject({ outcome: 'succeeded', strategy: 'start_first' })
    expect(nobody).toEqual([])
    expect(keysOf(app, answer.transaction_id).slice(-6)).toEqual([
      'shift_traffic:r1',
      'prove:r1',
      'drain:r2',
      'demote:r2=stopped',
      'database_revert:5',
      'outcome',
    ])
    expect(schemaOf(world)).toBe(5)
  })

  it('does nothing to a schema that is where it should be', async () => {
    const { world, app } = await released(bringing(5), bringing(5))
    const { answer } = await rollback(app, scope, asked)
    expect(answer.outcome).toBe('succeeded')
    expect(reverts(world)).toEqual([])
  })

  it('never happens when it was not asked for', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    await rollBack(app, scope)
    await doOverdue(app, { look: true })
    expect(reverts(world)).toEqual([])
    expect(schemaOf(world)).toBe(7)
  })

  it('makes way for what a contract had made impossible', async () => {
    const { app } = await released(bringing(5), contract(7))
    expect((await rollBack(app, scope)).answer.outcome).toBe('refused')
    expect((await rollback(app, scope, asked)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
  })

  it.each([
    ['nothing says how', contract(7, { database: { ...contract(7).database!, revert: null } }), null, 'NO_REVERT', 2],
    ['nothing is said of a database', buildDefinition(), null, 'NO_REVERT', 2],
    ['the database does not answer', contract(7), 'silent', 'SCHEMA', 3],
    ['it is dirty', contract(7), { version: 7, dirty: true }, 'SCHEMA', 3],
  ] as const)('is refused before anything moves when %s', async (_, definition, database, code, exit) => {
    const { world, app } = await released(bringing(5), definition)
    if (database !== null) world.databases.set(ADDRESS, database)
    const result = await rollback(app, scope, asked)
    expect(result).toMatchObject({ exit, answer: { outcome: 'refused', error: { code } } })
    expect(world.answering(scope)).toBe(2)
    expect(reverts(world)).toEqual([])
  })
})

describe('when it fails', () => {
  it('what served before serves again, and what is true of the schema is said', async () => {
    const { world, app } = await released(bringing(5, {}, worker), contract(7, worker))
    world.engine.program = () => ({ exitCode: 1, output: [{ stream: 'stderr', text: 'cannot drop hunter2secret' }] })
    const { answer, exit } = await rollback(app, scope, asked)
    expect({ exit, ...answer }).toMatchObject({ exit: 5, outcome: 'failed', error: { code: 'ROLLBACK_FAILED' } })
    expect(answer.error?.message).toMatch(/not taken back to version 5: it ended with exit code 1\.\n {2}cannot drop/)
    expect(answer.error?.message).toContain('r2')
    expect(world.answering(scope)).toBe(2)
    expect(world.working(scope)).toEqual([2])
    expect(schemaOf(world)).toBe(7)
    expect(app.store.services.get(scope)?.active).toBe(2)
  })

  it('after users were moved, they stay where they are', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    world.engine.program = () => ({ exitCode: 1 })
    const { answer, exit } = await rollback(app, scope, asked)
    expect({ exit, ...answer }).toMatchObject({ exit: 5, outcome: 'failed', hold: { release: 'r2' } })
    expect(world.answering(scope)).toBe(1)
    expect(app.store.services.get(scope)?.active).toBe(1)
  })

  it('is not believed to a program that ends well and has done something else', async () => {
    const { world, app } = await released(bringing(5), contract(7))
    world.engine.program = () => {
      world.databases.set(ADDRESS, { version: 6, dirty: false })
      return {}
    }
    const { answer } = await rollback(app, scope, asked)
    expect(answer.error?.message).toContain('its program ended well, and the schema is at version 6')
    expect(world.answering(scope)).toBe(2)
  })

  it('says that the schema went back when the old release does not start after that', async () => {
    const { world, app } = await released(bringing(5), contract(7))
    world.engine.behaviour = ({ spec }) => (spec.release === 1 ? { healthyAfterMs: null } : {})
    const { answer } = await rollback(app, scope, asked)
    expect(answer.error?.message).toContain('The schema of the database is at version 5 now.')
    expect(world.answering(scope)).toBe(2)
  })

  it('because the engine went away, it is not taken for something that will be done later', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    world.engine.addFault({ method: 'runOnce', error: fail('ENGINE_UNAVAILABLE', { endpoint: 'x', reason: 'gone' }) })
    const { answer } = await rollback(app, scope, asked)
    expect(answer).toMatchObject({ outcome: 'failed', error: { code: 'ROLLBACK_FAILED' } })
    expect(world.answering(scope)).toBe(1)
  })
})

describe('a process that dies in the middle of it', { timeout: 120_000 }, () => {
  const scenario = (last: typeof contract): Scenario => ({
    definition: bringing(7, { phase: last(7).database!.phase }),
    before: async (app, _definition, world) => {
      letMigrate(world)
      await deployTag(app, bringing(5), 'v1.0.0')
      await deployTag(app, last(7), 'v1.1.0')
    },
    act: (app) => rollback(app, scope, asked),
    served: [1, 2],
    mayPause: last === contract,
    afterwards: (world) => {
      expect(reverts(world).length, 'it was begun once at most').toBeLessThanOrEqual(1)
      expect(schemaOf(world)).toBe(world.answering(scope) === 1 ? 5 : 7)
    },
  })

  it.each([
    ['while nobody is served', contract],
    ['while the old release serves', bringing],
  ] as const)('%s loses nothing, and does nothing twice', async (_, last) => {
    expect(await losesNothing(scenario(last))).toBeGreaterThan(10)
  })

  it('and leaves nobody who knows, stops and asks a human', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    const victim = world.process()
    world.engine.program = () => {
      world.databases.set(ADDRESS, { version: 6, dirty: false })
      victim.kill()
      return { takesMs: 1_000 }
    }
    await expect(rollback(victim.app, scope, asked)).rejects.toThrow(Killed)
    world.engine.oneOffs.clear()
    world.engine.program = () => expect.unreachable('it is begun again')
    await doOverdue(app, { look: false })
    const stored = app.store.operations.list(1)[0]!
    const end = app.store.journal
      .ofTransaction(stored.transactionId)
      .find(({ key, status }) => key === 'database_revert:5' && status === 'failed')
    expect(end?.detail).toMatchObject({
      code: 'REVERT_UNKNOWN',
      reason: expect.stringContaining('the schema is at version 6'),
    })
    expect(world.answering(scope)).toBe(1)
  })
})
