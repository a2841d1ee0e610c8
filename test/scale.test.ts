// Other numbers of replicas, on a whole world in memory and a real state: nothing is lost on the way up, nobody is cut on the way down, and a rollback
// keeps the number.
import { describe, expect, it } from 'vitest'
import { createConsole, given } from './doubles/console.ts'
import { run } from '../src/cli/scale.ts'
import { fail } from '../src/core/errors.ts'
import type { Definition } from '../src/core/model.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { planRollbackOf } from '../src/operations/rollback.ts'
import { planScaleOf, scale } from '../src/operations/scale.ts'
import type { App } from '../src/operations/app.ts'
import { buildDefinition, buildProcess } from './builders.ts'
import { alice, deployTag, Killed, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition()
const scope = { service: 'shop', environment: 'prod' }
const HOUR_MS = 3_600_000
const { health: _running, ...worker } = buildProcess('worker')
const COLD = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
const withWorker = buildDefinition({ processes: [{ ...worker, replicas: 1, standby: COLD }] })

async function deployed(definition: Definition = shop, tags = ['v1.0.0', 'v1.1.0']) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) {
    expect((await deployTag(app, definition, tag)).answer).toMatchObject({ outcome: 'succeeded' })
    await doOverdue(app, { look: false })
  }
  return { world, app }
}

const scaleTo = (app: App, live: Record<string, number>) => scale(app, scope, { ...alice, live })

function serving(world: World): string[] {
  const servers = world.proxy?.backends[0]?.servers ?? []
  return servers.filter(({ weight, mode }) => weight > 0 && mode === 'ready').map(({ name }) => name)
}

function running(world: World): string[] {
  const containers = [...world.engine.containers.values()].filter(({ level }) => level === 'running')
  return containers.map(({ spec }) => spec.name).sort()
}

