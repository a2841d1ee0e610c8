// The schema gate around deploys and rollbacks, with a database in memory and a real state: what is refused, what is only said, and what it costs.
import { describe, expect, it } from 'vitest'
import { PLAIN_TRIAL } from '../src/core/trial.ts'
import { createTakeoverWatch } from '../src/operations/takeover.ts'
import { actOn } from '../src/operations/autopilot.ts'
import { deploySet } from '../src/operations/deploy-set.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { deploy, planDeployOf } from '../src/operations/deploy.ts'
import { promote } from '../src/operations/promote.ts'
import { planRollbackOf, rollback } from '../src/operations/rollback.ts'
import { rollbackSet } from '../src/operations/rollback-set.ts'
import { undo } from '../src/operations/undo.ts'
import { buildDefinition } from './builders.ts'
import { ADDRESS, bringing, migratingWorld, released, schemaOf } from './doubles/migrating.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const scope = { service: 'shop', environment: 'prod' }
const contract = (version: number, changes: Parameters<typeof bringing>[2] = {}) =>
  bringing(version, { phase: 'contract' }, changes)
const asked = { ...alice, to: null, force: new Set<never>() }

describe('a deploy', () => {
  it('records what the release brings, what it needs, and what the schema was when it was healthy', async () => {
    const { app } = await released(bringing(5), bringing(7, { from: 6, to: 9, phase: 'migrate' }))
    expect(app.store.releases.get(scope, 2)?.config.migration).toEqual({
      tool: 'golang-migrate',
      version: 7,
      from: 6,
      to: 9,
      phase: 'migrate',
    })
    expect(app.store.schemas.seen(scope)).toMatchObject({ version: 7, dirty: false })
    expect(app.store.schemas.broughtBy(scope, 1)).toBe(5)
  })

  it('looks once more when everything that migrates has run, and before the first user is moved', async () => {
    const { app } = await released(bringing(5), bringing(7))
    const events = app.store.journal.ofTransaction(app.store.operations.list(1)[0]!.transactionId)
    const keys = events.filter(({ status }) => status === 'succeeded').map(({ key }) => key)
    expect(keys).toEqual(
      expect.arrayContaining(['hook:release', 'wake:r2', 'health:r2', 'schema:r2', 'shift_traffic:r2']),
    )
    expect(keys.indexOf('schema:r2')).toBeGreaterThan(keys.indexOf('health:r2'))
    expect(keys.indexOf('schema:r2')).toBeLessThan(keys.indexOf('shift_traffic:r2'))
    expect(events.find(({ key, status }) => key === 'schema:r2' && status === 'succeeded')?.detail).toEqual({
      asked: true,
      version: 7,
      dirty: false,
    })
  })

  it('is refused before anything moves when the schema is dirty', async () => {
    const { world, app } = await released(bringing(5))
    world.databases.set(ADDRESS, { version: 6, dirty: true })
    const containers = world.engine.containers.size
    const started = world.engine.started.length
    const { answer, exit } = await deployTag(app, bringing(7), 'v1.1.0')
    expect({ exit, ...answer }).toMatchObject({ exit: 3, outcome: 'refused', error: { code: 'SCHEMA' } })
    expect(answer.error?.message).toContain('its schema is dirty: migration 6 stopped half-way')
    expect(world.engine.containers.size).toBe(containers)
    expect(world.engine.started).toHaveLength(started)
    expect((await deployTag(app, bringing(7), 'v1.1.0', ['schema'])).answer.outcome).toBe('succeeded')
  })

  it('of what is older than a contract that ran is refused, and may be forced', async () => {
    const { app } = await released(bringing(5), contract(7))
    const older = bringing(5, {}, { replicas: 3 })
    const { answer } = await deployTag(app, older, 'v1.2.0')
    expect(answer).toMatchObject({ outcome: 'refused', error: { code: 'SCHEMA' } })
    const forced = await deployTag(app, older, 'v1.2.0', ['schema'])
    expect(forced.answer).toMatchObject({ outcome: 'succeeded', warnings: [expect.stringMatching(/--force=schema/)] })
  })

  it('fails before users are moved when its migrations did not run', async () => {
    const { world, app } = await released(bringing(5))
    world.engine.program = () => ({})
    const { answer, exit } = await deployTag(app, bringing(7), 'v1.1.0')
    expect({ exit, ...answer }).toMatchObject({ exit: 4, outcome: 'failed', error: { code: 'DEPLOY_FAILED' } })
    expect(answer.error?.message).toContain('its schema is at version 5, and r2 needs 7 at least')
    expect(world.answering(scope)).toBe(1)
  })

  it('says beforehand that there is no way back from a contract without taking the schema back', async () => {
    const { app } = await released(bringing(5))
    const planned = await planDeployOf(app, contract(7), { ...alice, tag: 'v1.1.0', force: new Set() })
    expect(planned?.decision).toMatchObject({
      outcome: 'plan',
      warnings: [expect.stringMatching(/r2 is a contract: once its migrations ran, r1 cannot be gone back to/)],
    })
    expect(app.store.operations.list(9)).toHaveLength(1)
  })

  it('goes on, and says so, when the database does not answer', async () => {
    const { world, app } = await released(bringing(5))
    world.databases.set(ADDRESS, 'silent')
    world.engine.program = () => ({})
    const { answer } = await deployTag(app, bringing(7), 'v1.1.0')
    expect(answer).toMatchObject({
      outcome: 'succeeded',
      warnings: [expect.stringMatching(/could not be asked \(no answer within 5s\).*: 5$/)],
    })
    expect(JSON.stringify(app.store.journal.ofTransaction(answer.transaction_id!))).not.toContain('hunter2')
  })

  it('asks a database that only containers know by its name', async () => {
    const world = migratingWorld()
    const { app } = world.process()
    const inside = 'postgres://shop@postgres/shop'
    world.databases.set('postgres://shop@172.30.0.2/shop', { version: 5, dirty: false })
    world.engine.userNetworks.add('shop_default')
    world.engine.neighbours.set('shop_default/postgres', '172.30.0.2')
    const definition = bringing(5)
    const process = { ...definition.process, env: { DATABASE_URL: inside }, container: { networks: ['shop_default'] } }
    for (const tag of ['v1.0.0', 'v1.1.0']) {
      expect((await deployTag(app, { ...definition, process }, tag)).answer.outcome).toBe('succeeded')
    }
    expect(app.store.schemas.seen(scope)).toMatchObject({ version: 5 })
    // a rollback knows where it was, and asks the engine only when it is there no more
    world.engine.state = 'down'
    expect((await rollBack(app, scope)).answer).toMatchObject({ outcome: 'succeeded', warnings: [] })
    world.engine.state = 'up'
    world.databases.clear()
    world.databases.set('postgres://shop@172.30.0.9/shop', { version: 6, dirty: false })
    world.engine.neighbours.set('shop_default/postgres', '172.30.0.9')
    await rollBack(app, scope, 'r2')
    expect(app.store.schemas.seen(scope)).toMatchObject({ version: 6 })
  })

  it('takes the address of its database from a secret, and shows it to nobody', async () => {
    const world = migratingWorld()
    const { app } = world.process()
    world.secrets.set('DATABASE_URL', ADDRESS)
    const secrets = [{ name: 'DATABASE_URL', source: { kind: 'file', path: '/u' }, onRollback: 'restore' }] as const
    const definition = bringing(5, {}, { secrets, process: buildDefinition().process })
    const { answer } = await deployTag(app, definition, 'v1.0.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', warnings: [] })
    expect(app.store.schemas.seen(scope)).toMatchObject({ version: 5 })
    expect(JSON.stringify(app.store.journal.ofTransaction(answer.transaction_id!))).not.toContain('hunter2')
  })

  it('learns what a release brings where nobody has said so', async () => {
    const { world, app } = await released(bringing(5, { version: null }), contract(7))
    expect(app.store.schemas.broughtBy(scope, 1)).toBe(5)
    expect((await rollBack(app, scope)).answer).toMatchObject({ outcome: 'refused', error: { code: 'SCHEMA' } })
    expect(world.answering(scope)).toBe(2)
  })

  it('of an older image goes by what that image says of itself', async () => {
    const { world, app } = await released(bringing(5), contract(7))
    const image = world.addImage('v0.9.0', 9)
    world.engine.addImage({ ...image, migration: { version: '5' } })
    const { answer } = await deployTag(app, contract(7), 'v0.9.0')
    expect(answer).toMatchObject({ outcome: 'refused', error: { code: 'SCHEMA' } })
  })

  it('of a service without a database asks nobody', async () => {
    const world = new World()
    const { app, moments } = world.process()
    await deployTag(app, buildDefinition(), 'v1.0.0')
    await deployTag(app, buildDefinition(), 'v1.1.0')
    await rollBack(app, scope)
    expect(moments.map(({ name }) => name)).not.toContain('schemas.version')
    expect(app.store.releases.get(scope, 2)?.config).not.toHaveProperty('migration')
  })
})

