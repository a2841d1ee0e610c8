// Deploy, rollback and the ladder on a whole world in memory and a real state.
import { describe, expect, it } from 'vitest'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Definition, SecretReference } from '../src/core/model.ts'
import { planDeployOf } from '../src/operations/deploy.ts'
import { climb } from '../src/operations/ladder.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import { remove } from '../src/operations/remove.ts'
import { planRollbackOf } from '../src/operations/rollback.ts'
import { buildProcess, buildDefinition } from './builders.ts'
import { Killed, alice, deployTag, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition()
const HOUR_MS = 3_600_000

function withEnv(env: Record<string, string>, changes: Partial<Definition> = {}): Definition {
  return buildDefinition({ ...changes, process: { ...shop.process, env } })
}

async function deployed(tags: readonly string[], definition: Definition = shop) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) {
    const { answer } = await deployTag(app, definition, tag)
    expect(answer).toMatchObject({ outcome: 'succeeded', error: null })
    await doOverdue(app, { look: false })
  }
  return { world, app }
}

function levels(world: World): Record<string, string> {
  return Object.fromEntries([...world.engine.containers.values()].map(({ spec, level }) => [spec.name, level]))
}

describe('deploy', () => {
  it('brings a first release into service and proves it', async () => {
    const { world, app } = await deployed([])
    const { answer, exit } = await deployTag(app, shop, 'v1.0.0')
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      operation: 'deploy',
      service: 'shop',
      environment: 'prod',
      outcome: 'succeeded',
      from: null,
      to: { release: 'r1', version: 'v1.0.0', image: 'shop:v1.0.0' },
      strategy: 'start_first',
      rung: 'retired',
      proof: { release: 'r1', answers: 20, of: 20 },
      hold: null,
      error: null,
    })
    expect(world.answering(shop)).toBe(1)
  })

  it('keeps the old release warm', async () => {
    const { world } = await deployed(['v1.0.0', 'v1.1.0'])
    expect(world.answering(shop)).toBe(2)
    expect(levels(world)).toEqual({ 'r1-1': 'running', 'r1-2': 'running', 'r2-1': 'running', 'r2-2': 'running' })
  })

  it('is a noop for what serves already, and green', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { answer, exit } = await deployTag(app, shop, 'v1.0.0')
    expect({ exit, outcome: answer.outcome }).toEqual({ exit: 0, outcome: 'noop' })
    expect(app.store.releases.list(shop, 10)).toHaveLength(1)
  })

  it('makes a new release of a change of configuration alone', async () => {
    const { app } = await deployed(['v1.0.0'], withEnv({ FEATURE_X: '0' }))
    const { answer } = await deployTag(app, withEnv({ FEATURE_X: '1' }), 'v1.0.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
  })

  it('leaves the old release serving when the new one never gets healthy, shows why, and removes nothing but its own', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const log = [{ stream: 'stderr' as const, text: 'panic: no database' }]
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null, log } : {})
    const { answer, exit } = await deployTag(app, shop, 'v1.1.0')
    expect(exit).toBe(4)
    expect(answer).toMatchObject({ outcome: 'failed', from: { release: 'r1' }, error: { code: 'DEPLOY_FAILED' } })
    expect(answer.error?.message).toContain('panic: no database')
    expect(answer.error?.message).toContain('r1 v1.0.0')
    expect(world.answering(shop)).toBe(1)
    expect(levels(world)).toMatchObject({ 'r1-1': 'running', 'r2-1': 'stopped' })
    expect(app.store.releases.get(shop, 2)).toMatchObject({ state: 'failed', stable: false })
  })

  it('fails with exit 4 when it is the first and never gets healthy', async () => {
    const { world, app } = await deployed([])
    world.engine.behaviour = () => ({ healthyAfterMs: null })
    const { answer, exit } = await deployTag(app, shop, 'v1.0.0')
    expect({ exit, outcome: answer.outcome, from: answer.from }).toEqual({ exit: 4, outcome: 'failed', from: null })
    expect(app.store.services.get(shop)).toMatchObject({ active: null, candidate: null })
  })

  it('changes nothing when the image is nowhere', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const { answer, exit } = await deployTag(app, shop, 'v9.9.9')
    expect({ exit, code: answer.error?.code }).toEqual({ exit: 2, code: 'IMAGE_NOT_FOUND' })
    expect(world.answering(shop)).toBe(1)
    expect(app.store.leases.holder(shop, world.clock.now())).toBeNull()
  })

  it('is refused while another installation runs the same service on this engine', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const [container] = world.engine.containers.values()
    world.engine.containers.set('other', { ...container!, installation: 'abcdef' })
    await expect(deployTag(app, shop, 'v1.1.0')).rejects.toMatchObject({ code: 'FOREIGN_INSTALLATION' })
  })

  it('goes back when a replica dies between its health check and the proof', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.interlude = async ({ name, when }) => {
      if (name !== 'traffic.ensure' || when !== 'after') return
      for (const container of world.engine.containers.values())
        if (container.spec.release === 2) world.engine.stop(container, 1)
    }
    const { answer, exit } = await deployTag(app, shop, 'v1.1.0')
    expect({ exit, outcome: answer.outcome }).toEqual({ exit: 4, outcome: 'rolled_back' })
    expect(world.answering(shop)).toBe(1)
  })

  it('is stopped by Ctrl-C, and the old release serves', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const { deploy } = await import('../src/operations/deploy.ts')
    const { fail } = await import('../src/core/errors.ts')
    const pressed = new AbortController()
    world.interlude = async ({ name }) => {
      if (name === 'runtime.awaitHealthy') pressed.abort(fail('INTERRUPTED', { serving: '' }))
    }
    const { answer, exit } = await deploy(app, shop, {
      ...alice,
      tag: 'v1.1.0',
      force: new Set(),
      signal: pressed.signal,
    })
    expect({ exit, code: answer.error?.code }).toEqual({ exit: 4, code: 'INTERRUPTED' })
    expect(answer.error?.message).toContain('r1 v1.0.0')
    expect(world.answering(shop)).toBe(1)
  })

  it('says what it would do, and does nothing', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const before = app.store.journal.lastSeq()
    const planned = await planDeployOf(app, shop, { ...alice, tag: 'v1.1.0', force: new Set() })
    expect(planned?.decision).toMatchObject({ outcome: 'plan', from: 1, to: 2, create: ['r2-1', 'r2-2'] })
    expect(app.store.journal.lastSeq()).toBe(before)
    expect(world.engine.containers.size).toBe(2)
  })
})