describe('scale', () => {
  it('gives new replicas traffic once they are healthy, and warm standbys as many', async () => {
    const { world, app } = await deployed()
    world.observer = ({ name, when }) => expect(world.answering(shop), `nobody answers ${when} ${name}`).toBe(2)
    const { answer, exit } = await scaleTo(app, { web: 4 })
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      operation: 'scale',
      outcome: 'succeeded',
      release: { release: 'r2' },
      before: { web: 2 },
      live: { web: 4 },
      warnings: [],
      error: null,
    })
    expect(serving(world)).toEqual(['r2-1', 'r2-2', 'r2-3', 'r2-4'])
    expect(running(world)).toEqual(['r1-1', 'r1-2', 'r1-3', 'r1-4', 'r2-1', 'r2-2', 'r2-3', 'r2-4'])
    expect(await planRollbackOf(app, scope, { ...alice, to: null, force: new Set() })).toMatchObject({ rung: 'warm' })
    world.observer = () => {}
    world.engine.calls.length = 0
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
    expect(serving(world)).toEqual(['r1-1', 'r1-2', 'r1-3', 'r1-4'])
    expect(world.engine.calls).toEqual([])
  })

  it('is journalled as an operation with its steps', async () => {
    const { app } = await deployed()
    const { answer } = await scaleTo(app, { web: 3 })
    const events = app.store.journal.ofTransaction(answer.transaction_id!)
    expect(events.filter(({ status }) => status === 'succeeded').map(({ key }) => key)).toEqual([
      'plan',
      'wake:r2',
      'health:r2',
      'live',
      'outcome',
    ])
    expect(new Set(events.map(({ operation }) => operation))).toEqual(new Set(['scale']))
    expect(app.store.leases.holder(scope, app.clock.now())).toBeNull()
  })

  it('drains what is too many, then removes it, of the standbys too', async () => {
    const { world, app } = await deployed(buildDefinition({ replicas: 3 }))
    const { answer } = await scaleTo(app, { web: 1 })
    expect(answer).toMatchObject({ outcome: 'succeeded', before: { web: 3 }, live: { web: 1 } })
    const keys = app.store.journal.ofTransaction(answer.transaction_id!).map(({ key }) => key)
    expect(keys.indexOf('drain:r2')).toBeGreaterThan(keys.indexOf('live'))
    expect(keys.indexOf('demote:r2=absent')).toBeGreaterThan(keys.indexOf('drain:r2'))
    expect(serving(world)).toEqual(['r2-1'])
    expect(running(world)).toEqual(['r1-1', 'r2-1'])
  })

  it('moves several processes at once', async () => {
    const { world, app } = await deployed(withWorker)
    const { answer } = await scaleTo(app, { web: 1, worker: 3 })
    expect(answer).toMatchObject({ before: { web: 2, worker: 1 }, live: { web: 1, worker: 3 } })
    expect(running(world)).toEqual(['r1-1', 'r2-1', 'r2-worker-1', 'r2-worker-3', 'r2-worker-4'])
  })

  it('is a noop, and green, where everything is so already', async () => {
    const { app } = await deployed()
    const { answer, exit } = await scaleTo(app, { web: 2 })
    expect({ exit, outcome: answer.outcome }).toEqual({ exit: 0, outcome: 'noop' })
  })

  it('counts for the next deploy, until the file says another number', async () => {
    const { world, app } = await deployed()
    await scaleTo(app, { web: 4 })
    await deployTag(app, shop, 'v1.2.0')
    expect(serving(world)).toEqual(['r3-1', 'r3-2', 'r3-3', 'r3-4'])
    await deployTag(app, buildDefinition({ replicas: 3 }), 'v1.3.0')
    expect(serving(world)).toEqual(['r4-1', 'r4-2', 'r4-3'])
  })

  it.each([
    ['never gets healthy', { healthyAfterMs: null }, /did not become healthy/],
    ['does not start', { startFails: 'no memory is left' }, /no memory is left/],
  ] as const)('leaves the old number serving when a replica %s', async (_, behaviour, said) => {
    const { world, app } = await deployed()
    world.engine.behaviour = ({ spec }) => (spec.name === 'r2-4' ? behaviour : {})
    const { answer, exit } = await scaleTo(app, { web: 4 })
    expect({ exit, outcome: answer.outcome, live: answer.live }).toEqual({
      exit: 4,
      outcome: 'failed',
      live: { web: 2 },
    })
    expect(answer.error).toMatchObject({ code: 'SCALE_FAILED', message: expect.stringMatching(said) })
    expect(answer.error!.message).toContain('r2 v1.1.0 goes on as before: web=2')
    expect(serving(world)).toEqual(['r2-1', 'r2-2'])
    expect(running(world)).toEqual(['r1-1', 'r1-2', 'r2-1', 'r2-2'])
    expect(app.store.services.get(scope)!.live).toEqual({ web: 2 })
  })

  it('counts although the surplus cannot be removed now, and removes it later', async () => {
    const { world, app } = await deployed()
    world.engine.state = 'down'
    const { answer, exit } = await scaleTo(app, { web: 1 })
    expect({ exit, outcome: answer.outcome, live: answer.live }).toEqual({
      exit: 0,
      outcome: 'succeeded',
      live: { web: 1 },
    })
    expect(answer.warnings).toEqual([expect.stringContaining('left for later')])
    expect(serving(world)).toEqual(['r2-1'])
    world.engine.state = 'up'
    await doOverdue(app, { look: false })
    expect(running(world)).toEqual(['r1-1', 'r2-1'])
  })

  it('fails with the engine away, and changes nothing', async () => {
    const { world, app } = await deployed()
    world.engine.state = 'down'
    expect(await scaleTo(app, { web: 3 })).toMatchObject({ exit: 4, answer: { error: { code: 'SCALE_FAILED' } } })
    expect(serving(world)).toEqual(['r2-1', 'r2-2'])
    world.engine.state = 'up'
    expect((await doOverdue(app, { look: true })).left).toEqual([])
    expect(running(world)).toEqual(['r1-1', 'r1-2', 'r2-1', 'r2-2'])
  })

  it('is stopped by Ctrl-C at the old number', async () => {
    const { world, app } = await deployed()
    const pressed = new AbortController()
    world.interlude = async ({ name }) => {
      if (name === 'runtime.awaitHealthy') pressed.abort(fail('INTERRUPTED', { serving: '' }))
    }
    const scaled = await scale(app, scope, { ...alice, live: { web: 4 }, signal: pressed.signal })
    expect(scaled).toMatchObject({ exit: 4, answer: { outcome: 'failed', error: { code: 'INTERRUPTED' } } })
    await doOverdue(app, { look: false })
    expect(running(world)).toEqual(['r1-1', 'r1-2', 'r2-1', 'r2-2'])
  })

  it('says what it would do, and does nothing', async () => {
    const { world, app } = await deployed()
    const plan = await planScaleOf(app, scope, { web: 3 })
    expect(plan).toMatchObject({ before: { web: 2 }, live: { web: 3 }, create: ['r2-3'], down: [] })
    expect(running(world)).toHaveLength(4)
  })
})

