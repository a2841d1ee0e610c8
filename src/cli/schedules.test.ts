import { join } from 'node:path'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildDefinition, buildProcess } from '../../test/builders.ts'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed } from '../../test/doubles/deployed.ts'
import type { App } from '../operations/app.ts'
import { createScheduler } from '../operations/scheduler.ts'
import { checkSchedules } from './doctor/schedules.ts'
import { createLook } from './doctor/look.ts'
import { run } from './status.ts'

const HOUR_MS = 3_600_000
const schedule = { cron: '0 3 * * *', timeZone: 'Asia/Shanghai', timeoutMs: HOUR_MS }
const { health: _health, ...report } = buildProcess('report', { schedule })
const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
const shop = buildDefinition({ processes: [{ ...report, replicas: 1, standby }] })

/** Somebody who answers where `astern serve` does. */
async function daemonFor(app: App): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(join(app.store.folder, 'serve.sock'), resolve)
  await promise
  onTestFinished(() => void server.close())
}

async function shown(app: App, json = false) {
  const { context, out, err, answer } = createConsole(app, { json })
  await run(context, given('status'))
  const lines = out.filter((line) => line.startsWith('schedules'))
  return { lines, err, answer }
}

describe('astern status of a service with schedules', () => {
  it('says when each runs next, and that nobody is there to start it', async () => {
    const { app } = await deployed(['v1.0.0'], shop)
    const { lines, err } = await shown(app)
    expect(lines).toEqual([
      expect.stringMatching(
        /^schedules {11}report {2}0 3 \* \* \* Asia\/Shanghai {2}has not run yet {2}next 2026-04-0/,
      ),
    ])
    expect(err).toEqual(['warning: no astern serve runs, so nobody starts report at its time'])
  })

  it('says how the last one ended', async () => {
    const { world, app } = await deployed(['v1.0.0'], shop)
    await daemonFor(app)
    world.engine.program = () => ({ exitCode: 3, takesMs: 500 })
    const { look } = createScheduler(app, { signal: new AbortController().signal, onTrouble: () => {} })
    world.clock.pass(Date.parse('2026-04-05T19:00:00Z') - world.clock.now())
    await look()
    expect((await shown(app)).lines[0]).toMatch(/r1 runs {2}next/)
    world.clock.pass(500)
    await look()
    const { lines, err } = await shown(app)
    expect(lines[0]).toMatch(/r1 failed · exit code 3 · 500 ms {2}next/)
    expect(err).toEqual([])
    const { answer } = await shown(app, true)
    expect(answer()).toMatchObject({
      services: [
        {
          schedules: [
            {
              process: 'report',
              schedule: '0 3 * * *',
              time_zone: 'Asia/Shanghai',
              next: '2026-04-06T19:00:00.000Z',
              last: { tick: '2026-04-05T19:00:00.000Z', release: 'r1', outcome: 'failed', exit_code: 3 },
            },
          ],
        },
      ],
    })
  })
})

describe('astern doctor', () => {
  it('warns of schedules that nobody starts, and says nothing where there are none', async () => {
    const { app } = await deployed(['v1.0.0'], shop)
    const { context } = createConsole(app)
    const check = async (of: App) => await checkSchedules(createLook(context, of, null, of))
    expect(await check(app)).toMatchObject([
      { name: 'schedules', status: 'warn', message: expect.stringContaining('report') },
    ])
    await daemonFor(app)
    expect(await check(app)).toMatchObject([{ status: 'ok' }])
    expect(await check((await deployed(['v1.0.0'])).app)).toEqual([])
  })
})
