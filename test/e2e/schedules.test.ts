// A schedule on real Docker: `astern serve` starts its run at the tick, is killed while it runs, and the next one says how it ended. Waits for one
// full minute at most.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonLine, Program } from './support/command.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

const A_TICK_MS = 65_000
const REPORT = {
  command: ['do', 'say=the token is hush-hush', 'env=ASTERN_TEST', 'sleep=4000', 'exit=3'],
  schedule: '* * * * *',
  env: { ASTERN_TEST: 'as the release has it' },
}

describe('a schedule', () => {
  let shop: Installation
  const daemons: Program[] = []

  async function serve(): Promise<Program> {
    const daemon = await shop.begin(['serve'])
    daemons.push(daemon)
    await until('the daemon to be there', () => daemon.stderr().includes('Watching'))
    return daemon
  }

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
  })
  afterAll(async () => {
    for (const daemon of daemons) daemon.kill('SIGKILL')
    await Promise.all(daemons.map(({ ended }) => ended))
    await shop?.close()
  })

  const last = async () => {
    const [report] = (await shop.service())['schedules'] as JsonLine[]
    return report?.['last'] as JsonLine | null
  }

  it('that nobody is there to start is told with its deploy', async () => {
    const secrets = { TOKEN: { exec: ['echo', '-n', 'hush-hush'] } }
    const words = await shop.prepare('v1', { secrets, processes: { report: REPORT } })
    const deployed = await shop.astern(words)
    expect(deployed).toMatchObject({ code: 0 })
    expect(deployed.stderr).toContain('no astern serve runs, so nobody starts report at its time')
  })

  it('runs at its tick, through the death of its daemon, and once', async () => {
    const first = await serve()
    const labels = ['process=report', 'release=r1'].map((label) => ['--filter', `label=astern.${label}`])
    const installation = ['--filter', `label=astern.installation=${shop.record().installation}`]
    const ps = () => shop.docker('ps', ...labels.flat(), ...installation, '--format', '{{.Names}}')
    const name = await until('its container', async () => (await ps()) || null, A_TICK_MS)
    expect(name).toMatch(/-report-\d{12}$/)
    first.kill('SIGKILL')
    await first.ended
    expect(await last()).toMatchObject({ release: 'r1', outcome: null })
    const started = await shop.docker('inspect', '--format', '{{.State.StartedAt}} {{.RestartCount}}', name)
    await serve()
    const ended = await until('its end', async () => {
      const run = await last()
      return run?.['outcome'] === null ? null : run
    })
    expect(ended).toMatchObject({ outcome: 'failed', exit_code: 3, started_at: expect.any(String) })
    expect(Date.parse(String(ended['started_at']))).toBe(Date.parse(started.split(' ')[0]!))
    const { json } = await shop.astern(['log', String(ended['transaction_id']), '--json'])
    expect(json.map(({ step, status }) => `${String(step)} ${String(status)}`)).toEqual([
      'schedule started',
      'schedule failed',
      'outcome failed',
    ])
    expect(json[1]).toMatchObject({
      operation: 'schedule',
      release: 'r1',
      detail: { exit_code: 3, output: ['the token is [redacted]', 'as the release has it'] },
    })
    await until('its container to go', async () => !(await shop.containers()).has(name))
  })
})
