// Schedules on a whole world in memory: whose turn it is, what becomes of a run, and that no tick runs twice whenever the daemon dies.
import { describe, expect, it } from 'vitest'
import { fail } from '../src/core/errors.ts'
import type { App } from '../src/operations/app.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import { remove } from '../src/operations/remove.ts'
import { schedulesOf } from '../src/operations/schedule-view.ts'
import { createScheduler } from '../src/operations/scheduler.ts'
import { buildDefinition, buildProcess, NOW_AT } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const { health: _health, ...report } = buildProcess('report', {
  env: { KIND: 'report' },
  schedule: { cron: '0 * * * *', timeZone: 'UTC', timeoutMs: 10 * MINUTE_MS },
})
const COLD = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
const shop = buildDefinition({ processes: [{ ...report, replicas: 1, standby: COLD }] })

function schedulerOf(app: App, troubles: string[] = []) {
  return createScheduler(app, {
    signal: new AbortController().signal,
    onTrouble: (what, reason) => troubles.push(`${what}: ${reason}`),
  })
}

async function deployed(...tags: string[]) {
  const world = new World()
  const { app, kill } = world.process()
  for (const tag of tags) await deployTag(app, shop, tag)
  const troubles: string[] = []
  const { look } = schedulerOf(app, troubles)
  /** To so many seconds after the next full hour. */
  const toTick = (seconds = 0) => {
    const nowAt = world.clock.now()
    world.clock.pass(HOUR_MS - (nowAt % HOUR_MS) + seconds * 1_000)
  }
  const last = () => schedulesOf(app, shop)[0]?.last ?? null
  return { world, app, kill, look, toTick, last, troubles }
}

const takes = (world: World, takesMs: number, exitCode = 0) => {
  world.engine.program = () => ({ takesMs, exitCode })
}

