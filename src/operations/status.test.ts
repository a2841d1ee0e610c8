import { describe, expect, it } from 'vitest'
import { buildDefinition } from '../../test/builders.ts'
import { growing, plansOf } from '../../test/doubles/statements.ts'
import { deployTag, rollBack, World } from '../../test/doubles/world.ts'
import type { Definition } from '../core/model.ts'
import type { App } from './app.ts'
import { doOverdue } from './overdue.ts'
import { healthOf, lookAtTraffic, replicasOf, sharesOf, statusOf } from './status.ts'

const HOUR_MS = 3_600_000
const shop = buildDefinition()

async function deployed(tags: readonly string[], definition: Definition = shop) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) expect((await deployTag(app, definition, tag)).answer.outcome).toBe('succeeded')
  return { world, app }
}

async function status(app: App, scope = shop) {
  const { traffic } = await lookAtTraffic(app)
  return statusOf(app, scope, traffic)
}

describe('the status of a service', () => {
  it('has the names of the contract and its processes, and nothing is missing', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const digest = (number: number) => `sha256:${String(number).padStart(64, '0')}`
    expect((await status(app)).status).toEqual({
      service: 'shop',
      environment: 'prod',
      active: { release: 'r2', version: 'v1.1.0', image: 'shop:v1.1.0', digest: digest(2) },
      candidate: null,
      standby: [{ release: 'r1', version: 'v1.0.0', image: 'shop:v1.0.0', digest: digest(1), rung: 'warm' }],
      shares: { r2: 100 },
      health: 'healthy',
      processes: [{ process: 'web', running: 2, wanted: 2 }],
      hold: null,
      trial: null,
    })
  })

  it('is down with nothing but nulls before the first release', async () => {
    const { app } = await deployed([])
    app.store.services.define(shop)
    expect((await status(app)).status).toEqual({
      service: 'shop',
      environment: 'prod',
      active: null,
      candidate: null,
      standby: [],
      shares: {},
      health: 'down',
      processes: [],
      hold: null,
      trial: null,
    })
  })

  it('names the candidate while it is on trial, and the release that serves beside it', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const seen: unknown[] = []
    world.interlude = async ({ name, when }) => {
      if (name !== 'runtime.awaitHealthy' || when !== 'before') return
      const { traffic } = await lookAtTraffic(world.process().app)
      const { candidate, active, shares, standby } = statusOf(app, shop, traffic).status
      seen.push({ candidate: candidate?.release, active: active?.release, shares, standby })
    }
    await deployTag(app, shop, 'v1.1.0')
    expect(seen).not.toHaveLength(0)
    for (const one of seen) expect(one).toEqual({ candidate: 'r2', active: 'r1', shares: { r1: 100 }, standby: [] })
  })

  it('is degraded when one of two replicas does not answer, and down when none does', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const [first, second] = [...world.engine.containers.values()]
    world.engine.stop(first!)
    expect(await status(app)).toMatchObject({
      status: { health: 'degraded', processes: [{ process: 'web', running: 1, wanted: 2 }] },
    })
    world.engine.stop(second!)
    expect(await status(app)).toMatchObject({
      status: { health: 'down', processes: [{ process: 'web', running: 0, wanted: 2 }] },
    })
  })

  it('is down when the proxy is, with shares and rungs as they are committed', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.proxy = null
    const { traffic, trouble } = await lookAtTraffic(app)
    expect(trouble?.code).toBe('PROXY_DOWN')
    expect(statusOf(app, shop, traffic).status).toMatchObject({
      health: 'down',
      shares: { r2: 100 },
      standby: [{ release: 'r1', rung: 'warm' }],
    })
  })

  it('tells what the proxy does, not what it should do', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const [backend] = world.proxy!.backends
    const servers = backend!.servers.map((server) => ({ ...server, weight: server.release === 1 ? 5 : 95 }))
    world.proxy = { ...world.proxy!, backends: [{ ...backend!, servers }] }
    expect((await status(app)).status.shares).toEqual({ r2: 95, r1: 5 })
  })

  it('asks neither the engine nor for secrets', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.engine.state = 'hung'
    const calls = world.engine.calls.length
    expect((await status(app)).status.health).toBe('healthy')
    expect(world.engine.calls).toHaveLength(calls)
  })

  it('reads no table from end to end, however long the history is', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const plans = await plansOf(app.store, () => status(app))
    expect(plans).toContainEqual(expect.stringMatching(/^SEARCH releases USING/))
    expect(growing(plans)).toEqual([])
  })

  it('follows a standby down the ladder, and keeps the target of a rollback when it is retired', async () => {
    const definition = buildDefinition({
      standby: { warm: 1, warmForMs: HOUR_MS, frozen: 1, frozenForMs: HOUR_MS, cold: 1 },
    })
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], definition)
    const rung = async () => (await status(app)).status.standby.map(({ release, rung }) => `${release} ${rung}`)
    expect(await rung()).toEqual(['r1 warm'])
    world.clock.pass(HOUR_MS)
    await doOverdue(app, { look: false })
    expect(await rung()).toEqual(['r1 frozen'])
    world.clock.pass(HOUR_MS)
    await doOverdue(app, { look: false })
    expect(await rung()).toEqual(['r1 cold'])
    app.store.services.define({ ...definition, standby: { ...definition.standby, cold: 0 } })
    await doOverdue(app, { look: false })
    expect(world.engine.containers.size).toBe(2)
    expect(await rung()).toEqual(['r1 retired'])
  })

  it('lists the release that was rolled back from last, with the reason of its quarantine', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    await rollBack(app, shop)
    await doOverdue(app, { look: false })
    const { standbys, target, status: contract } = await status(app)
    expect(contract.active?.release).toBe('r2')
    expect(standbys.map(({ release, rung, quarantine }) => [release.number, rung, quarantine])).toEqual([
      [3, 'cold', 'no reason was given'],
      [1, 'warm', null],
    ])
    expect(target).toBeNull()
  })

  it('does not take a release whose deploy failed for a standby', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    await deployTag(app, shop, 'v1.1.0')
    expect(world.engine.containers.size).toBe(4)
    expect((await status(app)).status.standby).toEqual([])
  })

  it('says who works on it', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    let busy: unknown = null
    world.interlude = async () => {
      busy ??= statusOf(app, shop, null).busy
    }
    await deployTag(app, shop, 'v1.1.0')
    expect(busy).toMatchObject({ kind: 'deploy', actor: 'alice' })
    expect((await status(app)).busy).toBeNull()
  })
})