describe('rollback', () => {
  it('puts a warm release back without a call to the engine', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.engine.calls.length = 0
    const { answer, exit } = await rollBack(app, shop)
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      outcome: 'succeeded',
      from: { release: 'r2' },
      to: { release: 'r1' },
      rung: 'warm',
      proof: { answers: 20 },
    })
    expect(Object.keys(answer.duration_ms)).toEqual(['total', 'plan', 'wake', 'health', 'shift_traffic', 'prove'])
    expect(world.engine.calls).toEqual([])
    expect(world.answering(shop)).toBe(1)
  })

  it.each(['down', 'hung', 'forbidden'] as const)(
    'puts a warm release back although the engine is %s, and stops the bad one later',
    async (state) => {
      const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
      world.engine.state = state
      expect((await rollBack(app, shop)).answer.outcome).toBe('succeeded')
      const { left } = await doOverdue(app, { look: false })
      expect(left).toHaveLength(1)
      world.engine.state = 'up'
      expect((await doOverdue(app, { look: false })).left).toEqual([])
      expect(levels(world)).toMatchObject({ 'r2-1': 'stopped', 'r1-1': 'running' })
    },
  )

  it.each([
    ['frozen', { warm: 0, warmForMs: 0, frozen: 1, frozenForMs: HOUR_MS, cold: 0 }],
    ['cold', { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }],
    ['retired', { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 }],
  ] as const)('puts a release back that is %s', async (rung, standby) => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], buildDefinition({ standby }))
    const { answer } = await rollBack(app, shop)
    expect(answer).toMatchObject({ outcome: 'succeeded', rung, to: { release: 'r1' } })
    expect(world.answering(shop)).toBe(1)
  })

  it('puts a release back whose image is only in the registry', async () => {
    const world = new World()
    const { app } = world.process()
    const definition = buildDefinition({
      image: 'registry.test/shop',
      standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 },
    })
    const facts = {
      ...world.addImage('x', 9),
      reference: 'registry.test/shop:v1.0.0',
      digest: `sha256:${'d'.repeat(64)}`,
    }
    world.engine.remoteImages.set(facts.reference, facts)
    world.engine.remoteImages.set(`registry.test/shop@${facts.digest}`, {
      ...facts,
      reference: `registry.test/shop@${facts.digest}`,
    })
    world.engine.removeImage(facts.configDigest)
    await deployTag(app, definition, 'v1.0.0')
    world.engine.addImage({
      ...facts,
      reference: 'registry.test/shop:v1.1.0',
      configDigest: `sha256:${'e'.repeat(64)}`,
      digest: `sha256:${'e'.repeat(64)}`,
    })
    await deployTag(app, definition, 'v1.1.0')
    await doOverdue(app, { look: false })
    world.engine.removeImage(facts.configDigest)
    expect((await rollBack(app, definition)).answer).toMatchObject({
      outcome: 'succeeded',
      rung: 'retired',
      to: { release: 'r1' },
    })
  })

  it('does not walk further back the second time', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    expect((await rollBack(app, shop)).answer.to?.release).toBe('r2')
    const again = await rollBack(app, shop)
    expect({ exit: again.exit, outcome: again.answer.outcome }).toEqual({ exit: 6, outcome: 'noop' })
    expect((await rollBack(app, shop, 'r1')).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
  })

  it('forbids what it took back, by identity, until somebody forces it', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    const refused = await deployTag(app, shop, 'v1.1.0')
    expect({ exit: refused.exit, code: refused.answer.error?.code }).toEqual({ exit: 3, code: 'QUARANTINED' })
    expect((await rollBack(app, shop, 'r2')).answer.error?.code).toBe('QUARANTINED')
    const forced = await deployTag(app, shop, 'v1.1.0', ['quarantine'])
    expect(forced.answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r3' } })
    expect(app.store.releases.quarantined(shop, app.store.releases.get(shop, 3)!.identity)).toBeNull()
  })

  it('does not forbid the release before one that only changed an env variable', async () => {
    const { app } = await deployed(['v1.0.0'], withEnv({ FEATURE_X: '0' }))
    await deployTag(app, withEnv({ FEATURE_X: '1' }), 'v1.0.0')
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect((await deployTag(app, withEnv({ FEATURE_X: '0' }), 'v1.0.0')).answer.outcome).toBe('noop')
    expect((await deployTag(app, withEnv({ FEATURE_X: '1' }), 'v1.0.0')).answer.error?.code).toBe('QUARANTINED')
  })

  it('leaves the bad release serving and says that a human is needed when the target cannot start', async () => {
    const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], buildDefinition({ standby }))
    world.engine.behaviour = ({ spec }) => (spec.release === 1 ? { healthyAfterMs: null } : {})
    const { answer, exit } = await rollBack(app, shop)
    expect({ exit, outcome: answer.outcome, code: answer.error?.code }).toEqual({
      exit: 5,
      outcome: 'failed',
      code: 'ROLLBACK_FAILED',
    })
    expect(answer.error?.message).toContain('r2 v1.1.0')
    expect(world.answering(shop)).toBe(2)
  })

  it('starts the former release again when stop-first has left nobody to serve', async () => {
    const mounts = [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }] as const
    const definition = buildDefinition({ replicas: 1, process: { ...shop.process, mounts } })
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], definition)
    world.engine.behaviour = ({ spec }) => (spec.release === 1 ? { healthyAfterMs: null } : {})
    expect((await rollBack(app, definition)).exit).toBe(5)
    expect(world.answering(definition)).toBe(2)
  })

  it('brings the target to the live number of replicas before traffic moves', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    await deployTag(app, buildDefinition({ replicas: 3 }), 'v1.1.0')
    expect((await rollBack(app, shop)).answer.outcome).toBe('succeeded')
    const serving = world.proxy?.backends[0]?.servers.filter(({ weight }) => weight > 0).map(({ name }) => name)
    expect(serving).toEqual(['r1-1', 'r1-2', 'r1-3'])
  })

  it('says what it would do, and does nothing', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const decision = await planRollbackOf(app, shop, { ...alice, to: null, force: new Set() })
    expect(decision).toMatchObject({ outcome: 'plan', from: 2, to: 1, rung: 'warm' })
    expect(world.answering(shop)).toBe(2)
  })

  it('is refused while another rollback lives', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    let second: Awaited<ReturnType<typeof rollBack>> | null = null
    world.interlude = async ({ name }) => {
      if (name !== 'traffic.probe' || second !== null) return
      world.interlude = async () => {}
      second = await rollBack(world.process().app, shop, 'r1')
    }
    expect((await rollBack(app, shop)).answer.outcome).toBe('succeeded')
    expect(second).toMatchObject({ exit: 7, answer: { outcome: 'busy', error: { code: 'BUSY' } } })
  })
})