describe('scale beside other operations', () => {
  it('is refused while a deploy runs', async () => {
    const { world, app } = await deployed()
    const results: ReturnType<typeof scaleTo>[] = []
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.awaitHealthy' || results.length > 0) return
      results.push(scaleTo(world.process().app, { web: 3 }))
      await results[0]
    }
    await deployTag(app, shop, 'v1.2.0')
    expect(await results[0]).toMatchObject({ exit: 7, answer: { outcome: 'busy', error: { code: 'BUSY' } } })
  })

  it('gives way to a rollback at any moment, which keeps the number that counts', async () => {
    for (let moment = 0; ; moment++) {
      const { world, app } = await deployed()
      let count = 0
      const taken: ReturnType<typeof rollBack>[] = []
      world.observer = ({ name, when }) =>
        expect(world.answering(shop), `nobody answers ${when} ${name}`).not.toBeNull()
      world.interlude = async () => {
        if (count++ !== moment) return
        world.interlude = async () => {}
        taken.push(rollBack(world.process().app, shop))
        await taken[0]
      }
      await scaleTo(app, { web: 4 })
      const [rolledBack] = await Promise.all(taken)
      if (rolledBack === undefined) {
        expect(moment).toBeGreaterThan(5)
        return
      }
      expect(rolledBack.answer.outcome, `moment ${moment}`).toBe('succeeded')
      await doOverdue(app, { look: true })
      await doOverdue(app, { look: true })
      expect(world.answering(shop), `moment ${moment}`).toBe(1)
      expect(serving(world), `moment ${moment}`).toHaveLength(app.store.services.get(scope)!.live['web']!)
      expect(app.store.operations.unfinished(scope)).toEqual([])
    }
  })

  it('is finished or given up when its process is killed at any moment', async () => {
    for (let moment = 0; ; moment++) {
      const { world } = await deployed(withWorker)
      const victim = world.process(moment)
      world.observer = ({ name, when }) => expect(world.answering(shop), `nobody answers ${when} ${name}`).toBe(2)
      await scaleTo(victim.app, { web: 1, worker: 2 }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
      victim.kill()
      const heir = world.process().app
      expect((await doOverdue(heir, { look: true })).left).toEqual([])
      await doOverdue(heir, { look: true })
      const { live } = heir.store.services.get(scope)!
      expect([
        { web: 2, worker: 1 },
        { web: 1, worker: 2 },
      ]).toContainEqual(live)
      expect(serving(world), `moment ${moment}`).toHaveLength(live['web']!)
      expect(running(world).filter((name) => name.startsWith('r2-worker'))).toHaveLength(live['worker']!)
      expect(heir.store.operations.unfinished(scope)).toEqual([])
      expect(world.proxy).toEqual(heir.store.replicas.wanted())
      if (victim.moments.length <= moment) return
    }
  })
})

