import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { deployTag, rollBack } from '../../test/doubles/world.ts'
import { run } from './stats.ts'

async function past() {
  const { world, app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
  await rollBack(app, shop)
  world.clock.pass(60_000)
  return { world, app }
}

describe('astern stats', () => {
  it('shows the four figures and who rolled back, and says when they rest on few', async () => {
    const { app } = await past()
    const { context, out } = createConsole(app)
    expect(await run(context, given('stats'))).toBe(0)
    expect(out).toEqual([
      expect.stringMatching(/^shop · prod {9}0 days, since 2026-04-05$/),
      '  deployments       3 · unknown a week',
      '  lead time         unknown · 3 of 3 were built from a commit that is not known here',
      '  change failures   33.3 % · 1 of 3 (0 before users met it, 0 during the deploy, 1 later)',
      '  time to restore   12 min 0 s (median of 1)',
      expect.stringMatching(/^ {2}rollbacks {9}1 \(people 100 %\) · switch .* ms \(median of 1\)$/),
      '  few: change failures, time to restore rest on fewer than 5, which is an anecdote rather than a figure',
    ])
  })

  it('adds up several services and environments', async () => {
    const { app } = await past()
    await deployTag(app, staging, 'v1.0.0')
    const { context, out } = createConsole(app)
    await run(context, given('stats'))
    expect(out.filter((line) => !line.startsWith(' ')).map((line) => line.split('  ')[0])).toEqual([
      'shop · prod',
      'shop · staging',
      'all together',
    ])
  })

  it('is one object for machines, and rows for other programs, the last of them the sum', async () => {
    const { app } = await past()
    const { context, answer } = createConsole(app, { json: true })
    await run(context, given('stats', [], { since: '1h', env: 'prod' }))
    expect(answer()).toMatchObject({
      services: [{ service: 'shop', environment: 'prod', deployment_frequency: { deployments: 3, per_week: null } }],
      total: {
        change_failure_rate: { failed: 1, of: 3 },
        lead_time_for_changes: { median_ms: null, unknown_commits: 3 },
      },
    })
    const { context: other, written } = createConsole(app)
    await run(other, given('stats', [], { csv: true }))
    expect(written.join('').split('\r\n')).toEqual([
      expect.stringMatching(/^service,environment,since,until,deployment_frequency_deployments,/),
      expect.stringMatching(/^shop,prod,2026-04-05T10:00:00\.000Z,.*,3,/),
      expect.stringMatching(/^,,2026-04-05T10:00:00\.000Z,.*,3,/),
      '',
    ])
  })

  it('says that nothing was deployed', async () => {
    const { app } = await deployed([])
    const { context, out } = createConsole(app)
    await run(context, given('stats'))
    expect(out).toEqual(['Nothing was deployed then.'])
  })
})