describe('a rollback of a service with a worker', () => {
  const { health: _running, ...worker } = buildProcess('worker')
  const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
  const definition = buildDefinition({ processes: [{ ...worker, replicas: 1, standby }] })

  it('moves users although the engine is away, and the worker when it is back', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], definition)
    await doOverdue(app, { look: true })
    world.engine.state = 'down'
    const { answer } = await rollBack(app, definition)
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect(answer.warnings).toEqual([expect.stringContaining('left for later')])
    expect(world.answering(definition)).toBe(1)
    world.engine.state = 'up'
    await doOverdue(app, { look: true })
    expect(world.working(definition)).toEqual([1])
  })

  it('is a failure when the worker does not start, and says who serves', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], definition)
    world.engine.behaviour = ({ spec }) => (spec.name === 'r1-worker-1' ? { startFails: 'no such file' } : {})
    const { answer, exit } = await rollBack(app, definition)
    expect(exit).toBe(5)
    expect(answer).toMatchObject({ outcome: 'failed', error: { code: 'ROLLBACK_FAILED' } })
    expect(answer.error!.message).toMatch(/r1-worker-1 did not start.*Serving now: r1/s)
    expect(world.answering(definition)).toBe(1)
  })
})

describe('a rollback that is resumed', () => {
  it('does not take traffic from a target that has it already', async () => {
    const mounts = [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }] as const
    const definition = buildDefinition({ replicas: 1, process: { ...shop.process, mounts } })
    const { world } = await deployed(['v1.0.0', 'v1.1.0'], definition)
    const victim = world.process()
    world.interlude = async ({ name }) => {
      if (name !== 'traffic.probe') return
      victim.kill()
      world.interlude = async () => {}
    }
    await expect(rollBack(victim.app, definition)).rejects.toThrow(Killed)
    const heir = world.process().app
    await doOverdue(heir, { look: true })
    const [operation] = heir.store.operations.list(1)
    const keys = heir.store.journal.ofTransaction(operation!.transactionId).map(({ key }) => key)
    expect(keys.slice(keys.indexOf('resume'))).not.toContain('shift_traffic:nobody')
    expect(world.answering(definition)).toBe(1)
    expect(operation).toMatchObject({ kind: 'rollback', outcome: 'succeeded' })
  })
})