describe('a scheduled run', () => {
  it('begins at its tick, with its release’s image, command and environment, and is gone when it has ended', async () => {
    const { world, look, toTick, last } = await deployed('v1.0.0')
    takes(world, 1_000)
    await look()
    expect(world.engine.started).toEqual([])
    toTick()
    await look()
    expect(world.engine.started).toEqual(['report-202604051100'])
    expect([...world.engine.oneOffs.values()]).toMatchObject([
      {
        spec: { process: 'report', release: 1, argv: null, config: { command: ['/app', 'report'] } },
        env: { KIND: 'report' },
      },
    ])
    expect(last()).toMatchObject({ tick: '2026-04-05T11:00:00.000Z', release: 'r1', outcome: null })
    world.clock.pass(1_000)
    await look()
    await look()
    expect(last()).toMatchObject({ outcome: 'succeeded', exit_code: 0 })
    expect(world.engine.oneOffs.size).toBe(0)
    expect(world.engine.started).toHaveLength(1)
  })

  it('is an operation of its own, with how it ended and what it wrote, and without a secret in it', async () => {
    const world = new World()
    const { app } = world.process()
    world.secrets.set('TOKEN', 'very-secret')
    const source = { kind: 'file', path: '/srv/token' } as const
    await deployTag(app, { ...shop, secrets: [{ name: 'TOKEN', source, onRollback: 'restore' }] }, 'v1.0.0')
    world.engine.program = () => ({
      exitCode: 3,
      output: [{ stream: 'stderr', text: 'refused: very-secret' }],
    })
    const { look } = schedulerOf(app)
    world.clock.pass(HOUR_MS)
    await look()
    await look()
    const [operation] = app.store.operations.list(1)
    expect(operation).toMatchObject({ kind: 'schedule', to: 1, outcome: 'failed', actor: 'astern' })
    const events = app.store.journal.ofTransaction(operation!.transactionId)
    expect(events.map(({ step, status }) => `${step} ${status}`)).toEqual([
      'schedule started',
      'schedule failed',
      'outcome failed',
    ])
    expect(events[1]).toMatchObject({
      release: 'r1',
      duration_ms: 0,
      detail: { process: 'report', exit_code: 3, output: ['refused: [redacted]'] },
    })
    expect(app.store.journal.verify()).toBeGreaterThan(0)
  })

  it('stands in nobody’s way, and a deploy lets it finish', async () => {
    const { world, app, look, toTick, last } = await deployed('v1.0.0')
    takes(world, 5 * MINUTE_MS)
    toTick()
    await look()
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('succeeded')
    await doOverdue(app, { look: true })
    await look()
    expect(last()).toMatchObject({ release: 'r1', outcome: null })
    expect(isOverdue(app)).toBe(false)
    world.clock.pass(5 * MINUTE_MS)
    await look()
    expect(last()).toMatchObject({ release: 'r1', outcome: 'succeeded' })
  })

  it('is stopped when its release is rolled back from, and the release that is back has the next turn', async () => {
    const { world, app, look, toTick, last } = await deployed('v1.0.0', 'v1.1.0')
    takes(world, 5 * MINUTE_MS)
    toTick()
    await look()
    expect(last()).toMatchObject({ release: 'r2' })
    await rollBack(app, shop)
    await look()
    await look()
    expect(last()).toMatchObject({ release: 'r2', outcome: 'stopped', exit_code: 137 })
    toTick()
    await look()
    expect(last()).toMatchObject({ release: 'r1', outcome: null })
  })

  it('is stopped at its timeout', async () => {
    const { world, look, toTick, last } = await deployed('v1.0.0')
    takes(world, 2 * HOUR_MS)
    toTick()
    await look()
    world.clock.pass(10 * MINUTE_MS)
    await look()
    await look()
    expect(last()).toMatchObject({ outcome: 'timed_out', exit_code: 137 })
  })

  it('makes the next tick be skipped while it still runs, and that is journalled', async () => {
    const { world, app, look, toTick, last } = await deployed('v1.0.0')
    const slow = { ...report, schedule: { ...report.schedule!, timeoutMs: 24 * HOUR_MS } }
    await deployTag(app, { ...shop, processes: [{ ...slow, replicas: 1, standby: COLD }] }, 'v1.1.0')
    takes(world, 90 * MINUTE_MS)
    toTick()
    await look()
    toTick()
    await look()
    expect(last()).toMatchObject({ outcome: 'skipped' })
    const [operation] = app.store.operations.list(1)
    expect(operation).toMatchObject({ kind: 'schedule', outcome: 'noop' })
    expect(app.store.journal.ofTransaction(operation!.transactionId)[0]).toMatchObject({
      status: 'skipped',
      level: 'warn',
      detail: { reason: 'the run of 2026-04-05T11:00:00.000Z has not ended' },
    })
    expect(world.engine.started).toHaveLength(1)
    toTick()
    await look()
    await look()
    expect(world.engine.started).toHaveLength(1)
    toTick()
    await look()
    expect(world.engine.started).toHaveLength(2)
  })

  it('is not made up for when nobody was there, which is said once', async () => {
    const { world, app, look, toTick, last } = await deployed('v1.0.0')
    world.clock.pass(5 * HOUR_MS)
    toTick(61)
    await look()
    await look()
    expect(world.engine.started).toEqual([])
    expect(last()).toMatchObject({ outcome: 'skipped' })
    const [operation, ...others] = app.store.operations.list(10).filter(({ kind }) => kind === 'schedule')
    expect(others).toEqual([])
    expect(app.store.journal.ofTransaction(operation!.transactionId)[0]?.detail).toMatchObject({ missed: 6 })
  })

  it('waits for a switch to be proven', async () => {
    const { world, app, look, toTick, last } = await deployed('v1.0.0')
    toTick()
    await look()
    await look()
    toTick(-1)
    let during: string | undefined
    world.interlude = async ({ name, when }) => {
      if (name !== 'traffic.probe' || when !== 'before') return
      world.clock.pass(2_000)
      await look()
      during = last()?.tick
    }
    await deployTag(app, shop, 'v1.1.0')
    expect(during).toBe('2026-04-05T11:00:00.000Z')
    await look()
    expect(last()).toMatchObject({ release: 'r2', tick: '2026-04-05T12:00:00.000Z' })
  })

  it('is run once by two daemons and after a clock that went back', async () => {
    const { world, app, look, toTick } = await deployed('v1.0.0')
    const other = schedulerOf(world.process().app)
    toTick()
    await Promise.all([look(), other.look(), look(), other.look()])
    world.clock.pass(-2 * MINUTE_MS)
    await look()
    world.clock.pass(2 * MINUTE_MS)
    await Promise.all([look(), other.look()])
    expect(world.engine.started).toHaveLength(1)
    expect(app.store.scheduledRuns.open()).toEqual([])
  })

  it('begins when the engine is back in time, and is told to have failed when it is not', async () => {
    const { world, look, toTick, last, troubles } = await deployed('v1.0.0')
    world.engine.state = 'down'
    toTick()
    await look()
    await look()
    expect(troubles).toHaveLength(1)
    expect(troubles[0]).toMatch(/^shop\.prod report-202604051100: .*connection refused/)
    world.engine.state = 'up'
    await look()
    expect(world.engine.started).toHaveLength(1)
    await look()
    world.engine.state = 'down'
    toTick()
    await look()
    world.clock.pass(2 * MINUTE_MS)
    await look()
    expect(last()).toMatchObject({ outcome: 'failed', exit_code: null, started_at: null })
    world.engine.state = 'up'
    await look()
    expect(world.engine.started).toHaveLength(1)
  })

  it('that cannot be started has failed, with the reason', async () => {
    const { world, app, look, toTick, last } = await deployed('v1.0.0')
    const reason = 'exec: "/app": no such file'
    world.engine.addFault({
      method: 'startOneOff',
      error: fail('START_FAILED', { replica: 'x', release: 'r1', reason }),
    })
    toTick()
    await look()
    expect(last()).toMatchObject({ outcome: 'failed', exit_code: null })
    const events = app.store.journal.ofTransaction(last()!.transaction_id)
    expect(events[1]?.detail?.['reason']).toContain(reason)
    expect(world.engine.oneOffs.size).toBe(0)
  })

  it('whose start was answered by nobody is taken over when it runs', async () => {
    const { world, look, toTick, last } = await deployed('v1.0.0')
    const away = fail('ENGINE_UNAVAILABLE', { endpoint: 'x', reason: 'gone' })
    world.engine.addFault({ method: 'startOneOff', when: 'after', error: away })
    toTick()
    await look()
    await look()
    expect(last()).toMatchObject({ outcome: 'succeeded' })
    expect(world.engine.started).toHaveLength(1)
  })

  it('may be all that a service has', async () => {
    const world = new World()
    const { app } = world.process()
    const jobs = buildDefinition({ ...shop, listen: '', health: null, process: { ...shop.process, port: null } })
    for (const tag of ['v1.0.0', 'v1.1.0']) expect((await deployTag(app, jobs, tag)).answer.outcome).toBe('succeeded')
    expect((await rollBack(app, jobs)).answer.outcome).toBe('succeeded')
    await doOverdue(app, { look: true })
    world.clock.pass(HOUR_MS)
    await schedulerOf(app).look()
    expect([...world.engine.oneOffs.values()].map(({ spec }) => spec.release)).toEqual([1])
    expect(isOverdue(app)).toBe(false)
  })

  it('goes with its service', async () => {
    const { world, app, look, toTick } = await deployed('v1.0.0')
    takes(world, 5 * MINUTE_MS)
    toTick()
    await look()
    await remove(app, shop, alice)
    expect(world.engine.oneOffs.size).toBe(0)
    await look()
    expect(app.store.scheduledRuns.open()).toEqual([])
    expect(app.store.operations.list(2).map(({ endedAt }) => endedAt)).not.toContain(null)
  })
})

