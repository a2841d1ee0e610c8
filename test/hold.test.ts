// It stays back: holds, undo, freeze windows and outdated deploys, on a whole world in memory and a real state.
import { describe, expect, it } from 'vitest'
import { parseFreezeWindow } from '../src/core/freeze.ts'
import type { Definition } from '../src/core/model.ts'
import { deploy, planDeployOf } from '../src/operations/deploy.ts'
import { liftHold, placeHold } from '../src/operations/hold.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { remove } from '../src/operations/remove.ts'
import type { App } from '../src/operations/app.ts'
import { statusOf } from '../src/operations/status.ts'
import { planUndoOf, undo } from '../src/operations/undo.ts'
import type { Force } from '../src/core/plan-rollback.ts'
import { buildDefinition, buildProcess } from './builders.ts'
import { alice, deployTag, Killed, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition()
const scope = { service: 'shop', environment: 'prod' }
const ci = { actor: { name: 'ci:build', automated: true }, reason: null }
const frozenNow = buildDefinition({ freeze: [windowOf('Sun 09:00–Mon 08:00 UTC')] })
const frozenLater = buildDefinition({ freeze: [windowOf('Wed 09:00–Wed 10:00 UTC')] })

function windowOf(text: string) {
  const parsed = parseFreezeWindow(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

function automated(app: App, tag: string, force: readonly Force[] = [], definition: Definition = shop) {
  return deploy(app, definition, { ...ci, tag, force: new Set(force) })
}

async function rolledBack(tags: readonly string[] = ['v1.0.0', 'v1.1.0']) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) expect((await deployTag(app, shop, tag)).answer.outcome).toBe('succeeded')
  expect((await rollBack(app, shop)).answer.outcome).toBe('succeeded')
  await doOverdue(app, { look: false })
  return { world, app }
}

describe('a hold', () => {
  it('is placed by a rollback, with its story', async () => {
    const { world, app } = await rolledBack()
    const { rollback } = await import('../src/operations/rollback.ts')
    liftHold(app, scope, alice)
    await deployTag(app, shop, 'v1.2.0')
    const asked = { ...alice, reason: 'checkout answers 500', to: null, force: new Set<Force>() }
    const { answer } = await rollback(app, scope, asked)
    const hold = { since: expect.any(String), by: 'alice', reason: 'checkout answers 500', release: 'r3' }
    expect(answer).toMatchObject({ outcome: 'succeeded', hold })
    expect(Date.parse(answer.hold!.since)).toBeLessThanOrEqual(world.clock.now())
    expect(statusOf(app, scope, null).status.hold).toEqual(answer.hold)
  })

  it('refuses automated deploys with its story in one sentence, and journals that', async () => {
    const { world, app } = await rolledBack()
    const { answer, exit } = await automated(app, 'v1.2.0')
    expect(exit).toBe(3)
    expect(answer).toMatchObject({ outcome: 'refused', from: { release: 'r1' }, to: null, error: { code: 'HELD' } })
    expect(answer.hold).toMatchObject({ by: 'alice', release: 'r2' })
    expect(answer.error!.message).toBe(
      'Deploys of shop to prod are on hold since 2026-04-05 10:00 UTC, by alice (r2 v1.1.0 → r1 v1.0.0): no reason was given',
    )
    const events = app.store.journal.ofTransaction(answer.transaction_id!)
    expect(events.at(-1)).toMatchObject({ step: 'outcome', detail: { outcome: 'refused', code: 'HELD' } })
    expect(world.answering(shop)).toBe(1)
    expect(app.store.releases.list(shop, 10)).toHaveLength(2)
  })

  it('comes before the quarantine, and is forced apart from it', async () => {
    const { app } = await rolledBack()
    expect((await automated(app, 'v1.1.0')).answer.error?.code).toBe('HELD')
    expect((await automated(app, 'v1.1.0', ['hold'])).answer.error?.code).toBe('QUARANTINED')
    expect((await automated(app, 'v1.1.0', ['quarantine'])).answer.error?.code).toBe('HELD')
    expect((await automated(app, 'v1.1.0', ['quarantine', 'hold'])).answer.outcome).toBe('succeeded')
  })

  it('lets a deploy of what serves already be green', async () => {
    const { app } = await rolledBack()
    expect(await automated(app, 'v1.0.0')).toMatchObject({ exit: 0, answer: { outcome: 'noop' } })
  })

  it('pulls nothing, and takes over no configuration', async () => {
    const { world, app } = await rolledBack()
    const facts = { ...world.addImage('v1.4.0', 14), reference: 'shop:v1.4.0' }
    world.engine.removeImage(facts.configDigest)
    world.engine.remoteImages.set(facts.reference, facts)
    world.engine.calls.length = 0
    expect((await automated(app, 'v1.4.0')).answer.error?.code).toBe('HELD')
    const changed = buildDefinition({ listen: '127.0.0.1:18099' })
    expect((await automated(app, 'v1.2.0', [], changed)).answer.error?.code).toBe('HELD')
    expect(app.store.services.get(scope)?.definition.listen).toBe(shop.listen)
  })

  it('outlives a deploy that a person said yes to, and one that was forced', async () => {
    const { app } = await rolledBack()
    expect((await deployTag(app, shop, 'v1.2.0')).answer).toMatchObject({ outcome: 'succeeded', hold: { by: 'alice' } })
    expect((await automated(app, 'v1.3.0', ['hold'])).answer).toMatchObject({
      outcome: 'succeeded',
      hold: { release: 'r2' },
    })
    expect((await automated(app, 'v1.0.0')).answer.error?.code).toBe('HELD')
  })

  it('that comes between the question and the decision counts', async () => {
    const { world, app } = await rolledBack()
    const overHolds = [app.store.holds.get(scope)!.transactionId]
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.image') return
      world.interlude = async () => {}
      world.clock.pass(1)
      placeHold(app, scope, { ...alice, reason: 'not now' })
    }
    const { answer } = await deploy(app, shop, { ...alice, tag: 'v1.2.0', force: new Set(), overHolds })
    expect(answer).toMatchObject({ outcome: 'refused', error: { code: 'HELD' } })
    expect(answer.error!.message).toMatch(/by alice: not now$/)
  })

  it('is placed neither by a failed deploy nor by a rollback that finds nothing to do, and is lifted by neither', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    expect((await deployTag(app, shop, 'v1.1.0')).exit).toBe(4)
    expect(await rollBack(app, shop, 'r1')).toMatchObject({ exit: 6, answer: { hold: null } })
    expect(app.store.holds.get(scope)).toBeNull()
    placeHold(app, scope, alice)
    world.engine.behaviour = ({ spec }) => (spec.release === 3 ? { healthyAfterMs: null } : {})
    expect((await deployTag(app, shop, 'v1.1.0')).exit).toBe(4)
    expect(app.store.holds.get(scope)).not.toBeNull()
  })

  it('is placed by a rollback that another process finishes', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    await deployTag(app, shop, 'v1.1.0')
    const victim = world.process()
    world.interlude = async ({ name }) => {
      if (name !== 'traffic.probe') return
      victim.kill()
      throw new Killed(name)
    }
    await rollBack(victim.app, shop).catch(() => {})
    world.interlude = async () => {}
    expect(app.store.holds.get(scope)).toBeNull()
    expect((await doOverdue(app, { look: true })).left).toEqual([])
    expect(app.store.holds.get(scope)).toMatchObject({ placedBy: 'rollback', by: 'alice', release: 2, backTo: 1 })
  })

  it('by hand refuses too, is replaced by the next one, and waits for no operation', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    const results: unknown[] = []
    world.interlude = async ({ name }) => {
      if (name === 'runtime.awaitHealthy' && results.length === 0)
        results.push(placeHold(app, scope, { ...alice, reason: 'stock-taking' }))
    }
    // the deploy had decided already
    expect((await automated(app, 'v1.1.0')).answer.outcome).toBe('succeeded')
    world.interlude = async () => {}
    expect(results).toMatchObject([
      { exit: 0, answer: { operation: 'hold', outcome: 'succeeded', hold: { reason: 'stock-taking', release: null } } },
    ])
    expect((await automated(app, 'v1.2.0')).answer.error?.message).toMatch(/by alice: stock-taking$/)
    world.clock.pass(1)
    placeHold(app, scope, { ...alice, reason: 'still at it' })
    expect(app.store.holds.get(scope)?.reason).toBe('still at it')
    expect(app.store.journal.verify()).toBeGreaterThan(0)
  })

  it('is lifted by resume, which leaves the quarantine; a second resume has nothing to do', async () => {
    const { app } = await rolledBack()
    expect(liftHold(app, scope, alice)).toMatchObject({
      exit: 0,
      hold: { release: 2 },
      answer: { operation: 'resume', outcome: 'succeeded', hold: null, error: null },
    })
    expect(liftHold(app, scope, alice)).toMatchObject({
      exit: 6,
      answer: { outcome: 'noop', error: { code: 'NOTHING_TO_DO', message: 'there is no hold' } },
    })
    expect((await automated(app, 'v1.1.0')).answer.error?.code).toBe('QUARANTINED')
    expect((await automated(app, 'v1.2.0')).answer.outcome).toBe('succeeded')
  })

  it('goes with its service', async () => {
    const { app } = await rolledBack()
    await remove(app, scope, alice)
    expect(app.store.holds.get(scope)).toBeNull()
  })

  it('shows in a dry run', async () => {
    const { app } = await rolledBack()
    const planned = await planDeployOf(app, shop, { ...ci, tag: 'v1.2.0', force: new Set() })
    expect(planned?.decision).toMatchObject({ outcome: 'refused', code: 'HELD' })
    await expect(planDeployOf(app, shop, { ...ci, tag: 'v9.9.9', force: new Set() })).rejects.toThrow('on hold')
  })
})