describe('a rollback while a deploy runs', () => {
  it('takes over at any moment of it, and the former release serves', async () => {
    for (let moment = 0; ; moment++) {
      const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
      let count = 0
      const taken: ReturnType<typeof rollBack>[] = []
      world.observer = ({ name, when }) =>
        expect(world.answering(shop), `nobody answers ${when} ${name}`).not.toBeNull()
      world.interlude = async () => {
        if (count++ !== moment) return
        world.interlude = async () => {}
        // Before the deploy has its lease there is nothing to take over: then this is a rollback like any other.
        taken.push(rollBack(world.process().app, shop))
        await taken[0]
      }
      const result = await deployTag(app, shop, 'v1.2.0')
      const [rolledBack] = await Promise.all(taken)
      if (rolledBack === undefined) {
        expect(moment).toBeGreaterThan(15)
        return
      }
      const { answer } = rolledBack
      expect(answer.outcome, `moment ${moment}`).toBe('succeeded')
      const heir = world.process().app
      await doOverdue(heir, { look: true })
      await doOverdue(heir, { look: true })
      expect(heir.store.operations.unfinished(shop)).toEqual([])
      if (answer.from?.release === 'r3') {
        expect(result, `moment ${moment}`).toMatchObject({
          exit: 4,
          answer: { outcome: 'rolled_back', error: { code: 'PREEMPTED' } },
        })
        expect(world.answering(shop)).toBe(2)
        expect(levels(world)['r3-1'] ?? 'absent').not.toBe('running')
      } else {
        expect([1, 3]).toContain(world.answering(shop))
      }
      expect(world.proxy).toEqual(heir.store.replicas.wanted())
    }
  })
})