describe('a daemon that is killed at any moment', { timeout: 60_000 }, () => {
  /** Kills one daemon at a moment of a tick and its run; another one goes on, at once or so late that the tick has passed. */
  async function killAt(moment: number, restMs: number) {
    const world = new World()
    await deployTag(world.process().app, shop, 'v1.0.0')
    takes(world, 30_000, 4)
    world.clock.pass(HOUR_MS)
    const victim = world.process(moment)
    const { look } = schedulerOf(victim.app)
    await look()
    world.clock.pass(30_000)
    await look()
    victim.kill()
    world.clock.pass(restMs)
    const heir = world.process().app
    const next = schedulerOf(heir)
    for (let round = 0; round < 5; round++) {
      await next.look()
      await doOverdue(heir, { look: true })
      world.clock.pass(20_000)
    }
    const run = schedulesOf(heir, shop)[0]?.last
    return { world, heir, run, reached: victim.moments.length > moment }
  }

  it.each([
    { what: 'comes at once', restMs: 0, outcomes: ['failed', 'unknown'] },
    { what: 'comes when it is too late', restMs: 10 * MINUTE_MS, outcomes: ['failed', 'unknown', 'skipped'] },
  ])('starts no tick twice, and says how it ended, when the next daemon $what', async ({ restMs, outcomes }) => {
    let moment = 0
    const ends = new Set<string>()
    for (;;) {
      const { world, heir, run, reached } = await killAt(moment, restMs)
      expect(
        world.engine.started.filter((name) => name.includes('1100')).length,
        `moment ${moment}`,
      ).toBeLessThanOrEqual(1)
      expect(outcomes, `moment ${moment}`).toContain(run?.outcome)
      expect(heir.store.scheduledRuns.open(), `moment ${moment}`).toEqual([])
      expect(world.engine.oneOffs.size, `moment ${moment}`).toBe(0)
      const operations = heir.store.operations.list(10).filter(({ kind }) => kind === 'schedule')
      expect(
        operations.map(({ endedAt }) => endedAt === null),
        `moment ${moment}`,
      ).toEqual([false])
      expect(heir.store.journal.verify()).toBeGreaterThan(0)
      // what has run to its end is known to have
      if (run?.outcome === 'failed' && world.engine.started.length > 0)
        expect(run.exit_code, `moment ${moment}`).toBe(4)
      if (world.engine.started.length === 0) expect(run?.exit_code, `moment ${moment}`).toBeNull()
      ends.add(String(run?.outcome))
      if (!reached) break
      moment++
    }
    expect(moment).toBeGreaterThan(15)
    expect(ends).toContain('failed')
  })
})

it('the ticks of these tests', () => {
  expect(new Date(NOW_AT).toISOString()).toBe('2026-04-05T10:00:00.000Z')
})
