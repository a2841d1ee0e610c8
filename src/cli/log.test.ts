import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, newestTransaction, shop } from '../../test/doubles/deployed.ts'
import { alice, deployTag, Killed } from '../../test/doubles/world.ts'
import { rollback } from '../operations/rollback.ts'
import { run } from './log.ts'

describe('astern log', () => {
  it('lists operations, newest first', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context, out } = createConsole(app)
    expect(await run(context, given('log'))).toBe(0)
    expect(out[0]).toMatch(/^TIME {17}OPERATION {2}TX {11}SERVICE {6}FROM → TO {2}OUTCOME {4}ACTOR {2}REASON$/)
    expect(out[1]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}deploy {5}tx-\w{8} {2}shop · prod {2}r1 → r2 {4}succeeded {2}alice$/,
    )
    expect(out[2]).toMatch(/- → r1/)
  })

  it('ends with one object for machines, behind the lines of the journal', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context, out, answer } = createConsole(app, { json: true })
    await run(context, given('log', [], { limit: '1' }))
    const lines = out.slice(0, -1).map((line) => JSON.parse(line) as { transaction_id: string; step: string })
    expect(lines.map(({ step }) => step)).toContain('shift_traffic')
    expect(new Set(lines.map(({ transaction_id }) => transaction_id))).toEqual(new Set([newestTransaction(app)]))
    expect(answer()).toMatchObject({
      operations: [{ operation: 'deploy', to: { release: 'r2' }, outcome: 'succeeded' }],
    })
  })

  it('prints the journal of one operation row by row, as it is for machines', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out } = createConsole(app)
    const transaction = newestTransaction(app)
    await run(context, given('log', [transaction]))
    expect(out).toContainEqual(
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.000 {2}prove .* succeeded .*answers=20 of=20$/),
    )
    const machine = createConsole(app, { json: true })
    await run(machine.context, given('log', [transaction]))
    const events = app.store.journal.ofTransaction(transaction)
    expect(machine.out.map((line) => JSON.parse(line) as unknown)).toEqual(events)
    expect(out).toHaveLength(events.length)
  })

  it('tells an operation that runs from one that nobody works on', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    await expect(deployTag(world.process(20).app, shop, 'v1.1.0')).rejects.toThrow(Killed)
    const { context, out } = createConsole(app)
    await run(context, given('log'))
    expect(out[1]).toContain('unfinished')
  })

  it('verifies the journal, and says from which row on it was changed', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out, answer } = createConsole(app, { json: true })
    expect(await run(context, given('log', [], { verify: true }))).toBe(0)
    expect(answer()).toEqual({ verified: true, rows: app.store.journal.lastSeq() })
    expect(out).toHaveLength(1)
    app.store.db.run(`UPDATE journal SET record = replace(record, 'alice', 'mallory') WHERE seq = 3`)
    await expect(run(context, given('log', [], { verify: true }))).rejects.toMatchObject({
      code: 'JOURNAL_TAMPERED',
      exit: 1,
      details: { seq: 3 },
    })
  })

  it('says that nothing was done yet', async () => {
    const { app } = await deployed([])
    const { context, out } = createConsole(app)
    await run(context, given('log'))
    expect(out).toEqual(['Nothing was done yet.'])
  })

  it('finds operations by who did them and why, and by time', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollback(app, shop, { ...alice, reason: 'Checkout answers 500', to: null, force: new Set() })
    const asked = async (options: Record<string, string>) => {
      const { context, answer } = createConsole(app, { json: true })
      await run(context, given('log', [], options))
      return (answer() as { operations: { operation: string }[] }).operations.map(({ operation }) => operation)
    }
    expect(await asked({ grep: 'checkout' })).toEqual(['rollback'])
    expect(await asked({ grep: 'ALICE' })).toHaveLength(3)
    expect(await asked({ since: '15m', grep: 'alice' })).toEqual(['rollback', 'deploy'])
    expect(await asked({ until: '2026-04-05T10:12Z', env: 'prod', service: 'shop' })).toEqual(['deploy'])
    const { context, out } = createConsole(app)
    await run(context, given('log', [], { grep: 'nobody said so' }))
    expect(out).toEqual(['No operation fits.'])
    await expect(run(context, given('log', [], { since: '1h', until: '2h' }))).rejects.toThrow('--since is not before')
  })

  it('is a table for other programs', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, written } = createConsole(app)
    await run(context, given('log', [], { csv: true }))
    expect(written.join('')).toMatch(
      /^started_at,ended_at,.*\r\n2026-04-05T10:00:00\.000Z,.*,deploy,shop,prod,,,r1,v1\.0\.0,succeeded,alice,\r\n$/,
    )
  })
})
