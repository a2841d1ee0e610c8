// What the containers of a release are told: right after every operation, mended when it is wrong, and never waited for by a switch.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { climb } from '../src/operations/ladder.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import { remove } from '../src/operations/remove.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition()

async function deployed(...tags: string[]) {
  const world = new World()
  const { app, moments } = world.process()
  for (const tag of tags) await deployTag(app, shop, tag)
  return { world, app, moments }
}

describe('the role of a release', () => {
  it('is candidate until it serves, and nobody else’s before', async () => {
    const { world, app } = await deployed('v1.0.0')
    const told = new Set<string>()
    world.observer = ({ name }) => {
      if (name === 'runtime.ensureRunning' || name === 'traffic.probe') told.add(JSON.stringify(world.roles(shop)))
    }
    await deployTag(app, shop, 'v1.1.0')
    expect([...told]).toEqual([JSON.stringify({ r1: 'active', r2: 'candidate' })])
    expect(world.roles(shop)).toEqual({ r1: 'standby', r2: 'active' })
  })

  it('is standby again when its deploy fails', async () => {
    const { world, app } = await deployed('v1.0.0')
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    await deployTag(app, shop, 'v1.1.0')
    expect(world.roles(shop)).toEqual({ r1: 'active', r2: 'standby' })
  })

  it('is no business of a warm rollback, and the next thing after it', async () => {
    const { world, app, moments } = await deployed('v1.0.0', 'v1.1.0')
    const before = moments.length
    await rollBack(app, shop)
    expect(moments.slice(before).filter(({ name }) => name.startsWith('roles'))).toEqual([])
    expect(isOverdue(app)).toBe(true)
    await doOverdue(app, { look: false })
    expect(world.roles(shop)).toEqual({ r1: 'active', r2: 'standby' })
    expect(isOverdue(app)).toBe(false)
  })

  it('is mended when a file says something else', async () => {
    const { world, app } = await deployed('v1.0.0', 'v1.1.0')
    writeFileSync(join(app.roles.folder(shop, 1), 'role'), 'active')
    app.roles.remove(shop, 2)
    await doOverdue(app, { look: false })
    expect(world.roles(shop)).toEqual({ r1: 'standby', r2: 'active' })
  })

  it('that cannot be written stops no deploy, and is told as work that is left', async () => {
    const { world, app } = await deployed('v1.0.0')
    const full = new Error('no space')
    const roles = {
      ...app.roles,
      write: (...[scope, release, role]: Parameters<typeof app.roles.write>) => {
        if (role !== 'candidate') throw full
        app.roles.write(scope, release, role)
      },
    }
    const { answer } = await deployTag({ ...app, roles }, shop, 'v1.1.0')
    expect(answer.outcome).toBe('succeeded')
    const { left } = await doOverdue({ ...app, roles }, { look: false })
    expect(left).toMatchObject([{ error: full }])
    expect(world.roles(shop)).toEqual({ r1: 'active', r2: 'candidate' })
    await doOverdue(app, { look: false })
    expect(world.roles(shop)).toEqual({ r1: 'standby', r2: 'active' })
  })

  it('goes with the last container of its release', async () => {
    const none = buildDefinition({ standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 } })
    const { world, app } = await deployed('v1.0.0')
    await deployTag(app, none, 'v1.1.0')
    await climb(app, none, { look: false })
    await doOverdue(app, { look: false })
    expect(world.roles(shop)).toEqual({ r2: 'active' })
    await remove(app, shop, alice)
    expect(world.roles(shop)).toEqual({})
  })
})