describe('a rollback after a scale', () => {
  it.each([
    ['frozen', { warm: 0, warmForMs: 0, frozen: 1, frozenForMs: HOUR_MS, cold: 0 }],
    ['cold', COLD],
    ['retired', { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 }],
  ] as const)('brings a target that is %s to the live number before traffic moves', async (_, standby) => {
    const { world, app } = await deployed(buildDefinition({ standby }))
    await scaleTo(app, { web: 4 })
    world.observer = () => {
      if (world.answering(shop) === 1) expect(serving(world)).toHaveLength(4)
    }
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect(serving(world)).toHaveLength(4)
  })

  it('brings a target of which only a part is left to the live number', async () => {
    const { world, app } = await deployed()
    for (const [key, { spec }] of world.engine.containers) if (spec.name === 'r1-2') world.engine.containers.delete(key)
    await scaleTo(app, { web: 3 })
    await doOverdue(app, { look: true })
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect(serving(world)).toHaveLength(3)
  })
})

describe('astern scale', () => {
  it.each([
    [['web'], /Expected PROCESS=COUNT, for example web=4; got "web"/],
    [['=3'], /Expected PROCESS=COUNT/],
    [['web=0'], /from 1 to 100, got "0".*astern remove/],
    [['web=101'], /from 1 to 100, got "101"/],
    [['web=-1'], /got "-1"/],
    [['web=1.5'], /got "1.5"/],
    [['web=two'], /got "two"/],
    [['web='], /got ""/],
    [['web=1', 'web=2'], /web is named twice/],
    [['wbe=2'], /There is no process wbe; there is web, worker/],
  ] as const)('refuses %j', async (words, said) => {
    const { app } = await deployed(withWorker, ['v1.0.0'])
    const { context } = createConsole(app)
    const refused = run(context, given('scale', [...words]))
    await expect(refused).rejects.toMatchObject({ code: 'USAGE', exit: 2, message: expect.stringMatching(said) })
  })

  it('refuses a second holder of a fixed port, and a number for a schedule', async () => {
    const ports = [{ hostAddress: null, hostPort: 9000, containerPort: 8080, protocol: 'tcp' }] as const
    const schedule = { cron: '0 3 * * *', timeZone: 'UTC', timeoutMs: HOUR_MS }
    const definition = buildDefinition({
      replicas: 1,
      process: { ...shop.process, ports },
      processes: [{ ...worker, name: 'report', schedule, replicas: 1, standby: COLD }],
    })
    const { app } = await deployed(definition, ['v1.0.0'])
    const { context } = createConsole(app)
    await expect(run(context, given('scale', ['web=2']))).rejects.toThrow(/2 replicas cannot share the host port 9000/)
    await expect(run(context, given('scale', ['report=2']))).rejects.toThrow(/report runs by its schedule/)
  })

  it('shows what changes, the steps and the end', async () => {
    const { app } = await deployed(withWorker)
    const { context, out } = createConsole(app)
    expect(await run(context, given('scale', ['web=3', 'worker=1'], { 'dry-run': true }))).toBe(0)
    expect(out).toContainEqual(expect.stringMatching(/^shop · prod +web 2 → 3 · worker 1$/))
    expect(out).toContainEqual(expect.stringMatching(/^steps +wake r2-3 → health r2-3$/))
    out.length = 0
    expect(await run(context, given('scale', ['web=3']))).toBe(0)
    expect(out[0]).toMatch(/^shop · prod +web 2 → 3$/)
    expect(out).toContainEqual(expect.stringMatching(/^done +web=3 · .* · tx-\w+$/))
    expect(await run(context, given('scale', ['web=3']))).toBe(0)
    expect(out.at(-1)).toMatch(/^nothing to do +web=3 runs already$/)
  })

  it('ends with one object for machines', async () => {
    const { app } = await deployed()
    const { context, answer } = createConsole(app, { json: true })
    expect(await run(context, given('scale', ['web=3']))).toBe(0)
    expect(answer()).toMatchObject({ operation: 'scale', outcome: 'succeeded', live: { web: 3 }, error: null })
    await run(context, given('scale', ['web=1'], { 'dry-run': true }))
    expect(answer()).toMatchObject({
      operation: 'scale',
      dry_run: true,
      before: { web: 3 },
      live: { web: 1 },
      create: [],
    })
  })
})
