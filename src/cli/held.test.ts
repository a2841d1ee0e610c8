import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildDefinition } from '../../test/builders.ts'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop } from '../../test/doubles/deployed.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { rollBack } from '../../test/doubles/world.ts'
import type { Context } from './context.ts'
import { run as deploy } from './deploy.ts'
import { askOverHolds, wouldAskOverHolds } from './held.ts'
import { run as hold } from './hold.ts'
import { run as resume } from './resume.ts'
import { showOutcome } from './show-outcome.ts'
import { run as status } from './status.ts'
import { run as undo } from './undo.ts'

const DAY_MS = 86_400_000
const NO_FORCE = { force: new Set<never>() }

async function held(changes: Parameters<typeof createConsole>[1] = {}) {
  const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
  const answered = await rollBack(app, shop)
  return { world, app, answered, ...createConsole(app, changes) }
}

describe('a hold', () => {
  it.each([
    [
      'en',
      'held                automated deploys to prod are refused · astern resume · astern rollback --undo',
      'held                shop · prod: for 2 min, by alice (r2 v1.1.0 → r1 v1.0.0): no reason was given · astern resume',
    ],
    [
      'zh-CN',
      '已保持              拒绝向 prod 自动部署 · astern resume · astern rollback --undo',
      '已保持              shop · prod：已 2分钟，操作者 alice (r2 v1.1.0 → r1 v1.0.0)：no reason was given · astern resume',
    ],
  ] as const)('is shown after a rollback, and first in status, in %s', async (language, after, first) => {
    const { world, context, out, answered } = await held({ language })
    await showOutcome(context, answered)
    expect(out.slice(-3)).toEqual([expect.stringMatching(/r1/), after, expect.stringMatching(/r1/)])
    world.clock.pass(120_000)
    out.length = 0
    await status(context, given('status'))
    expect(out[0]).toBe(first)
    expect(out[1]).toContain('shop · prod')
  })

  it('is a reminder in status once it has stood for a day', async () => {
    const { world, context, err } = await held()
    world.clock.pass(DAY_MS - 1_000)
    await status(context, given('status'))
    expect(err).toEqual([])
    world.clock.pass(DAY_MS)
    await status(context, given('status'))
    expect(err).toEqual([
      'warning: shop · prod is held for 1 day now, by alice (r2 v1.1.0 → r1 v1.0.0): no reason was given · astern resume lifts it',
    ])
  })

  it('is asked about once, with its story, and only who says yes goes on', async () => {
    const asks = async (changes: Partial<Context> & { says?: boolean | null }) => {
      const { app, context, questions } = await held(changes)
      const over = await askOverHolds(context, app, [shop], NO_FORCE)
      return { over: over[0] === app.store.holds.get(shop)!.transactionId, questions }
    }
    const yes = await asks({ says: true })
    expect(yes.over).toBe(true)
    expect(yes.questions).toEqual([
      expect.stringMatching(/^Deploys of shop to prod are on hold since .*\nDeploy all the same\?$/),
    ])
    expect((await asks({ says: false })).over).toBe(false)
    expect((await asks({ says: null })).over).toBe(false)
    expect(await asks({ says: true, actor: { name: 'ci:build', automated: true } })).toEqual({
      over: false,
      questions: [],
    })
  })

  it('is not asked about when it is forced, or when there is none', async () => {
    const { app, context, questions } = await held({ says: true })
    expect(await askOverHolds(context, app, [shop], { force: new Set(['hold']) })).toEqual([])
    await resume(context, given('resume'))
    expect(await askOverHolds(context, app, [shop], NO_FORCE)).toEqual([])
    expect(questions).toEqual([])
  })

  it('lets a dry run at a terminal show the plan, and says that it would ask', async () => {
    const { app, context, err } = await held({ terminal: true })
    expect(await wouldAskOverHolds(context, app, [shop], NO_FORCE)).toHaveLength(1)
    expect(err.at(-1)).toBe('The deploy would ask whether to go on all the same.')
    const nobody = createConsole(app)
    expect(await wouldAskOverHolds(nobody.context, app, [shop], NO_FORCE)).toEqual([])
    expect(nobody.err).toEqual([])
  })
})

describe('astern deploy on hold', () => {
  async function deployAt(says: boolean | null, options: Parameters<typeof given>[2] = {}) {
    const folder = temporaryFolder()
    writeFileSync(
      join(folder, 'astern.yaml'),
      'services: { shop: { image: shop, port: 8080 } }\nenvironments: { prod: { listen: 127.0.0.1:18080 } }',
    )
    const { app } = await held()
    const console = createConsole(app, { cwd: folder, says })
    return { ...console, app, exit: await deploy(console.context, given('deploy', ['v1.2.0'], options)) }
  }

  it('goes on when the person at the terminal says yes, and leaves the hold', async () => {
    const { app, exit, questions } = await deployAt(true)
    expect({ exit, asked: questions.length }).toEqual({ exit: 0, asked: 1 })
    expect(app.store.holds.get(shop)).toMatchObject({ release: 2 })
  })

  it.each([false, null])('is refused when the answer is %s', async (says) => {
    const { exit, err } = await deployAt(says)
    expect(exit).toBe(3)
    expect(err[0]).toMatch(/^error HELD: Deploys of shop to prod are on hold/)
  })

  it('goes on without a question when it is forced', async () => {
    expect(await deployAt(null, { force: 'hold' })).toMatchObject({ exit: 0, questions: [] })
  })
})

