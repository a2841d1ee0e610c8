import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, newestTransaction, shop } from '../../test/doubles/deployed.ts'
import { deployTag, rollBack, World } from '../../test/doubles/world.ts'
import type { SecretReference } from '../core/model.ts'
import { run } from './show.ts'

const MINUTE_MS = 60_000

const secret: SecretReference = {
  name: 'DATABASE_URL',
  source: { kind: 'file', path: '/run/db' },
  onRollback: 'restore',
}

describe('astern show', () => {
  async function withSecret() {
    const process = { ...shop.process, env: { GREETING: 'a\nb' }, memoryBytes: 134_217_728 }
    const world = new World()
    const { app } = world.process()
    world.secrets.set('DATABASE_URL', 'postgres://very-secret')
    await deployTag(app, { ...shop, secrets: [secret], process }, 'v1.0.0')
    world.clock.pass(MINUTE_MS)
    return { world, app }
  }

  it('shows all that a release is made of, and of secrets names and versions alone', async () => {
    const { app } = await withSecret()
    const { context, out } = createConsole(app)
    expect(await run(context, given('show', ['r1']))).toBe(0)
    const text = out.join('\n')
    expect(out[0]).toBe('shop · prod         r1 v1.0.0  active · stable')
    expect(text).toMatch(/^secret {14}DATABASE_URL {2}version [0-9a-f]{16}$/m)
    expect(text).toContain('env                 GREETING="a\\nb"')
    expect(text).toContain('memory              128m')
    expect(text).toContain('health              GET /healthz · interval 500ms')
    expect(text).toMatch(/^replicas {12}r1-1 {2}running {2}10\.\S+ {2}weight 100 · up$/m)
    expect(text).toMatch(
      /^history {13}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}deploy {2}tx-\w{8} {2}- → r1 {2}succeeded {2}alice$/m,
    )
    expect(text).not.toContain('very-secret')
  })

  it('gives machines the same with units in its names, and no value of a secret', async () => {
    const { app } = await withSecret()
    const { context, out, answer } = createConsole(app, { json: true })
    await run(context, given('show', ['v1.0.0']))
    expect(answer()).toMatchObject({
      release: 'r1',
      state: 'active',
      rung: null,
      port: 8080,
      command: null,
      memory_bytes: 134_217_728,
      cpus: null,
      secrets: [{ name: 'DATABASE_URL', on_rollback: 'restore' }],
      health: { kind: 'http', path: '/healthz', interval_ms: 500 },
      stop: { signal: 'SIGTERM', timeout_ms: 10_000, drain_ms: 30_000 },
      replicas: [
        { name: 'r1-1', level: 'running', weight: 100, up: true },
        { name: 'r1-2', level: 'running', weight: 100, up: true },
      ],
      history: [{ operation: 'deploy', outcome: 'succeeded', from: null }],
    })
    expect(out.join('\n')).not.toContain('very-secret')
  })

  it('shows the rung of a standby', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context, out } = createConsole(app)
    await run(context, given('show', ['r1']))
    expect(out[0]).toBe('shop · prod         r1 v1.0.0  standby · warm · stable')
  })

  it('shows an operation with its steps and what they took', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    const { context, out } = createConsole(app)
    const transaction = newestTransaction(app)
    await run(context, given('show', [transaction]))
    expect(out).toEqual([
      `shop · prod         rollback ${transaction}`,
      'releases            r2 v1.1.0  →  r1 v1.0.0',
      'changes             image v1.1.0 → v1.0.0',
      'way back            warm standby, about 3 ms',
      'outcome             succeeded · 0.0 ms',
      'actor               alice',
      expect.stringMatching(/^started {13}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(0 sec ago\)$/) as string,
      'steps               ✓  plan           r1  0.0 ms',
      '                    ✓  shift traffic  r1  0.0 ms',
      '                    ✓  prove          r1  0.0 ms',
    ])
  })

  it('says at a failed step why it failed', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    await deployTag(app, shop, 'v1.1.0')
    const { context, out, answer } = createConsole(app)
    await run(context, given('show', [newestTransaction(app)]))
    expect(out).toContainEqual(expect.stringMatching(/✗ {2}health {2}r2 .*did not become healthy within 33 s/))
    const machine = createConsole(app, { json: true })
    await run(machine.context, given('show', [newestTransaction(app)]))
    expect(machine.answer()).toMatchObject({ outcome: 'failed', strategy: 'start_first', rung: 'retired' })
    expect((machine.answer() as { steps: { status: string }[] }).steps.map(({ status }) => status)).toContain('failed')
    expect(answer).toThrow(SyntaxError)
  })

  it('says why an operation was refused', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('refused')
    const [refused] = app.store.operations.list(9).filter(({ outcome }) => outcome === 'refused')
    const { context, out } = createConsole(app)
    await run(context, given('show', [refused!.transactionId]))
    expect(out).toContain('because             QUARANTINED: no reason was given')
    const machine = createConsole(app, { json: true })
    await run(machine.context, given('show', [refused!.transactionId]))
    expect(machine.answer()).toMatchObject({ outcome: 'refused', to: null, detail: { code: 'QUARANTINED' } })
  })

  it('knows neither a release nor an operation that is not there', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context } = createConsole(app)
    await expect(run(context, given('show', ['r9']))).rejects.toThrow('no release r9')
    await expect(run(context, given('show', ['tx-ffffffff']))).rejects.toThrow('no operation tx-ffffffff')
  })
})
