// The proxy lets a standby serve when no replica of the active release is up; what Astern makes of that when it finds out.
import { describe, expect, it } from 'vitest'
import { PLAIN_TRIAL } from '../src/core/trial.ts'
import type { Definition } from '../src/core/model.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { createTakeoverWatch } from '../src/operations/takeover.ts'
import { buildDefinition } from './builders.ts'
import { deployed } from './doubles/deployed.ts'

const scope = { service: 'shop', environment: 'prod' }
const trouble = (where: string, reason: string) => expect.unreachable(`${where}: ${reason}`)

/** r2 serves beside a warm r1; then every container of r2 is gone. */
async function dead(definition: Definition = buildDefinition()) {
  const { world, app } = await deployed(['v1.0.0', 'v1.1.0'], definition)
  expect(app.store.replicas.wanted().backends[0]).toMatchObject({ standIn: 1 })
  for (const container of world.engine.containers.values()) {
    if (container.spec.release === 2) world.engine.stop(container)
  }
  return { world, app }
}

describe('a standby that serves because nobody else is up', () => {
  it('is made the active release by whoever looks next, with hold and quarantine', async () => {
    const { app } = await dead()
    await doOverdue(app, { look: true })
    expect(app.store.services.get(scope)?.active).toBe(1)
    expect(app.store.holds.get(scope)).toMatchObject({
      by: 'autopilot',
      reason: 'no replica of r2 is up, and the proxy sends its users to r1',
    })
  })

  it('is believed at the second look, and once', async () => {
    const { app } = await dead()
    const watch = createTakeoverWatch(app)
    expect(await watch.look(trouble)).toEqual([])
    await app.clock.sleep(1_000)
    expect(await watch.look(trouble)).toMatchObject([{ did: 'rolled_back' }])
    await app.clock.sleep(1_000)
    expect(await watch.look(trouble)).toEqual([])
    expect(app.store.operations.list(20).filter(({ kind }) => kind === 'rollback')).toHaveLength(1)
  })

  it('waits for a release that is only starting, as long as that may take', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.unready.add(2)
    const watch = createTakeoverWatch(app)
    await watch.look(trouble)
    await app.clock.sleep(1_000)
    expect(await watch.look(trouble)).toEqual([])
    await app.clock.sleep(app.store.releases.get(scope, 2)!.config.health.startPeriodMs)
    expect(await watch.look(trouble)).toMatchObject([{ did: 'rolled_back' }])
  })

  it('is only told of where the autopilot advises, and the release that died is started again', async () => {
    const { app } = await dead(buildDefinition({ trial: { ...PLAIN_TRIAL, autopilot: 'advise' } }))
    const watch = createTakeoverWatch(app)
    await watch.look(trouble)
    expect(await watch.look(trouble)).toMatchObject([{ did: 'advised' }])
    await doOverdue(app, { look: true })
    expect(app.store.services.get(scope)?.active).toBe(2)
    expect(app.store.holds.get(scope)).toBeNull()
    expect(
      app.store.replicas.of(scope).filter(({ release, level }) => release === 2 && level === 'running'),
    ).toHaveLength(2)
  })

  it('is nobody who was rolled back from, or whose deploy failed', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { rollBack } = await import('./doubles/world.ts')
    await rollBack(app, scope)
    expect(app.store.replicas.wanted().backends[0]).toMatchObject({ standIn: null })
  })
})