describe('astern hold and resume', () => {
  it('place and lift it, in words', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out } = createConsole(app)
    expect(await resume(context, given('resume'))).toBe(6)
    expect(await hold(context, given('hold', [], { message: 'stock-taking' }))).toBe(0)
    expect(await resume(context, given('resume'))).toBe(0)
    expect(out).toEqual([
      'nothing to do       there is no hold',
      'held                automated deploys to prod are refused · astern resume',
      'resumed             deploys to prod go ahead again; they were held for 0 sec, by alice: stock-taking',
    ])
  })

  it('place and lift it, for machines: their journal, then the answer', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out, answer } = createConsole(app, { json: true })
    await hold(context, given('hold', [], { message: 'stock-taking' }))
    expect(out.map((line) => (JSON.parse(line) as { step?: string }).step)).toEqual([
      'place_hold',
      'outcome',
      undefined,
    ])
    const placed = { since: expect.any(String), by: 'alice', reason: 'stock-taking', release: null }
    expect(answer()).toEqual({
      transaction_id: expect.stringMatching(/^tx-/),
      operation: 'hold',
      service: 'shop',
      environment: 'prod',
      outcome: 'succeeded',
      hold: placed,
      error: null,
    })
    await resume(context, given('resume'))
    expect(answer()).toMatchObject({ operation: 'resume', outcome: 'succeeded', hold: null })
    expect(await resume(context, given('resume'))).toBe(6)
    expect(answer()).toMatchObject({ outcome: 'noop', error: { code: 'NOTHING_TO_DO' } })
  })
})

describe('astern hold and resume of a set', () => {
  it('place and lift the holds of all its services', async () => {
    const { app } = await deployed([])
    for (const [place, service] of ['api', 'web'].entries()) {
      const listen = `127.0.0.1:${18080 + place}`
      app.store.services.define(buildDefinition({ service, listen, sets: { shop: place } }))
    }
    const { context, out } = createConsole(app)
    expect(await hold(context, given('hold', [], { set: 'shop' }))).toBe(0)
    expect(await resume(context, given('resume', [], { service: 'api' }))).toBe(0)
    out.length = 0
    expect(await resume(context, given('resume', [], { set: 'shop' }))).toBe(0)
    expect(out).toEqual([
      'api · prod          nothing to do       there is no hold',
      expect.stringMatching(/^web · prod {10}resumed {13}deploys to prod go ahead again/),
    ])
    const machine = createConsole(app, { json: true })
    expect(await resume(machine.context, given('resume', [], { set: 'shop' }))).toBe(6)
    expect(machine.answer()).toMatchObject({
      operation: 'resume',
      set: 'shop',
      outcome: 'noop',
      services: [{ service: 'api' }, { service: 'web' }],
    })
    await expect(hold(context, given('hold', [], { set: 'nowhere' }))).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('astern rollback --undo', () => {
  it('shows what comes back, as a deploy, and then has nothing to do', async () => {
    const { context, out } = await held()
    expect(await undo(context, given('rollback', [], { 'dry-run': true }))).toBe(0)
    expect(out[0]).toMatch(/^shop · prod {9}r1 v1\.0\.0 \(.*\) {2}→ {2}r2 v1\.1\.0$/)
    expect(out.at(-1)).toBe('dry run             nothing was changed')
    out.length = 0
    expect(await undo(context, given('rollback', [], { watch: '10s' }))).toBe(0)
    expect(out).toContainEqual(expect.stringMatching(/^done {16}r2 serves/))
    expect(out.at(-1)).toMatch(/^effect/)
    expect(out.filter((line) => line.startsWith('held'))).toEqual([])
    out.length = 0
    expect(await undo(context, given('rollback'))).toBe(6)
    expect(await undo(context, given('rollback', [], { 'dry-run': true }))).toBe(6)
    const nothing = 'nothing to do       r2 serves, and no rollback put it there'
    expect(out).toEqual([nothing, nothing])
  })

  it('answers as a deploy however early it fails, and goes with no --to', async () => {
    const { app } = await deployed([])
    const { context, answer } = createConsole(app, { json: true })
    expect(await undo(context, given('rollback'))).toBe(2)
    expect(answer()).toMatchObject({ operation: 'deploy', outcome: 'failed', error: { code: 'SERVICE_UNKNOWN' } })
    await expect(undo(context, given('rollback', [], { to: 'r1' }))).rejects.toMatchObject({ code: 'USAGE' })
  })
})