describe('a program that prints the version', () => {
  const printing = (version: number, changes = {}) =>
    bringing(version, { tool: 'command', print: ['/app', 'migrate', 'version'], ...changes })

  it('is run in an image of the service, and leaves nothing', async () => {
    const { world, app } = await released(printing(5), printing(7, { phase: 'contract' }))
    expect(app.store.schemas.seen(scope)).toMatchObject({ version: 7 })
    expect(app.store.oneOffs.of(scope).filter(({ name }) => name.startsWith('schema-'))).toEqual([])
    expect([...world.engine.oneOffs.keys()].filter((name) => name.includes('schema-'))).toEqual([])
  })

  it('is not waited for by a rollback: what it said last counts', async () => {
    const { world, app } = await released(printing(5), printing(7, { phase: 'contract' }))
    const before = world.engine.started.length
    world.engine.state = 'down'
    const { answer } = await rollBack(app, scope)
    expect(answer).toMatchObject({ outcome: 'refused', error: { code: 'SCHEMA' }, warnings: [] })
    expect(world.engine.started).toHaveLength(before)
  })

  it.each([
    [{ exitCode: 1, output: [{ stream: 'stderr' as const, text: 'connection refused hunter2secret' }] }, /exit code 1/],
    [{ output: [{ stream: 'stdout' as const, text: 'none' }] }, /prints no version: none/],
  ])('that fails stops nobody', async (program, reason) => {
    const { world, app } = await released(printing(5))
    world.engine.program = (argv) => (argv.includes('version') ? program : {})
    const { answer } = await deployTag(app, printing(5, { phase: 'migrate' }), 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', warnings: [expect.stringMatching(reason)] })
  })
})

describe('a rollback', () => {
  it('over a schema that only grew is what it always was', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    const { answer } = await rollBack(app, scope)
    expect(answer).toMatchObject({ outcome: 'succeeded', rung: 'warm', to: { release: 'r1' }, warnings: [] })
    expect(schemaOf(world)).toBe(7)
  })

  it('over a contract is refused, names who could serve, and changes nothing', async () => {
    const { world, app } = await released(bringing(5, { to: 9 }), bringing(5), contract(7))
    const before = structuredClone([...world.engine.containers.values()].map(({ spec, level }) => [spec.name, level]))
    const { answer, exit } = await rollBack(app, scope)
    expect({ exit, ...answer }).toMatchObject({ exit: 3, outcome: 'refused', error: { code: 'SCHEMA' }, hold: null })
    expect(answer.error?.message).toMatch(/r2 v1\.1\.0 cannot work with the database: a contract migration of r3/)
    expect(answer.error?.message).toContain('r1 can: astern rollback --to r1')
    expect([...world.engine.containers.values()].map(({ spec, level }) => [spec.name, level])).toEqual(before)
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it('may be forced', async () => {
    const { app } = await released(bringing(5), contract(7))
    const { answer } = await rollback(app, scope, { ...asked, force: new Set(['schema'] as const) })
    expect(answer).toMatchObject({ outcome: 'succeeded', warnings: [expect.stringMatching(/^--force=schema/)] })
  })

  it('hears of what somebody did to the database by hand since', async () => {
    const { world, app } = await released(bringing(5, { to: 7 }), bringing(7))
    world.databases.set(ADDRESS, { version: 8, dirty: false })
    const { answer } = await rollBack(app, scope)
    expect(answer.error?.message).toContain('its schema is at version 8, and r1 can live with 7 at most')
    world.databases.set(ADDRESS, { version: 7, dirty: false })
    expect((await rollBack(app, scope)).answer.outcome).toBe('succeeded')
  })

  it('is not stopped, and hardly held up, by a database that does not answer', async () => {
    const { world, app } = await released(bringing(5), bringing(7))
    world.databases.set(ADDRESS, 'silent')
    const before = world.clock.now()
    const { answer } = await rollBack(app, scope)
    expect(answer).toMatchObject({
      outcome: 'succeeded',
      warnings: [expect.stringMatching(/could not be asked \(no answer within 500ms\).*: 7$/)],
    })
    expect(world.clock.now() - before).toBeLessThan(1_000)
  })

  it('that cannot ask goes by what was seen last', async () => {
    const { world, app } = await released(bringing(5), contract(7))
    world.databases.delete(ADDRESS)
    expect((await rollBack(app, scope)).answer).toMatchObject({ outcome: 'refused', error: { code: 'SCHEMA' } })
  })

  it('warns of a release that migrates when it starts', async () => {
    const atBoot = (version: number) => bringing(version, {}, { hooks: [] })
    const world = migratingWorld()
    const { app } = world.process()
    for (const version of [5, 7]) {
      world.databases.set(ADDRESS, { version, dirty: false })
      await deployTag(app, atBoot(version), version === 5 ? 'v1.0.0' : 'v1.1.0')
    }
    const { answer } = await rollBack(app, scope)
    expect(answer).toMatchObject({
      outcome: 'succeeded',
      warnings: [expect.stringMatching(/works while it is warm, but a later restart of it fails/)],
    })
  })

  it('starts a cold target against the schema as it is, and moves users when it is well', async () => {
    const cold = { standby: { ...buildDefinition().standby, warm: 0, frozen: 0 } }
    const { world, app } = await released(bringing(5, {}, cold), bringing(7, {}, cold))
    await doOverdue(app, { look: false })
    expect(await planRollbackOf(app, scope, asked)).toMatchObject({ rung: 'cold' })
    world.engine.behaviour = ({ spec }) => (spec.release === 1 ? { healthyAfterMs: null } : {})
    const { answer } = await rollBack(app, scope)
    expect(answer).toMatchObject({ outcome: 'failed', error: { code: 'ROLLBACK_FAILED' } })
    expect(world.answering(scope)).toBe(2)
  })

  it('takes a candidate away although what serves beside it does not like its schema', async () => {
    const policy = { ...PLAIN_TRIAL, steps: [{ share: 500, forMs: 10_000, atMostMs: 30_000, manual: true }] }
    const { world, app } = await released(bringing(5))
    const taken = Promise.withResolvers<Awaited<ReturnType<typeof rollBack>>>()
    world.interlude = async () => {
      if (app.store.trials.open(scope) === null) return
      world.interlude = async () => {}
      taken.resolve(rollBack(world.process().app, scope))
    }
    await deployTag(app, contract(7, { trial: policy }), 'v1.1.0')
    expect(await taken.promise).toMatchObject({
      answer: { outcome: 'succeeded', to: { release: 'r1' }, warnings: [expect.stringMatching(/^a contract/)] },
    })
  })

  it('and back again asks as well', async () => {
    const { world, app } = await released(bringing(5), bringing(7, { to: 8 }))
    await rollBack(app, scope)
    world.databases.set(ADDRESS, { version: 9, dirty: false })
    const refused = await undo(app, scope, alice)
    expect(refused).toMatchObject({ exit: 3, answer: { outcome: 'refused', error: { code: 'SCHEMA' } } })
    const forced = await undo(app, scope, { ...alice, force: new Set(['schema']) })
    expect(forced.answer).toMatchObject({ outcome: 'succeeded', warnings: [expect.stringMatching(/--force=schema/)] })
  })
})

describe('what goes back by itself', () => {
  it('stops, holds and says so once, where the schema forbids it', async () => {
    const bake = { ...PLAIN_TRIAL, bake: { forMs: 60_000, holdback: 0 } }
    const { app } = await released(bringing(5), contract(7, { trial: bake }))
    const trial = app.store.trials.open(scope)!
    app.store.transaction(() => app.store.trials.judge(trial.transactionId, 'fail', 'failures', 'it fails'))
    const findings = { verdict: 'fail', rule: 'failures', sentence: 'it fails' }
    const look = { trial: app.store.trials.get(trial.transactionId)!, findings } as Parameters<typeof actOn>[1]
    expect(await actOn(app, look)).toMatchObject({ did: 'failed', reason: expect.stringMatching(/contract/) })
    expect(await actOn(app, look)).toBeNull()
    expect(app.store.services.get(scope)?.active).toBe(2)
    expect(app.store.holds.get(scope)).toMatchObject({
      by: 'autopilot',
      reason: expect.stringMatching(/r2 is bad \(it fails\) and serves on: .*contract/),
    })
    const told = app.store.journal.ofTransaction(trial.transactionId).filter(({ step }) => step === 'autopilot')
    expect(told).toMatchObject([{ level: 'error', detail: { needs: 'a human' } }])
    const ci = { actor: { name: 'ci', automated: true }, reason: null }
    const next = await deploy(app, bringing(7), { ...ci, tag: 'v1.2.0', force: new Set() })
    expect(next.answer).toMatchObject({ outcome: 'refused', error: { code: 'HELD' } })
  })

  it('is never a stand-in that the schema speaks against', async () => {
    const { app } = await released(bringing(5), bringing(7))
    expect(app.store.replicas.wanted().backends[0]).toMatchObject({ standIn: 1 })
    const { app: other } = await released(bringing(5), contract(7))
    expect(other.store.replicas.wanted().backends[0]).toMatchObject({ standIn: null })
  })

  it('is a stand-in no more once a rollback has heard of the schema, and again when that is right', async () => {
    const { world, app } = await released(bringing(5, { to: 7 }), bringing(7))
    world.databases.set(ADDRESS, { version: 8, dirty: false })
    await rollBack(app, scope)
    expect(world.proxy?.backends[0]).toMatchObject({ standIn: null })
    world.databases.set(ADDRESS, { version: 7, dirty: false })
    expect((await rollBack(app, scope, 'r2')).answer.outcome).toBe('noop')
    expect(world.proxy?.backends[0]).toMatchObject({ standIn: 1 })
  })

  it('says once that a takeover cannot be written down', async () => {
    const { world, app } = await released(bringing(5, { to: 7 }), bringing(7))
    for (const container of world.engine.containers.values())
      if (container.spec.release === 2) world.engine.stop(container)
    world.databases.set(ADDRESS, { version: 8, dirty: false })
    const watch = createTakeoverWatch(app)
    const acted = []
    for (let looks = 0; looks < 5; looks++) {
      acted.push(...(await watch.look((where, reason) => expect.unreachable(`${where}: ${reason}`))))
      await app.clock.sleep(1_000)
    }
    expect(acted).toMatchObject([{ did: 'failed', reason: expect.stringMatching(/at most/) }])
  })
})

describe('a staged release', () => {
  it('is looked at again when it is promoted, unless somebody took that upon himself', async () => {
    const stage = { ...alice, tag: 'v1.1.0', manner: 'stage' as const }
    const { world, app } = await released(bringing(5))
    await deploy(app, bringing(7, { to: 8 }), { ...stage, force: new Set() })
    world.databases.set(ADDRESS, { version: 9, dirty: false })
    expect((await promote(app, scope, { ...alice, full: true })).answer.error?.message).toContain('8 at most')
    expect(world.answering(scope)).toBe(1)
    await deploy(app, bringing(7, { to: 8 }), { ...stage, force: new Set(['schema', 'quarantine']) })
    expect((await promote(app, scope, { ...alice, full: true })).answer.outcome).toBe('succeeded')
  })
})

describe('several services as one', () => {
  const other = (definition: ReturnType<typeof bringing>) => ({
    ...definition,
    service: 'orders',
    listen: '127.0.0.1:18081',
  })

  it('stay where they are when the schema of one speaks against it', async () => {
    const world = migratingWorld()
    const { app } = world.process()
    const definitions = (last: ReturnType<typeof bringing>) => [buildDefinition(), other(last)]
    for (const [index, last] of [bringing(5), contract(7)].entries()) {
      const members = definitions(last).map((definition) => ({ definition, tag: `v1.${index}.0` }))
      await deploySet(app, members, { ...alice, force: new Set() })
    }
    const scopes = [scope, { service: 'orders', environment: 'prod' }]
    await expect(rollbackSet(app, scopes, { ...alice, force: new Set() })).rejects.toMatchObject({ code: 'SCHEMA' })
    expect(scopes.map((one) => world.answering(one))).toEqual([2, 2])
    const forced = await rollbackSet(app, scopes, { ...alice, force: new Set(['schema']) })
    expect(forced.answers.map(({ answer }) => answer.outcome)).toEqual(['succeeded', 'succeeded'])
  })
})
