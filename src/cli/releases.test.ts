import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { deployTag, rollBack } from '../../test/doubles/world.ts'
import { remove } from '../operations/remove.ts'
import { run } from './releases.ts'

describe('astern releases', () => {
  it('is a table, newest first', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    const { context, out } = createConsole(app)
    expect(await run(context, given('releases'))).toBe(0)
    expect(out).toEqual([
      'RELEASE  VERSION  STATE    AGE     DIGEST               REVISION  NOTES',
      'r2       v1.1.0   standby  12 min  sha256:000000000000  -         quarantined',
      'r1       v1.0.0   active   24 min  sha256:000000000000  -         stable',
    ])
  })

  it('says that there are more than it shows', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0', 'v1.2.0'])
    const { context, out } = createConsole(app)
    await run(context, given('releases', [], { limit: '2' }))
    expect(out.at(-1)).toBe('There are more: -n 10')
    const machine = createConsole(app, { json: true })
    await run(machine.context, given('releases', [], { limit: '2' }))
    expect(machine.answer()).toMatchObject({ releases: [{ release: 'r3' }, { release: 'r2' }] })
    expect((machine.answer() as { releases: unknown[] }).releases).toHaveLength(2)
  })

  it('names the service where there are several', async () => {
    const { app } = await deployed(['v1.0.0'])
    await deployTag(app, staging, 'v1.0.0')
    const { context, out } = createConsole(app)
    await run(context, given('releases'))
    expect(out[1]).toContain('shop · staging')
    expect(out[2]).toContain('shop · prod')
  })

  it('refuses a limit that is no number', async () => {
    const { app } = await deployed([])
    const { context } = createConsole(app)
    await expect(run(context, given('releases', [], { limit: 'all' }))).rejects.toThrow('--limit')
  })

  it('finds one by what is known of it', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    const asked = async (positionals: string[], options: Record<string, string>) => {
      const { context, answer } = createConsole(app, { json: true })
      await run(context, given('releases', positionals, options))
      return (answer() as { releases: { release: string }[] }).releases.map(({ release }) => release)
    }
    expect(await asked(['v1.0.0'], {})).toEqual(['r1'])
    expect(await asked([], { grep: 'shop:v1.1' })).toEqual(['r2'])
    expect(await asked([], { since: '15m' })).toEqual(['r2'])
    expect(await asked([], { until: '2026-04-05T10:12Z' })).toEqual(['r1'])
    expect(await asked(['v1.0.0'], { since: '15m' })).toEqual([])
    const { context, out } = createConsole(app)
    await run(context, given('releases', ['v9']))
    expect(out).toEqual(['No release fits.'])
  })

  it('is a table for other programs, and then whole', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context, written, out } = createConsole(app)
    await run(context, given('releases', [], { csv: true }))
    const [head, ...rows] = written.join('').split('\r\n')
    expect(head).toMatch(/^service,environment,release,version,image,digest,/)
    expect(rows).toEqual([
      expect.stringMatching(
        /^shop,prod,r2,v1\.1\.0,shop:v1\.1\.0,sha256:0+2,,[0-9a-f]+,active,true,false,false,,,2026-/,
      ),
      expect.stringMatching(/^shop,prod,r1,/),
      '',
    ])
    expect(out).toEqual([])
    const both = createConsole(app, { json: true })
    await expect(run(both.context, given('releases', [], { csv: true }))).rejects.toThrow('--json and --csv')
  })
})

describe('astern releases --at', () => {
  const at = (moment: string, more: Record<string, string | true> = {}) =>
    given('releases', [], { at: moment, ...more })

  it('shows what served then in each environment, who had put it there and why', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    await deployTag(app, staging, 'v1.0.0')
    world.clock.pass(60_000)
    await rollBack(app, shop)
    const { context, out } = createConsole(app)
    expect(await run(context, at('2026-04-05 10:24:30Z'))).toBe(0)
    expect(out[0]).toMatch(/^SERVICE +RELEASE +VERSION +ROLE +FROM +UNTIL +BY +REASON$/)
    expect(out[1]).toMatch(/^shop · prod +r2 +v1\.1\.0 +active +2026-04-05 .* {2}2026-04-05 .* deploy alice +-$/)
    expect(out[2]).toMatch(/^shop · staging +r1 +v1\.0\.0 +active .* now +deploy alice/)
  })

  it('tells machines what the release is today as well, and nothing of one that is gone', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context, answer } = createConsole(app, { json: true })
    await run(context, at('2026-04-05T10:05:00Z'))
    expect(answer()).toMatchObject({
      at: '2026-04-05T10:05:00.000Z',
      releases: [
        {
          service: 'shop',
          environment: 'prod',
          release: 'r1',
          version: 'v1.0.0',
          state: 'standby',
          stable: true,
          role: 'active',
          share: 100,
          from: '2026-04-05T10:00:00.000Z',
          until: '2026-04-05T10:12:00.000Z',
          operation: 'deploy',
          actor: 'alice',
          reason: null,
          ended: 'replaced',
        },
      ],
    })
    await remove(app, shop, { actor: { name: 'alice', automated: false }, reason: null })
    await run(context, at('2026-04-05T10:05:00Z'))
    expect(answer()).toMatchObject({ releases: [{ release: 'r1', image: 'shop:v1.0.0', state: null, identity: null }] })
    const { context: other, written } = createConsole(app)
    await run(other, at('2026-04-05T10:05:00Z', { csv: true }))
    expect(written.join('')).toMatch(
      /^service,.*,pinned,pin_name,pruned_at,created_at,verified,promoted_from\r\nshop,prod,r1,v1\.0\.0,shop:v1\.0\.0,/,
    )
  })

  it('says that nothing served then', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out } = createConsole(app)
    await run(context, at('2026-04-05T09:59:00Z'))
    expect(out).toEqual([expect.stringMatching(/^Nothing served at 2026-04-05 /)])
  })

  it.each([
    ['yesterday', 'is no time. Write it as "2026-04-05 10:00"'],
    ['2026-04-05', 'a day has many moments; say which: "2026-04-05 10:00"'],
    ['2026-02-30 10:00', 'the calendar has no such day'],
    ['2026-04-05 25:00', 'the clock has no such time'],
    ['2026-04-05 10:00 Mars/Olympus', 'there is no time zone "Mars/Olympus"'],
    ['2025-10-26 02:30 Europe/Berlin', 'came twice in Europe/Berlin'],
    ['2026-03-29 02:30 Europe/Berlin', 'never was in Europe/Berlin'],
    ['2027-01-01 10:00', 'is yet to come'],
  ])('refuses %s', async (moment, problem) => {
    const { app } = await deployed([])
    await expect(run(createConsole(app).context, at(moment))).rejects.toThrow(problem)
  })

  it('is not mixed with other ways to find releases', async () => {
    const { app } = await deployed([])
    const { context } = createConsole(app)
    await expect(run(context, at('2h', { grep: 'x' }))).rejects.toThrow('--grep does not go with --at')
    await expect(run(context, given('releases', ['v1'], { at: '2h' }))).rejects.toThrow('v1 does not go with --at')
  })

  it('knows no service that never was', async () => {
    const { app } = await deployed(['v1.0.0'])
    const asked = run(createConsole(app).context, at('2h', { env: 'nowhere' }))
    await expect(asked).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' })
  })
})
