import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { alice, deployTag } from '../../test/doubles/world.ts'
import { rollback } from '../operations/rollback.ts'
import { run } from './history.ts'

async function past() {
  const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
  await rollback(app, shop, { ...alice, reason: 'checkout, again', to: null, force: new Set() })
  world.clock.pass(60_000)
  return { world, app }
}

describe('astern history', () => {
  it('is a table of what served when, newest first, with who, why, and how it ended', async () => {
    const { app } = await past()
    const { context, out } = createConsole(app)
    expect(await run(context, given('history'))).toBe(0)
    expect(out[0]).toMatch(/^FROM +UNTIL +SERVICE +RELEASE +VERSION +ROLE +BY +REASON +ENDED$/)
    expect(out.slice(1)).toEqual([
      expect.stringMatching(/now +shop · prod +r1 +v1\.0\.0 +active +rollback alice +checkout, again$/),
      expect.stringMatching(
        /shop · prod +r2 +v1\.1\.0 +active +deploy alice +- +rolled back by alice: checkout, again$/,
      ),
      expect.stringMatching(/shop · prod +r1 +v1\.0\.0 +active +deploy alice +- +replaced by alice$/),
    ])
  })

  it('says that there is more, and shows all of a span', async () => {
    const { app } = await past()
    const { context, out } = createConsole(app)
    await run(context, given('history', [], { limit: '1' }))
    expect(out).toHaveLength(3)
    expect(out.at(-1)).toBe('There are more: -n 5')
    const machine = createConsole(app, { json: true })
    await run(machine.context, given('history', [], { since: '3m' }))
    expect(machine.answer()).toMatchObject({ history: [{ release: 'r1', until: null }, { release: 'r2' }] })
    await run(machine.context, given('history', [], { until: '2026-04-05T10:12Z' }))
    expect(machine.answer()).toMatchObject({ history: [{ release: 'r1', ended: 'replaced' }] })
  })

  it('is a table for other programs', async () => {
    const { app } = await past()
    const { context, written } = createConsole(app)
    await run(context, given('history', [], { csv: true }))
    const [head, newest, before] = written.join('').split('\r\n')
    expect(head).toBe(
      'service,environment,release,version,image,digest,git_revision,role,share,from,until,transaction_id,operation,actor,reason,ended,ended_by_transaction_id,ended_by_operation,ended_by_actor,ended_by_reason',
    )
    expect(newest).toMatch(/,active,100,2026-04-05T10:24:00\.000Z,,tx-\w{8},rollback,alice,"checkout, again",,,,,$/)
    expect(before).toMatch(/,rolled_back,tx-\w{8},rollback,alice,"checkout, again"$/)
  })

  it('is of the service and environment that are named, and of all otherwise', async () => {
    const { app } = await past()
    await deployTag(app, staging, 'v1.0.0')
    const { context, answer } = createConsole(app, { json: true })
    await run(context, given('history', [], { env: 'staging' }))
    expect(answer()).toMatchObject({ history: [{ environment: 'staging' }] })
    await expect(run(context, given('history', [], { env: 'nowhere' }))).rejects.toMatchObject({
      code: 'SERVICE_UNKNOWN',
    })
  })

  it('says that nothing has served', async () => {
    const { app } = await deployed([])
    const { context, out } = createConsole(app)
    await run(context, given('history'))
    expect(out).toEqual(['Nothing has served then.'])
  })
})