describe('shares', () => {
  const server = (release: number, weight: number, mode: 'ready' | 'maintenance' = 'ready') => ({
    release,
    weight,
    mode,
  })

  it('are percent by release, the largest first, to two digits', () => {
    expect(Object.entries(sharesOf([server(41, 5), server(42, 95)]))).toEqual([
      ['r42', 95],
      ['r41', 5],
    ])
    expect(sharesOf([server(1, 1), server(2, 1), server(3, 1)])).toEqual({ r3: 33.33, r2: 33.33, r1: 33.33 })
  })

  it('leave out who gets nothing', () => {
    expect(sharesOf([server(1, 0), server(2, 100, 'maintenance')])).toEqual({})
  })
})

describe('health', () => {
  it('is healthy with more replicas than are wanted, too', () => {
    const web = (running: number) => healthOf([{ process: 'web', running, wanted: 2 }])
    expect([web(0), web(1), web(2), web(3)]).toEqual(['down', 'degraded', 'healthy', 'healthy'])
  })
})

describe('health with a worker', () => {
  const worker = (running: number) => ({ process: 'worker', running, wanted: 1 })

  it('is degraded without its worker while users are served, and down without web', () => {
    expect(healthOf([{ process: 'web', running: 1, wanted: 1 }, worker(0)])).toBe('degraded')
    expect(healthOf([{ process: 'web', running: 0, wanted: 1 }, worker(1)])).toBe('down')
  })

  it('is that of its workers where nobody is served', () => {
    expect([healthOf([worker(0)]), healthOf([worker(1)])]).toEqual(['down', 'healthy'])
  })
})

describe('the replicas of a release', () => {
  it('are shown with what the proxy does with each', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { traffic } = await lookAtTraffic(app)
    const standby = replicasOf(app, shop, app.store.releases.get(shop, 1)!, traffic)
    expect(standby.rung).toBe('warm')
    expect(standby.replicas).toMatchObject([
      { name: 'r1-1', level: 'running', weight: 0, up: true },
      { name: 'r1-2', level: 'running', weight: 0, up: true },
    ])
    expect(replicasOf(app, shop, app.store.releases.get(shop, 2)!, null)).toMatchObject({
      rung: null,
      replicas: [
        { name: 'r2-1', weight: 100, up: null },
        { name: 'r2-2', weight: 100, up: null },
      ],
    })
  })
})
