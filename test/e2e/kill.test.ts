// `kill -9` of Astern between any two steps of a deploy and of a rollback, under load: the service serves all the time, and the next command brings
// whatever was unfinished to its end.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine } from './support/command.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import type { Load } from './support/load.ts'

/** A deploy says twelve lines, a rollback six: it is killed when it has said so many. */
const DEPLOY_LINES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
const ROLLBACK_LINES = [1, 2, 3, 4, 5, 6]
/** Milliseconds after its start, for what happens before its first line and between two. */
const DEPLOY_DELAYS = [30, 90]
const ROLLBACK_DELAYS = [20, 35, 45, 50, 55, 60, 70]

type Moment = { readonly lines: number } | { readonly ms: number }
const moments = (lines: readonly number[], delays: readonly number[]): Moment[] => [
  ...lines.map((lines) => ({ lines })),
  ...delays.map((ms) => ({ ms })),
]
const named = (moment: Moment) => ('lines' in moment ? `line ${moment.lines}` : `${moment.ms} ms`)

describe('an astern that is killed', () => {
  let shop: Installation
  let load: Load
  let names = 0

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v0')
    load = await shop.load({ perSecond: 80 })
  })
  afterAll(() => shop?.close())

  async function killed(words: readonly string[], moment: Moment): Promise<void> {
    const program = await shop.begin([...words, '--json'], {
      onOutput: (stdout, { kill }) => {
        if ('lines' in moment && stdout.split('\n').length > moment.lines) kill('SIGKILL')
      },
    })
    if ('ms' in moment) {
      await pause(moment.ms) // a moment of the process's life, not a condition that could be waited for
      program.kill('SIGKILL')
    }
    await program.ended
  }

  /** After the next command somebody serves, and nothing is unfinished. Resolves to the release. */
  async function whole(): Promise<string> {
    const status = await shop.astern(['status', '--json'])
    expect(status.code).toBe(0)
    // a rollback that came to its end before it was killed has left the rest to the background
    await shop.atRest()
    expect(shop.record().unfinished).toBe(0)
    const service = await shop.service()
    expect(service).toMatchObject({ candidate: null, health: 'healthy' })
    const active = String(service['active'].release)
    expect(service['shares']).toEqual({ [active]: 100 })
    expect(load.failures()).toEqual([])
    return active
  }

  const active = async () => String((await shop.service())['active'].release)
  const after = (release: string) => `r${Number(release.slice(1)) + 1}`
  const newest = async () => String(((await shop.ask('releases'))['releases'] as JsonLine[])[0]?.['release'])

  it.each(moments(DEPLOY_LINES, DEPLOY_DELAYS).map((moment) => [named(moment), moment] as const))(
    'in a deploy at %s leaves the old release or the new one',
    async (_, moment) => {
      const before = await active()
      const last = await newest()
      names += 1
      await killed(await shop.prepare(`v${names}`), moment)
      expect([before, after(last)]).toContain(await whole())
    },
  )

  it.each(moments(ROLLBACK_LINES, ROLLBACK_DELAYS).map((moment) => [named(moment), moment] as const))(
    'in a rollback at %s leaves the newer release or the older one',
    async (_, moment) => {
      const before = await active()
      names += 1
      const deployed = await shop.deploy(`v${names}`)
      await killed(['rollback'], moment)
      expect([before, deployed['to'].release]).toContain(await whole())
    },
  )

  it('has lost no request, no operation and no row of the journal', async () => {
    await shop.atRest()
    expect(await whole()).toBe(await active())
    expect((await load.stop()).length).toBeGreaterThan(500)
    expect(load.failures()).toEqual([])
    expect(await shop.astern(['log', '--verify'])).toMatchObject({ code: 0 })
    const { operations } = await shop.ask('log', '--limit', '200')
    for (const operation of operations as JsonLine[]) expect(operation['outcome']).not.toBeNull()
    // the kills have hit: many operations were brought to their end by a later command
    expect(shop.record().resumed).toBeGreaterThan(8)
    // containers are those that the state knows, on the level that it knows
    const { checks } = (await shop.astern(['doctor', '--json'])).last
    expect((checks as JsonLine[]).find(({ name }) => name === 'containers')).toMatchObject({ status: 'ok' })
  })
})