describe('the ladder', () => {
  it('goes down by time, and back up when it is asked to serve', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.clock.pass(2 * HOUR_MS)
    expect(isOverdue(app)).toBe(true)
    await doOverdue(app, { look: false })
    expect(levels(world)['r1-1']).toBe('frozen')
    expect(isOverdue(app)).toBe(false)
    world.clock.pass(24 * HOUR_MS)
    await doOverdue(app, { look: false })
    expect(levels(world)['r1-1']).toBe('stopped')
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', rung: 'cold' })
  })

  it('mends what an engine restart without live-restore has done', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    expect(levels(world)).toMatchObject({ 'r1-1': 'frozen', 'r2-1': 'running', 'r3-1': 'running' })
    for (const container of world.engine.containers.values()) {
      if (container.level === 'frozen') container.level = 'running'
      else world.engine.stop(container, 143)
    }
    await climb(app, shop, { look: true })
    expect(levels(world)).toMatchObject({ 'r1-1': 'frozen', 'r2-1': 'running', 'r3-1': 'running' })
    expect(world.answering(shop)).toBe(3)
  })

  it('creates replicas anew that somebody has removed', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    for (const [key, { spec }] of world.engine.containers) if (spec.release === 1) world.engine.containers.delete(key)
    await climb(app, shop, { look: true })
    await climb(app, shop, { look: true })
    expect(levels(world)).toMatchObject({ 'r1-3': 'running', 'r1-4': 'running' })
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
  })

  it('never waits in the way of a deploy', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.clock.pass(2 * HOUR_MS)
    const results: ReturnType<typeof deployTag>[] = []
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.ensureDown' || results.length > 0) return
      results.push(deployTag(world.process().app, shop, 'v1.2.0'))
      await results[0]
    }
    await climb(app, shop, { look: false })
    expect(await Promise.all(results)).toMatchObject([{ answer: { outcome: 'succeeded' } }])
  })
})

