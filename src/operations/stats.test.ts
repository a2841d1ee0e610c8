import { describe, expect, it } from 'vitest'
import { buildDefinition, NOW_AT } from '../../test/builders.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { alice, deployTag, rollBack, World } from '../../test/doubles/world.ts'
import { PLAIN_TRIAL } from '../core/trial.ts'
import type { App } from './app.ts'
import { deploy } from './deploy.ts'
import { doOverdue } from './overdue.ts'
import { promote } from './promote.ts'
import { rollback } from './rollback.ts'
import { stats } from './stats.ts'
import { undo } from './undo.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

function figures(app: App, scopes = [{ service: 'shop', environment: 'prod' }]) {
  return stats(app, scopes, { sinceAt: NOW_AT - HOUR_MS, untilAt: app.clock.now() + 1 })
}

async function shopFigures(app: App) {
  return (await figures(app)).services[0]!
}

describe('the figures', () => {
  it('of deploys that went well and one that was rolled back from', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    await rollBack(app, shop)
    world.clock.pass(MINUTE_MS)
    expect(await shopFigures(app)).toMatchObject({
      since: '2026-04-05T10:00:00.000Z',
      deployment_frequency: { deployments: 3 },
      lead_time_for_changes: { median_ms: null, count: 0, of: 3, unknown_commits: 3 },
      change_failure_rate: { rate: 1 / 3, failed: 1, of: 3, before_users: 0, during_deploy: 0, rolled_back_later: 1 },
      time_to_restore: { median_ms: 12 * MINUTE_MS, count: 1, of: 1 },
      rollbacks: { count: 1, by: { person: 1, autopilot: 0 }, switch: { median_ms: expect.any(Number), count: 1 } },
    })
  })

  it('know when the commit was made that a release was built from', async () => {
    const world = new World()
    const { app } = world.process()
    world.addImage('v2.0.0', 20, 'abcd')
    world.committedAt.set('abcd', NOW_AT - 2 * HOUR_MS)
    await deployTag(app, shop, 'v1.0.0')
    await deployTag(app, shop, 'v2.0.0')
    const { lead_time_for_changes: leadTime } = await shopFigures(app)
    expect(leadTime).toEqual({ median_ms: 2 * HOUR_MS, count: 1, of: 2, unknown_commits: 1 })
  })

  it('tell a deploy that no user met from one that went back by itself', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('failed')
    world.interlude = async ({ name }) => {
      if (name !== 'traffic.probe') return
      for (const container of world.engine.containers.values()) {
        if (container.spec.release === 3) world.engine.stop(container)
      }
    }
    expect((await deployTag(app, shop, 'v1.2.0')).answer.outcome).toBe('rolled_back')
    expect(await shopFigures(app)).toMatchObject({
      deployment_frequency: { deployments: 1 },
      change_failure_rate: { failed: 2, of: 3, before_users: 1, during_deploy: 1, rolled_back_later: 0 },
      time_to_restore: { count: 1, of: 1 },
      rollbacks: { count: 1, by: { deploy: 1 } },
    })
  })

  it('count a canary that the autopilot took back once', async () => {
    const steps = [{ share: 500, forMs: 10_000, atMostMs: 30_000, manual: false }]
    const { world, app } = await deployed(['v1.0.0'])
    world.users.perSecond = 200
    world.users.failing.set(2, 0.5)
    await deployTag(app, buildDefinition({ trial: { ...PLAIN_TRIAL, steps } }), 'v1.1.0')
    expect(await shopFigures(app)).toMatchObject({
      change_failure_rate: { failed: 1, of: 2, during_deploy: 1 },
      rollbacks: { count: 1, by: { autopilot: 1, deploy: 0 } },
      time_to_restore: { count: 1, of: 1 },
    })
  })

  it('take a rollback that was undone for a false alarm', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    await undo(app, shop, { ...alice, manner: 'plain' })
    expect(await shopFigures(app)).toMatchObject({
      deployment_frequency: { deployments: 2 },
      change_failure_rate: { failed: 0, of: 2 },
      rollbacks: { count: 1 },
    })
    await rollBack(app, shop)
    expect((await shopFigures(app)).change_failure_rate).toMatchObject({ failed: 1, of: 2 })
  })

  it('count neither what was refused or had nothing to do, nor the same change twice', async () => {
    const { app } = await deployed(['v1.0.0'])
    await deployTag(app, shop, 'v1.0.0')
    await deployTag(app, shop, 'v1.1.0')
    await rollBack(app, shop)
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('refused')
    await rollBack(app, shop)
    await deploy(app, shop, { ...alice, tag: 'v1.2.0', force: new Set(['hold']), manner: 'stage' })
    expect((await shopFigures(app)).change_failure_rate).toMatchObject({ failed: 1, of: 2 })
    await promote(app, shop, { ...alice, full: true })
    expect((await shopFigures(app)).change_failure_rate).toMatchObject({ failed: 1, of: 3 })
  })

  it('tell people, automation and a standby that stood in apart', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    for (const container of world.engine.containers.values()) {
      if (container.spec.release === 3) world.engine.stop(container)
    }
    await doOverdue(app, { look: true })
    const ci = { actor: { name: 'ci:main', automated: true }, reason: null }
    await rollback(app, shop, { ...ci, to: 'r1', force: new Set() })
    expect((await shopFigures(app)).rollbacks).toMatchObject({
      count: 2,
      by: { stand_in: 1, automation: 1, autopilot: 0 },
    })
  })

  it('are of each service and environment, and of all together', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await deployTag(app, staging, 'v1.0.0')
    const { services, total } = await figures(app, app.store.operations.scopes())
    expect(
      services.map(({ environment, deployment_frequency: { deployments } }) => [environment, deployments]),
    ).toEqual([
      ['prod', 2],
      ['staging', 1],
    ])
    expect(total.deployment_frequency.deployments).toBe(3)
  })

  it('are of the time in which there was something', async () => {
    const { app } = await deployed([])
    const { services, total } = await figures(app, [])
    expect(services).toEqual([])
    expect(total.change_failure_rate).toMatchObject({ rate: null, of: 0 })
  })
})
