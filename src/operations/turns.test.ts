import { describe, expect, it } from 'vitest'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { growing, plansOf } from '../../test/doubles/statements.ts'
import { alice, deployTag, rollBack } from '../../test/doubles/world.ts'
import { buildDefinition, NOW_AT } from '../../test/builders.ts'
import { PLAIN_TRIAL } from '../core/trial.ts'
import type { App } from './app.ts'
import { doOverdue } from './overdue.ts'
import { promote } from './promote.ts'
import { remove } from './remove.ts'
import { scopesEver, turnEntry, turnsAt, turnsIn } from './turns.ts'
import { undo } from './undo.ts'

const MINUTE_MS = 60_000
const trying = buildDefinition({
  trial: {
    ...PLAIN_TRIAL,
    steps: [
      { share: 500, forMs: 10_000, atMostMs: 30_000, manual: false },
      { share: 2_500, forMs: 10_000, atMostMs: 30_000, manual: false },
    ],
    bake: { forMs: 60_000, holdback: 100 },
  },
})

function told(app: App, limit = 100, span = { sinceAt: null as number | null, untilAt: Number.MAX_SAFE_INTEGER }) {
  return turnsIn(app, scopesEver(app), span, limit).map((turn) => {
    const { release, role, operation, ended } = turnEntry(app, turn)
    return `${release} ${role} by ${operation}, ${ended ?? 'goes on'}`
  })
}

function servedAt(app: App, minutes: number) {
  return turnsAt(app, scopesEver(app), NOW_AT + minutes * MINUTE_MS).map((turn) => {
    const { release, environment, share } = turnEntry(app, turn)
    return `${environment} ${release} ${share} %`
  })
}