describe('secrets', () => {
  const secret = (name: string, onRollback: SecretReference['onRollback']): SecretReference => ({
    name,
    onRollback,
    source: { kind: 'file', path: `/run/${name}` },
  })
  const definition = buildDefinition({
    secrets: [secret('DATABASE_URL', 'restore'), secret('PAYMENT_KEY', 'keep_current')],
  })

  function envOf(world: World, replica: string) {
    return [...world.engine.containers.values()].find(({ spec }) => spec.name === replica)?.env
  }

  async function rotated() {
    const world = new World()
    const { app } = world.process()
    world.secrets.set('DATABASE_URL', 'database-one').set('PAYMENT_KEY', 'payment-one')
    await deployTag(app, definition, 'v1.0.0')
    world.secrets.set('DATABASE_URL', 'database-two').set('PAYMENT_KEY', 'payment-two')
    await deployTag(app, definition, 'v1.1.0')
    return { world, app }
  }

  it('come back as they were, except those that stay', async () => {
    const { world, app } = await rotated()
    const planned = await planRollbackOf(app, definition, { ...alice, to: null, force: new Set() })
    expect(planned).toMatchObject({ rung: 'retired' })
    expect(planned).toHaveProperty(
      'changes',
      expect.arrayContaining([expect.objectContaining({ name: 'PAYMENT_KEY', stays: true })]),
    )
    await doOverdue(app, { look: false })
    expect(await planRollbackOf(app, definition, { ...alice, to: null, force: new Set() })).toMatchObject({
      rung: 'warm',
    })
    expect((await rollBack(app, definition)).answer).toMatchObject({
      outcome: 'succeeded',
      rung: 'warm',
      to: { release: 'r1' },
    })
    expect(envOf(world, 'r1-3')).toMatchObject({ DATABASE_URL: 'database-one', PAYMENT_KEY: 'payment-two' })
    expect(envOf(world, 'r2-1')).toMatchObject({ DATABASE_URL: 'database-two', PAYMENT_KEY: 'payment-two' })
  })

  it('stand nowhere in the state in the clear', async () => {
    const { world, app } = await rotated()
    await rollBack(app, definition)
    await doOverdue(app, { look: true })
    const entries = readdirSync(world.folder, { recursive: true, withFileTypes: true })
    for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
      const bytes = readFileSync(join(parentPath, name), 'latin1')
      for (const value of ['database-one', 'database-two', 'payment-one', 'payment-two'])
        expect(bytes.includes(value), `${value} in ${name}`).toBe(false)
    }
  })

  it('that a service prints are hidden in what is said of its failure', async () => {
    const { world, app } = await rotated()
    const log = [{ stream: 'stderr' as const, text: 'cannot connect to database-two' }]
    world.engine.behaviour = ({ spec }) => (spec.release === 3 ? { healthyAfterMs: null, log } : {})
    const { answer } = await deployTag(app, definition, 'v1.2.0')
    expect(answer.error?.message).toContain('cannot connect to [redacted]')
    const lines = app.store.journal.ofTransaction(answer.transaction_id!).map((event) => JSON.stringify(event))
    expect(lines.filter((line) => line.includes('database-two'))).toEqual([])
  })

  it('that cannot be read stop a deploy before anything moves', async () => {
    const { world, app } = await rotated()
    world.secrets.delete('DATABASE_URL')
    const { answer, exit } = await deployTag(app, definition, 'v1.2.0')
    expect({ exit, code: answer.error?.code }).toEqual({ exit: 2, code: 'SECRET_UNAVAILABLE' })
    expect(world.answering(definition)).toBe(2)
  })
})

describe('what a service needs around it', () => {
  const { process } = buildDefinition()
  const joined = buildDefinition({
    process: { ...process, container: { networks: ['shop_default'] } },
    dependencies: [{ project: 'shop', service: 'db' }],
  })

  it('is looked for before anything moves', async () => {
    const world = new World()
    const { app } = world.process()
    await expect(deployTag(app, joined, 'v1.0.0')).rejects.toMatchObject({
      code: 'NETWORK_UNKNOWN',
      hint: 'Start what makes it (docker compose up -d db), or take it out of `networks`.',
    })
    expect([world.engine.containers.size, app.store.services.list()]).toEqual([0, []])
  })

  it('is warned about when it does not run', async () => {
    const world = new World()
    const { app } = world.process()
    world.engine.userNetworks.add('shop_default')
    const { answer } = await deployTag(app, joined, 'v1.0.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', warnings: [expect.stringMatching(/^db, .* does not run/)] })
    world.engine.composeServices.add('shop/db')
    expect((await deployTag(app, joined, 'v1.1.0')).answer.warnings).toEqual([])
  })

  it('is part of a release, whose rollback fails clearly without it', async () => {
    const world = new World()
    const { app } = world.process()
    const cold = { ...joined, standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 } }
    world.engine.userNetworks.add('shop_default')
    await deployTag(app, cold, 'v1.0.0')
    await deployTag(app, { ...cold, process }, 'v1.0.0')
    await climb(app, joined, { look: false })
    world.engine.userNetworks.clear()
    const { answer } = await rollBack(app, joined)
    expect(answer.error).toMatchObject({ code: 'ROLLBACK_FAILED' })
    expect(answer.error?.message).toContain('There is no network shop_default')
    expect(world.answering(joined)).toBe(2)
  })
})

describe('remove', () => {
  it('takes traffic, containers and releases away, and keeps the journal', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { replicas, transactionId } = await remove(app, { service: 'shop', environment: 'prod' }, alice)
    expect(replicas).toBe(4)
    expect(world.engine.containers.size).toBe(0)
    expect(world.proxy?.backends).toEqual([])
    expect(app.store.services.list()).toEqual([])
    expect(app.store.journal.ofTransaction(transactionId).at(-1)).toMatchObject({
      step: 'outcome',
      status: 'succeeded',
    })
    expect(app.store.journal.verify()).toBeGreaterThan(20)
  })
})