describe('undo', () => {
  it('brings back exactly what was taken out, and lifts quarantine and hold', async () => {
    const { world, app } = await rolledBack()
    const planned = await planUndoOf(app, scope)
    expect(planned).toMatchObject({ outcome: 'plan', from: 1, to: 2, rung: 'cold' })
    const { answer, exit } = await undo(app, scope, alice)
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      operation: 'deploy',
      outcome: 'succeeded',
      from: { release: 'r1' },
      to: { release: 'r2', version: 'v1.1.0' },
      proof: { release: 'r2', answers: 20 },
      hold: null,
    })
    expect(world.answering(shop)).toBe(2)
    const back = app.store.releases.get(shop, 2)!
    expect(back).toMatchObject({ state: 'active', stable: true, rolledBack: false, activeBy: 'deploy' })
    expect(app.store.releases.quarantined(shop, back.identity)).toBeNull()
    expect(app.store.releases.list(shop, 10)).toHaveLength(2)
    expect((await automated(app, 'v1.2.0')).answer.outcome).toBe('succeeded')
  })

  it('has nothing to do a second time, before any rollback, and after a later deploy', async () => {
    const { app } = await rolledBack()
    expect((await undo(app, scope, alice)).exit).toBe(0)
    const again = await undo(app, scope, alice)
    expect(again).toMatchObject({
      exit: 6,
      answer: { operation: 'deploy', outcome: 'noop', error: { code: 'NOTHING_TO_DO' } },
    })
    expect(app.store.journal.ofTransaction(again.answer.transaction_id!)).toHaveLength(1)
    await rollBack(app, shop)
    await deployTag(app, shop, 'v1.2.0')
    expect(await undo(app, scope, alice)).toMatchObject({ exit: 6, noop: { why: 'nothing_to_undo', active: 3 } })
  })

  it('undoes the last of several rollbacks, and leads to a release that can be rolled back from again', async () => {
    const { world, app } = await rolledBack(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    await rollBack(app, shop, 'r1')
    expect((await undo(app, scope, alice)).answer.to?.release).toBe('r2')
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect((await undo(app, scope, alice)).answer.to?.release).toBe('r2')
    expect(world.answering(shop)).toBe(2)
  })

  it('still works after resume, by anyone, and in a freeze', async () => {
    const { app } = await rolledBack()
    app.store.services.define(frozenNow)
    liftHold(app, scope, alice)
    expect((await undo(app, scope, ci)).answer.outcome).toBe('succeeded')
  })

  it('leaves the release that served before serving when it fails; quarantine and hold stay, and it can be tried again', async () => {
    const { world, app } = await rolledBack()
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    const { answer, exit } = await undo(app, scope, alice)
    expect(exit).toBe(4)
    expect(answer).toMatchObject({ outcome: 'failed', error: { code: 'DEPLOY_FAILED' }, hold: { release: 'r2' } })
    expect(world.answering(shop)).toBe(1)
    const bad = app.store.releases.get(shop, 2)!
    expect(bad).toMatchObject({ state: 'standby', rolledBack: true })
    expect(app.store.releases.quarantined(shop, bad.identity)).not.toBeNull()
    expect(app.store.services.get(scope)).toMatchObject({ active: 1, candidate: null })
    world.engine.behaviour = () => ({})
    expect((await undo(app, scope, alice)).answer.outcome).toBe('succeeded')
  })

  it('leaves a hold that somebody placed for another reason', async () => {
    const { world, app } = await rolledBack()
    world.clock.pass(1)
    placeHold(app, scope, { ...alice, reason: 'stock-taking' })
    expect((await undo(app, scope, alice)).answer).toMatchObject({
      outcome: 'succeeded',
      hold: { reason: 'stock-taking', release: null },
    })
  })

  it('gives way to a rollback at once', async () => {
    const { world, app } = await rolledBack()
    const other = world.process().app
    const results: Promise<unknown>[] = []
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.awaitHealthy' || results.length > 0) return
      results.push(rollBack(other, shop))
      await results[0]
    }
    const { answer } = await undo(app, scope, alice)
    expect(answer).toMatchObject({ outcome: 'rolled_back', error: { code: 'PREEMPTED' } })
    expect(await results[0]).toMatchObject({ answer: { outcome: 'succeeded', from: { release: 'r2' } } })
    expect(world.answering(shop)).toBe(1)
    expect(app.store.holds.get(scope)).toMatchObject({ release: 2 })
  })

  it('brings back what a rollback took out of a deploy that had not ended', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    const other = world.process().app
    const results: Promise<unknown>[] = []
    world.interlude = async ({ name }) => {
      if (name !== 'runtime.awaitHealthy' || results.length > 0) return
      results.push(rollBack(other, shop))
      await results[0]
    }
    expect((await deployTag(app, shop, 'v1.1.0')).answer.error?.code).toBe('PREEMPTED')
    world.interlude = async () => {}
    expect((await undo(app, scope, alice)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
    expect(world.answering(shop)).toBe(2)
  })

  it('keeps the newest value of a secret that stays', async () => {
    const secret = {
      name: 'KEY',
      onRollback: 'keep_current' as const,
      source: { kind: 'file' as const, path: '/run/key' },
    }
    const definition = buildDefinition({ secrets: [secret] })
    const world = new World()
    const { app } = world.process()
    for (const [tag, value] of [
      ['v1.0.0', 'one'],
      ['v1.1.0', 'two'],
      ['v1.2.0', 'three'],
    ] as const) {
      world.secrets.set('KEY', value)
      await deployTag(app, definition, tag)
    }
    await rollBack(app, definition)
    await rollBack(app, definition, 'r1')
    const before = app.store.services.currentSecrets(scope)
    expect((await undo(app, scope, alice)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
    expect(app.store.services.currentSecrets(scope)).toEqual(before)
    const running = [...world.engine.containers.values()].filter(
      ({ spec, level }) => spec.release === 2 && level === 'running',
    )
    expect(running.map(({ env }) => env['KEY'])).toContain('three')
  })
})

describe('a rollback of a service with a worker', () => {
  const { health: _running, ...worker } = buildProcess('worker')
  const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
  const definition = buildDefinition({ processes: [{ ...worker, replicas: 1, standby }] })

  async function deployedTwice() {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, definition, 'v1.0.0')
    await deployTag(app, definition, 'v1.1.0')
    return { world, app }
  }

  it('is undone as a whole', async () => {
    const { world, app } = await deployedTwice()
    await rollBack(app, definition)
    expect(world.working(definition)).toEqual([1])
    expect((await undo(app, scope, alice)).answer.outcome).toBe('succeeded')
    expect({ answering: world.answering(definition), working: world.working(definition) }).toEqual({
      answering: 2,
      working: [2],
    })
  })

  it('places its hold as soon as users are safe, and can be undone although its worker did not start', async () => {
    const { world, app } = await deployedTwice()
    world.engine.behaviour = ({ spec }) => (spec.name === 'r1-worker-1' ? { startFails: 'no such file' } : {})
    expect(await rollBack(app, definition)).toMatchObject({ exit: 5, answer: { hold: { release: 'r2' } } })
    expect((await automated(app, 'v1.2.0', [], definition)).answer.error?.code).toBe('HELD')
    expect((await undo(app, scope, alice)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
    expect(world.working(definition)).toEqual([2])
  })
})

describe('a freeze', () => {
  it('refuses deploys until it ends, unless it is forced', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    const refused = await deployTag(app, frozenNow, 'v1.1.0')
    expect({ exit: refused.exit, code: refused.answer.error?.code }).toEqual({ exit: 3, code: 'FROZEN' })
    expect(refused.answer.error?.message).toBe(
      'Deploys of shop to prod are frozen until 2026-04-06 08:00 UTC (Sun 09:00–Mon 08:00 UTC).',
    )
    expect((await deployTag(app, frozenNow, 'v1.0.0')).answer.outcome).toBe('noop')
    expect((await deployTag(app, frozenLater, 'v1.1.0')).answer.outcome).toBe('succeeded')
    expect((await deployTag(app, frozenNow, 'v1.2.0', ['freeze'])).answer.outcome).toBe('succeeded')
  })

  it('never stops a rollback', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    await deployTag(app, frozenNow, 'v1.1.0', ['freeze'])
    expect((await rollBack(app, shop)).answer.outcome).toBe('succeeded')
  })

  it('refuses a first deploy too', async () => {
    const { app } = new World().process()
    expect((await deployTag(app, frozenNow, 'v1.0.0')).answer.error?.code).toBe('FROZEN')
    expect((await deployTag(app, frozenNow, 'v1.0.0', ['freeze'])).answer.outcome).toBe('succeeded')
  })
})