describe('what served when', () => {
  it('is read from the journal, newest first, with who put it there and how it ended', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    expect(told(app)).toEqual([
      'r1 active by rollback, goes on',
      'r2 active by deploy, rolled_back',
      'r1 active by deploy, replaced',
    ])
    const [last] = turnsIn(app, scopesEver(app), { sinceAt: null, untilAt: app.clock.now() + 1 }, 1)
    expect(turnEntry(app, last!)).toMatchObject({
      service: 'shop',
      environment: 'prod',
      release: 'r1',
      version: 'v1.0.0',
      share: 100,
      from: '2026-04-05T10:24:00.000Z',
      until: null,
      transaction_id: expect.stringMatching(/^tx-\w{8}$/),
      actor: 'alice',
      ended_by: null,
    })
  })

  it('is known of any moment, in each environment', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    await deployTag(app, staging, 'v1.1.0')
    world.clock.pass(5 * MINUTE_MS)
    await rollBack(app, shop)
    world.clock.pass(5 * MINUTE_MS)
    await undo(app, shop, { ...alice, manner: 'plain' })
    expect(servedAt(app, -1)).toEqual([])
    expect(servedAt(app, 0)).toEqual(['prod r1 100 %'])
    expect(servedAt(app, 11)).toEqual(['prod r1 100 %'])
    expect(servedAt(app, 13)).toEqual(['prod r2 100 %'])
    expect(servedAt(app, 25)).toEqual(['prod r2 100 %', 'staging r1 100 %'])
    expect(servedAt(app, 30)).toEqual(['prod r1 100 %', 'staging r1 100 %'])
    expect(servedAt(app, 35)).toEqual(['prod r2 100 %', 'staging r1 100 %'])
    expect(told(app)[0]).toBe('r2 active by deploy, goes on')
  })

  it('knows a release that failed before users met it as one that never served', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('failed')
    expect(told(app)).toEqual(['r1 active by deploy, goes on'])
  })

  it('remembers a service that was removed, with the image that its journal names', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    await remove(app, shop, alice)
    world.clock.pass(MINUTE_MS)
    expect(servedAt(app, 6)).toEqual(['prod r1 100 %'])
    expect(servedAt(app, 12.5)).toEqual([])
    const [turn] = turnsAt(app, scopesEver(app), NOW_AT)
    expect(turnEntry(app, turn!)).toMatchObject({
      release: 'r1',
      version: 'v1.0.0',
      image: 'shop:v1.0.0',
      ended: 'removed',
      ended_by: { operation: 'remove', actor: 'alice' },
    })
    await deployTag(app, shop, 'v1.1.0')
    expect(told(app)).toEqual(['r2 active by deploy, goes on', 'r1 active by deploy, removed'])
  })

  it('shows no more than is asked for, each with its true beginning', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0'])
    expect(told(app, 2)).toEqual(['r4 active by deploy, goes on', 'r3 active by deploy, replaced'])
    const minute = (count: number) => NOW_AT + count * MINUTE_MS
    expect(told(app, 100, { sinceAt: minute(13), untilAt: minute(20) })).toEqual(['r2 active by deploy, replaced'])
    expect(told(app, 100, { sinceAt: minute(13), untilAt: minute(25) })).toEqual([
      'r3 active by deploy, replaced',
      'r2 active by deploy, replaced',
    ])
    expect(told(app, 100, { sinceAt: minute(40), untilAt: minute(41) })).toEqual(['r4 active by deploy, goes on'])
  })

  it('is of every scope that the journal knows', async () => {
    const { app } = await deployed(['v1.0.0'])
    await deployTag(app, staging, 'v1.0.0')
    expect(scopesEver(app)).toEqual([
      { service: 'shop', environment: 'prod' },
      { service: 'shop', environment: 'staging' },
    ])
  })

  it('says that a canary served as well, with its share at that moment, and what became of it', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.users.perSecond = 200
    const shares: string[][] = []
    world.interlude = async ({ name }) => {
      if (name === 'traffic.tally') shares.push(servedAt(app, (world.clock.now() - NOW_AT) / MINUTE_MS))
    }
    await deployTag(app, trying, 'v1.1.0')
    expect(shares[0]).toEqual(['prod r1 95 %', 'prod r2 5 %'])
    expect(shares.at(-1)).toEqual(['prod r1 75 %', 'prod r2 25 %'])
    expect(told(app)).toEqual([
      'r2 active by deploy, goes on',
      'r1 standby by deploy, goes on',
      'r2 candidate by deploy, promoted',
      'r1 active by deploy, replaced',
    ])
    const now = (world.clock.now() - NOW_AT) / MINUTE_MS
    expect(servedAt(app, now)).toEqual(['prod r2 99 %', 'prod r1 1 %'])
    await rollBack(app, shop)
    expect(told(app).slice(0, 3)).toEqual([
      'r1 active by rollback, goes on',
      'r2 active by deploy, rolled_back',
      'r1 standby by deploy, promoted',
    ])
    const candidate = turnsIn(app, [shop], { sinceAt: null, untilAt: world.clock.now() }, 100).find(
      ({ role }) => role === 'candidate',
    )
    expect(turnEntry(app, candidate!)).toMatchObject({ release: 'r2', share: 25 })
  })

  it('knows the end of a bake, in which the holdback loses its share', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.users.perSecond = 200
    await deployTag(app, trying, 'v1.1.0')
    await promote(app, shop, { ...alice, full: true })
    expect(told(app).slice(0, 2)).toEqual(['r2 active by deploy, goes on', 'r1 standby by deploy, replaced'])
  })

  it('knows a canary that was taken back as one that served', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.users.perSecond = 200
    world.users.failing.set(2, 0.24)
    expect((await deployTag(app, trying, 'v1.1.0')).answer.outcome).toBe('rolled_back')
    expect(told(app)).toEqual(['r2 candidate by deploy, rolled_back', 'r1 active by deploy, goes on'])
    const [candidate] = turnsIn(app, [shop], { sinceAt: null, untilAt: world.clock.now() + 1 }, 1)
    expect(turnEntry(app, candidate!)).toMatchObject({ ended_by: { operation: 'rollback', actor: 'autopilot' } })
  })

  it('knows a release that served until its own deploy took it back', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    // it dies between its health check and the proof
    world.interlude = async ({ name }) => {
      if (name !== 'traffic.probe') return
      for (const container of world.engine.containers.values()) {
        if (container.spec.release === 2) world.engine.stop(container)
      }
    }
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('rolled_back')
    expect(told(app)).toEqual([
      'r1 active by deploy, goes on',
      'r2 active by deploy, rolled_back',
      'r1 active by deploy, replaced',
    ])
  })

  it('knows of nobody while two releases that must not meet take turns', async () => {
    const exclusive = buildDefinition({
      process: {
        ...shop.process,
        mounts: [{ kind: 'volume', source: 'data', target: '/data', readOnly: false, shared: false }],
      },
    })
    const { world, app } = await deployed(['v1.0.0'], exclusive)
    const shares: string[][] = []
    world.interlude = async ({ name }) => {
      if (name === 'traffic.drain') shares.push(servedAt(app, (world.clock.now() - NOW_AT) / MINUTE_MS))
    }
    await deployTag(app, exclusive, 'v1.1.0')
    expect(shares[0]).toEqual([])
    expect(told(app)).toEqual(['r2 active by deploy, goes on', 'r1 active by deploy, replaced'])
  })

  it('knows that both serve while a ramp goes on', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const during: string[][] = []
    world.interlude = async ({ name }) => {
      if (name === 'traffic.ensure') during.push(servedAt(app, (world.clock.now() - NOW_AT) / MINUTE_MS))
    }
    await rollBack(app, shop, null, { rampMs: 5_000 })
    expect(during[1]).toEqual(['prod r2 null %', 'prod r1 null %'])
    expect(told(app).slice(0, 3)).toEqual([
      'r1 active by rollback, goes on',
      'r1 standby by rollback, promoted',
      'r2 active by deploy, rolled_back',
    ])
  })

  it('knows a takeover by the proxy as the rollback that it was written down as', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    for (const container of world.engine.containers.values()) {
      if (container.spec.release === 2) world.engine.stop(container)
    }
    await doOverdue(app, { look: true })
    const [turn] = turnsIn(app, [shop], { sinceAt: null, untilAt: world.clock.now() + 1 }, 1)
    expect(turnEntry(app, turn!)).toMatchObject({
      release: 'r1',
      operation: 'rollback',
      actor: 'autopilot',
      reason: 'no replica of r2 is up, and the proxy sends its users to r1',
    })
  })

  it('is read without going through the whole past', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const plans = await plansOf(app.store, () => {
      turnsAt(app, scopesEver(app), NOW_AT)
      turnsIn(app, scopesEver(app), { sinceAt: NOW_AT, untilAt: NOW_AT + 1 }, 1)
    })
    expect(plans.length).toBeGreaterThan(3)
    expect(growing(plans)).toEqual([])
  })
})
