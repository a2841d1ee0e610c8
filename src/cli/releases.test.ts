import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop, staging } from '../../test/doubles/deployed.ts'
import { deployTag, rollBack } from '../../test/doubles/world.ts'
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
})