describe('an outdated deploy', () => {
  const [first, second, third] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)]

  function built(): { world: World; app: App } {
    const world = new World()
    world.addImage('v2.0.0', 20, first)
    world.addImage('v2.1.0', 21, second)
    world.addImage('v2.2.0', 22, third)
    world.addImage('v2.2.1', 23, third)
    world.commits.set(first, null).set(second, first).set(third, second)
    return { world, app: world.process().app }
  }

  it('is refused when what serves was built on its revision, unless it is forced', async () => {
    const { app } = built()
    await deployTag(app, shop, 'v2.2.0')
    const refused = await deployTag(app, shop, 'v2.1.0')
    expect({ exit: refused.exit, code: refused.answer.error?.code }).toEqual({ exit: 3, code: 'OUTDATED' })
    expect(refused.answer.error?.message).toContain(
      'bbbbbbbbbbbb is an ancestor of cccccccccccc, which r1 v2.2.0 serves',
    )
    expect((await deployTag(app, shop, 'v2.1.0', ['outdated'])).answer.outcome).toBe('succeeded')
  })

  it('is not one of the same revision, of a newer one, or of one that git does not know', async () => {
    const { world, app } = built()
    await deployTag(app, shop, 'v2.1.0')
    for (const tag of ['v2.2.0', 'v2.2.1', 'v1.0.0'])
      expect((await deployTag(app, shop, tag)).answer).toMatchObject({ outcome: 'succeeded' })
    await deployTag(app, shop, 'v2.2.0')
    world.commits.delete(first)
    expect((await deployTag(app, shop, 'v2.0.0')).answer.outcome).toBe('succeeded')
  })

  it('may be gone back to by a rollback, and what was built on it is then no more in its way', async () => {
    const { app } = built()
    await deployTag(app, shop, 'v2.0.0')
    await deployTag(app, shop, 'v2.1.0')
    expect((await rollBack(app, shop)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    expect((await deployTag(app, shop, 'v2.2.0')).answer.outcome).toBe('succeeded')
  })
})
