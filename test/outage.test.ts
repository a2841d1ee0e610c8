// What stop-first costs: measured by the journal, kept for the next plan, said before and after.
import { describe, expect, it } from 'vitest'
import { run as runLog } from '../src/cli/log.ts'
import { run as runShow } from '../src/cli/show.ts'
import { headLines } from '../src/cli/head-lines.ts'
import { showOutcome } from '../src/cli/show-outcome.ts'
import type { Definition } from '../src/core/model.ts'
import { headOf } from '../src/operations/history.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { planDeployOf } from '../src/operations/deploy.ts'
import { planRollbackOf } from '../src/operations/rollback.ts'
import { buildDefinition, buildProcess } from './builders.ts'
import { createConsole, given } from './doubles/console.ts'
import { alice, deployTag, Killed, rollBack, World } from './doubles/world.ts'

const shop = buildDefinition()
const scope = { service: 'shop', environment: 'prod' }
const mounts = [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }] as const
const exclusive = buildDefinition({ replicas: 1, process: { ...shop.process, mounts } })
const STARTS_AFTER_MS = 2_300

async function world(definition: Definition, tags: readonly string[] = ['v1.0.0']) {
  const world = new World()
  world.engine.behaviour = () => ({ healthyAfterMs: STARTS_AFTER_MS })
  const { app } = world.process()
  for (const tag of tags) expect((await deployTag(app, definition, tag)).exit).toBe(0)
  return { world, app }
}

const ask = { ...alice, to: null, force: new Set<never>() }

describe('an outage by stop-first', () => {
  it('is measured from the intent that nobody serves to the release that serves again', async () => {
    const { app } = await world(exclusive)
    const { answer, outageMs } = await deployTag(app, exclusive, 'v1.1.0')
    expect(outageMs).toBeGreaterThanOrEqual(STARTS_AFTER_MS)
    const events = app.store.journal.ofTransaction(answer.transaction_id!)
    const at = (key: string, status: string) =>
      Date.parse(events.find((event) => event.key === key && event.status === status)!.timestamp)
    expect(outageMs).toBe(at('shift_traffic:r2', 'succeeded') - at('shift_traffic:nobody', 'started'))
    const shift = events.find(({ key, status }) => key === 'shift_traffic:r2' && status === 'succeeded')
    expect(shift?.detail).toEqual({ outage_ms: outageMs })
  })

  it('is not known before the first, and told by the last one afterwards, forward and back', async () => {
    const { app } = await world(exclusive)
    const plan = async () => (await planDeployOf(app, exclusive, { ...ask, tag: 'v1.2.0' }))?.decision
    expect(await plan()).toMatchObject({ strategy: 'stop_first', outage: { lastMs: null } })
    const { outageMs } = await deployTag(app, exclusive, 'v1.1.0')
    expect(await plan()).toMatchObject({ outage: { lastMs: outageMs } })
    expect(await planRollbackOf(app, scope, ask)).toMatchObject({ outage: { lastMs: outageMs } })
    const back = await rollBack(app, exclusive)
    expect(back.outageMs).toBeGreaterThanOrEqual(STARTS_AFTER_MS)
    expect(app.store.services.get(scope)!.lastOutageMs).toBe(back.outageMs)
  })

  it('is none for the first release, for start-first, and for a worker that stops first', async () => {
    const { health: _running, ...worker } = buildProcess('worker', { mounts })
    const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
    const withWorker = buildDefinition({ processes: [{ ...worker, replicas: 1, standby }] })
    for (const definition of [shop, withWorker]) {
      const { app } = await world(definition)
      const { answer, outageMs, plan } = await deployTag(app, definition, 'v1.1.0')
      expect({ outageMs, outage: plan?.outage, outcome: answer.outcome }).toEqual({
        outageMs: null,
        outage: null,
        outcome: 'succeeded',
      })
    }
    const first = await deployTag((await world(exclusive, [])).app, exclusive, 'v1.0.0')
    expect({ outageMs: first.outageMs, outage: first.plan?.outage }).toEqual({ outageMs: null, outage: null })
  })

  it('counts what a failed deploy has cost, and does not expect that of the next one', async () => {
    const { world: where, app } = await world(exclusive, ['v1.0.0', 'v1.1.0'])
    const usual = app.store.services.get(scope)!.lastOutageMs
    where.engine.behaviour = ({ spec }) => ({ healthyAfterMs: spec.release === 3 ? null : STARTS_AFTER_MS })
    const failed = await deployTag(app, exclusive, 'v1.2.0')
    expect(failed.answer.outcome).toBe('rolled_back')
    expect(failed.outageMs).toBeGreaterThan(30_000)
    expect(app.store.services.get(scope)!.lastOutageMs).toBe(usual)
  })

  it('is measured across a crash, and does not count as usual then', async () => {
    const { world: where } = await world(exclusive)
    const victim = where.process()
    where.interlude = async ({ name }) => {
      if (name === 'runtime.awaitHealthy') victim.kill()
    }
    await expect(deployTag(victim.app, exclusive, 'v1.1.0')).rejects.toThrow(Killed)
    where.interlude = async () => {}
    where.clock.pass(60_000)
    const heir = where.process().app
    await doOverdue(heir, { look: true })
    const [operation] = heir.store.operations.list(5).filter(({ kind }) => kind === 'deploy')
    const events = heir.store.journal.ofTransaction(operation!.transactionId)
    const outages = events.map(({ detail }) => detail?.['outage_ms']).filter((ms) => typeof ms === 'number')
    expect(outages).toHaveLength(1)
    expect(outages[0]).toBeGreaterThan(60_000)
    expect(heir.store.services.get(scope)!.lastOutageMs).toBeNull()
  })
})

describe('what people are told of it', () => {
  it('stands in the plan, in the result, in show and in log', async () => {
    const { app } = await world(exclusive, ['v1.0.0', 'v1.1.0'])
    const deployed = await deployTag(app, exclusive, 'v1.2.0')
    const { context, out } = createConsole(app)
    const transaction = deployed.answer.transaction_id!
    out.push(...headLines(context, headOf(app, scope, transaction), 'deploy'))
    expect(out).toContainEqual(expect.stringMatching(/^outage +nobody answers for about \d+\.\d s, as last time$/))
    await showOutcome(context, deployed)
    expect(out).toContainEqual(expect.stringMatching(/^outage +nobody answered for \d+\.\d s$/))
    out.length = 0
    await runShow(context, given('show', [transaction]))
    expect(out).toContainEqual(expect.stringMatching(/^outage +nobody answered for \d+\.\d s$/))
    expect(out).toContainEqual(expect.stringMatching(/✓ +shift traffic +r3 .*nobody answered for \d+\.\d s$/))
    out.length = 0
    await runLog(context, given('log', [transaction]))
    expect(out).toContainEqual(expect.stringMatching(/shift traffic.*succeeded.*r3.*outage_ms=\d+$/))
    const chinese = createConsole(app, { language: 'zh-CN' })
    await showOutcome(chinese.context, deployed)
    expect(chinese.out).toContainEqual(expect.stringMatching(/^中断 +\d+\.\d s 无人应答$/))
  })

  it('says that nothing is known yet', async () => {
    const { app } = await world(exclusive)
    const { answer } = await deployTag(app, exclusive, 'v1.1.0')
    const { context } = createConsole(app)
    const lines = headLines(context, headOf(app, scope, answer.transaction_id!), 'deploy')
    expect(lines).toContainEqual(expect.stringMatching(/^outage +how long nobody answers is not known yet/))
  })
})
