import { describe, expect, it } from 'vitest'
import { buildDefinition } from '../../test/builders.ts'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployTag, World } from '../../test/doubles/world.ts'
import { PLAIN_RETENTION } from '../core/retention-policy.ts'
import { doOverdue } from '../operations/overdue.ts'
import { run as pin } from './pin.ts'
import { run as prune } from './prune.ts'
import { run as releases } from './releases.ts'
import { run as show } from './show.ts'
import { run as status } from './status.ts'
import { run as unpin } from './unpin.ts'

const retention = { ...PLAIN_RETENTION, releases: 1, atLeast: 1 }
const standby = { warm: 1, warmForMs: 3_600_000, frozen: 0, frozenForMs: 0, cold: 1 }
const shop = buildDefinition({ retention, standby })
const staging = buildDefinition({ retention, standby, environment: 'staging', listen: '127.0.0.1:18081' })

/** r4 serves, r3 is warm, r2 cold, and r1 is more than is kept. */
async function fourReleases() {
  const world = new World()
  const { app } = world.process()
  for (const tag of ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0']) {
    await deployTag(app, shop, tag)
    world.clock.pass(60_000)
    await doOverdue(app, { look: false })
  }
  const has = (tag: string) => world.engine.images.has(`shop:${tag}`)
  return { world, app, has }
}

describe('astern prune', () => {
  it('shows what goes and what stays with every reason, and changes nothing with --dry-run', async () => {
    const { app, has } = await fourReleases()
    const { context, out, questions } = createConsole(app)
    expect(await prune(context, given('prune', [], { 'dry-run': true }))).toBe(0)
    const lines = out.map((line) => line.replaceAll(/ +/g, ' '))
    expect(lines).toEqual([
      'shop · prod',
      'goes r1 image shop:v1.0.0 10 MB more than are kept',
      'stays r4 serves',
      ' r3 a rollback would go there',
      ' r2 stands by',
      'no way back r1: in the history alone from then on, no way back',
      '1 would be deleted, up to 10 MB of disk; nothing was changed',
    ])
    expect([questions, has('v1.0.0')]).toEqual([[], true])
    expect(app.store.operations.list(1)[0]?.kind).not.toBe('prune')
  })

  it('asks, deletes, and says so', async () => {
    const { app, has } = await fourReleases()
    const { context, out, questions } = createConsole(app, { says: true })
    expect(await prune(context, given('prune'))).toBe(0)
    expect(questions).toEqual(['Delete these 1?'])
    expect(out.at(-1)).toBe('1 deleted, up to 10 MB of disk')
    expect([has('v1.0.0'), has('v1.1.0')]).toEqual([false, true])
  })

  it.each([null, false])('deletes nothing when the answer is %s', async (says) => {
    const { app, has } = await fourReleases()
    const { context } = createConsole(app, { says })
    await expect(prune(context, given('prune'))).rejects.toMatchObject({ code: 'USAGE', exit: 2 })
    expect(has('v1.0.0')).toBe(true)
  })

  it('speaks to machines: step lines, and one object with everything', async () => {
    const { app } = await fourReleases()
    const { context, out, answer } = createConsole(app, { json: true })
    await prune(context, given('prune', [], { yes: true }))
    const steps = out.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(steps.map(({ step, status: how }) => `${String(step)} ${String(how)}`)).toEqual([
      'remove_image started',
      'remove_image succeeded',
      'outcome succeeded',
    ])
    const releaseAndWhy = (release: string, why: string) => ({ release, why, of: null })
    expect(answer()).toEqual({
      transaction_id: expect.stringMatching(/^tx-/),
      operation: 'prune',
      service: 'shop',
      environment: 'prod',
      outcome: 'succeeded',
      dry_run: false,
      disk_free_percent: 50,
      freed_bytes: 10_000_000,
      copied: expect.any(Array),
      services: [
        {
          transaction_id: expect.stringMatching(/^tx-/),
          service: 'shop',
          environment: 'prod',
          pressure: false,
          removed: [{ kind: 'image', release: 'r1', what: 'shop:v1.0.0', why: 'over_count', size_bytes: 10_000_000 }],
          kept: [releaseAndWhy('r4', 'serves'), releaseAndWhy('r3', 'target'), releaseAndWhy('r2', 'standby')],
          skipped: [],
          gone: ['r1'],
          lost: [],
        },
      ],
      warnings: [],
      error: null,
    })
  })

  it('takes copies of what stays before anything goes', async () => {
    const { world, app } = await fourReleases()
    const { context, answer } = createConsole(app, { json: true })
    await prune(context, given('prune', [], { yes: true }))
    expect(answer()).toMatchObject({ copied: [4, 3, 2].map((seed) => `sha256:${String(seed).padStart(64, '0')}`) })
    expect(world.archive.copies.size).toBe(3)
  })

  it('says that there is nothing to let go, and that is no failure', async () => {
    const { app } = await fourReleases()
    await prune(createConsole(app).context, given('prune', [], { yes: true }))
    const { context, out, answer } = createConsole(app)
    expect(await prune(context, given('prune'))).toBe(0)
    expect(out.at(-1)).toBe('nothing to let go')
    const machine = createConsole(app, { json: true })
    await prune(machine.context, given('prune', [], { yes: true }))
    expect(machine.answer()).toMatchObject({ outcome: 'noop', transaction_id: null, freed_bytes: 0 })
    expect(answer).toBeDefined()
  })

  it('says loudly that the disk is nearly full', async () => {
    const { world, app } = await fourReleases()
    world.free = 400
    const { context, err, out } = createConsole(app)
    await prune(context, given('prune', [], { 'dry-run': true }))
    expect(err[0]).toBe('The disk is nearly full (4 % free): only what a rollback needs is kept in shop.prod.')
    expect(out.join('\n')).toMatch(/r2 +containers +containers of r2 +the disk is nearly full/)
  })

  it('stops between two deletions at Ctrl-C, and goes on the next time', async () => {
    const { world, app, has } = await fourReleases()
    world.free = 400
    const { context, interrupt } = createConsole(app, { json: true })
    world.observer = ({ name, when }) => {
      if (name === 'runtime.ensureDown' && when === 'after') interrupt()
    }
    const stopped = prune(context, given('prune', [], { yes: true }))
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED', details: { serving: 'r4 v1.3.0' } })
    expect(has('v1.0.0')).toBe(true)
    await prune(createConsole(app).context, given('prune', [], { yes: true }))
    expect([has('v1.0.0'), has('v1.1.0'), has('v1.2.0')]).toEqual([false, false, true])
  })

  it('says what it left alone and why', async () => {
    const { world, app } = await fourReleases()
    const { context, err } = createConsole(app, {
      says: true,
      confirm: async () => {
        world.images.strangers.push({ id: `sha256:${'1'.padStart(64, '0')}`, container: 'by-hand', ours: false })
        return true
      },
    })
    await deployTag(app, staging, 'v1.3.0')
    await prune(context, given('prune', [], { env: 'prod' }))
    expect(err.join('\n')).toContain('shop:v1.0.0: a container was made of it, or it has another name')
  })

  it('prunes one environment, or with --all every service', async () => {
    const { app } = await fourReleases()
    await deployTag(app, staging, 'v1.3.0')
    const titles = async (options: Record<string, string | true>) => {
      const { context, out } = createConsole(app)
      await prune(context, given('prune', [], { 'dry-run': true, ...options }))
      return out.filter((line) => line.includes(' · '))
    }
    expect(await titles({ env: 'staging' })).toEqual(['shop · staging'])
    expect(await titles({ all: true })).toEqual(['shop · prod', 'shop · staging'])
  })
})

describe('astern pin', () => {
  it('is shown wherever the release is, with its name', async () => {
    const { app } = await fourReleases()
    const { context, out } = createConsole(app)
    expect(await pin(context, given('pin', ['r1'], { name: 'before-black-friday' }))).toBe(0)
    expect(out).toEqual(['pinned              r1 v1.0.0 stays until astern unpin r1'])
    const list = createConsole(app)
    await releases(list.context, given('releases'))
    expect(list.out.at(-1)).toContain('pinned: before-black-friday')
    const one = createConsole(app)
    await show(one.context, given('show', ['r1']))
    expect(one.out[0]).toContain('pinned: before-black-friday')
    expect(one.out).toContain('image is            on this host')
  })

  it('has nothing to do twice, nor to unpin what is not pinned', async () => {
    const { app } = await fourReleases()
    await pin(createConsole(app).context, given('pin', ['v1.0.0']))
    const again = createConsole(app, { json: true })
    expect(await pin(again.context, given('pin', ['v1.0.0']))).toBe(6)
    expect(again.answer()).toMatchObject({ operation: 'pin', outcome: 'noop', error: { code: 'NOTHING_TO_DO' } })
    expect(await unpin(createConsole(app).context, given('unpin', ['r1']))).toBe(0)
    const { context, out } = createConsole(app)
    expect(await unpin(context, given('unpin', ['r1']))).toBe(6)
    expect(out).toEqual(['r1 is not pinned'])
  })

  it('refuses a name that no terminal should show, and a release that nobody knows', async () => {
    const { app } = await fourReleases()
    const { context } = createConsole(app)
    const bad = given('pin', ['r1'], { name: '-rf \u001B[2J' })
    await expect((async () => pin(context, bad))()).rejects.toMatchObject({ code: 'USAGE' })
    await expect(pin(context, given('pin', ['r99']))).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' })
  })
})

describe('a release whose image is gone', () => {
  it('says so wherever it is shown', async () => {
    const { app } = await fourReleases()
    await prune(createConsole(app).context, given('prune', [], { yes: true }))
    const list = createConsole(app)
    await releases(list.context, given('releases'))
    expect(list.out.at(-1)).toMatch(/^r1 .*image deleted$/)
    const one = createConsole(app)
    await show(one.context, given('show', ['r1']))
    expect(one.out.join('\n')).toContain('deleted by retention on 2026-04-05')
    const machine = createConsole(app, { json: true })
    await show(machine.context, given('show', ['r1']))
    expect(machine.answer()).toMatchObject({
      pruned_at: expect.any(String),
      copies: { host: false, archive: false, registry: null },
    })
  })
})

describe('astern status after docker system prune', () => {
  it('counts a container that is gone as retired, and says so, before anybody has mended the state', async () => {
    const { world, app } = await fourReleases()
    for (const container of world.engine.containers.values())
      if (container.level === 'stopped') world.engine.remove(container)
    const { context, err, answer } = createConsole(app, { json: true })
    await status(context, given('status'))
    expect(answer()).toMatchObject({ services: [{ standby: [{ release: 'r3', rung: 'warm' }] }] })
    expect(err.join('\n')).toContain('Containers of r2 in shop.prod are gone')
  })

  it('works as ever while the engine is away', async () => {
    const { world, app } = await fourReleases()
    world.engine.state = 'down'
    const { context, err, answer } = createConsole(app, { json: true })
    await status(context, given('status'))
    expect(answer()).toMatchObject({ services: [{ standby: [{ release: 'r3' }, { release: 'r2', rung: 'cold' }] }] })
    expect(err).toEqual([])
  })
})
