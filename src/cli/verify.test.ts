import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { World } from '../../test/doubles/world.ts'
import { run as deploy } from './deploy.ts'
import { run as promote } from './promote-to.ts'
import { run as releases } from './releases.ts'
import { run as show } from './show.ts'
import { run } from './verify.ts'

const CONFIG = `
services: { shop: { image: shop, port: 8080, health: /healthz, canary: off, bake: off } }
environments:
  staging:
    listen: 127.0.0.1:18081
    checks: { selftest: { run: [/app, selftest] }, other: { run: [/app, other] } }
  prod: { listen: 127.0.0.1:18080, requires: staging }
`

function open() {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'astern.yaml'), CONFIG)
  const world = new World()
  const { app } = world.process()
  const console = (json = false, language: 'en' | 'zh-CN' = 'en') => createConsole(app, { cwd, json, language })
  return { world, app, console }
}
const staging = { env: 'staging' }

describe('astern verify', () => {
  it('says what has passed, where, and in which operation', async () => {
    const { app, console } = open()
    const { context, out, err } = console()
    expect(await run(context, given('verify', ['v1.1.0'], staging))).toBe(0)
    const [{ transactionId } = { transactionId: '' }] = app.store.operations.list(1)
    expect(out.slice(0, 3)).toEqual([
      expect.stringMatching(/^✓ image/),
      expect.stringMatching(/^✓ check selftest/),
      expect.stringMatching(/^✓ check other/),
    ])
    expect(out.at(-1)).toMatch(/^verified +shop:v1.1.0 has passed in staging · checks: selftest, other · .* · tx-/)
    expect(out.at(-1)).toContain(transactionId)
    expect(err).toEqual([])
    const shown = console()
    await show(shown.context, given('show', [transactionId]))
    expect(shown.out.join('\n')).toMatch(/image +shop:v1.1.0\n/)
    expect(shown.out.join('\n')).toMatch(/✓ +check selftest/)
  })

  it('answers machines with names that are a contract, whether it passes, fails, or cannot begin', async () => {
    const { world, app, console } = open()
    const passed = console(true)
    await run(passed.context, given('verify', ['v1.1.0'], staging))
    const digest = `sha256:${'2'.padStart(64, '0')}`
    const duration = expect.any(Number) as number
    const log = (check: string) => expect.stringContaining(`/${check}.log`) as string
    const [{ transactionId } = { transactionId: '' }] = app.store.operations.list(1)
    const fine = { outcome: 'passed', reason: null, duration_ms: duration }
    expect(passed.answer()).toEqual({
      transaction_id: transactionId,
      operation: 'verify',
      service: 'shop',
      environment: 'staging',
      outcome: 'succeeded',
      release: null,
      image: 'shop:v1.1.0',
      digest,
      checks: [
        { name: 'selftest', ...fine, log: log('selftest') },
        { name: 'other', ...fine, log: log('other') },
      ],
      duration_ms: { total: duration },
      warnings: [],
      error: null,
    })
    world.engine.program = (argv) => ({ exitCode: argv[1] === 'other' ? 1 : 0 })
    const failed = console(true)
    expect(await run(failed.context, given('verify', ['v1.1.0'], staging))).toBe(4)
    expect(failed.answer()).toMatchObject({
      outcome: 'failed',
      checks: [{ outcome: 'passed' }, { outcome: 'failed', reason: 'it ended with exit code 1' }],
      error: { code: 'CHECK_FAILED', hint: expect.stringContaining('/verify/tx-') as string },
    })
    const unknown = console(true)
    expect(await run(unknown.context, given('verify', ['r9'], staging))).toBe(2)
    expect(unknown.answer()).toMatchObject({
      transaction_id: null,
      outcome: 'failed',
      image: null,
      checks: [],
      duration_ms: { total: null },
      error: { code: 'RELEASE_UNKNOWN' },
    })
    const nothing = console(true)
    expect(await run(nothing.context, given('verify', ['v1.1.0'], { env: 'prod' }))).toBe(2)
    expect(nothing.answer()).toMatchObject({ transaction_id: null, error: { code: 'CHECKS_MISSING' } })
  })

  it('shows a failed check in the language of its user', async () => {
    const { world, console } = open()
    world.engine.program = () => ({ exitCode: 1, output: [{ stream: 'stdout', text: 'no table' }] })
    const { context, err, out } = console(false, 'zh-CN')
    expect(await run(context, given('verify', ['v1.1.0'], staging))).toBe(4)
    expect(out).toContain('selftest │ no table')
    expect(err.join('\n')).toContain('shop:v1.1.0 未通过环境 staging 的检查')
    expect(err.join('\n')).toContain('    no table')
  })

  it('is interrupted by Ctrl-C, and says that it was', async () => {
    const { world, console } = open()
    const { context, interrupt, answer } = console(true)
    world.engine.program = () => ({ takesMs: 60_000 })
    world.observer = ({ name }) => name === 'command' && interrupt()
    expect(await run(context, given('verify', ['v1.1.0'], staging))).toBe(4)
    expect(answer()).toMatchObject({ outcome: 'failed', error: { code: 'INTERRUPTED' } })
    expect(world.engine.oneOffs.size).toBe(0)
  })
})

describe('astern promote-to', () => {
  async function served() {
    const opened = open()
    await run(opened.console().context, given('verify', ['v1.1.0'], staging))
    expect(await deploy(opened.console().context, given('deploy', ['v1.1.0'], staging))).toBe(0)
    return opened
  }

  it('deploys what serves in the only other environment, and show says where it came from', async () => {
    const { console } = await served()
    const { context, out } = console()
    expect(await promote(context, given('promote-to', ['prod']))).toBe(0)
    expect(out[0]).toMatch(/^promoted +r1 v1.1.0 of staging$/)
    const shown = console()
    await show(shown.context, given('show', ['r1'], { env: 'prod' }))
    expect(shown.out.join('\n')).toMatch(/promoted +r1 of staging/)
    expect(shown.out.join('\n')).toMatch(/verified +passed in staging +.*ago.* +tx-/)
    const listed = console()
    await releases(listed.context, given('releases', [], { env: 'prod' }))
    expect(listed.out[1]).toMatch(/passed in staging · r1 of staging/)
    const machine = console(true)
    await show(machine.context, given('show', ['r1'], { env: 'prod' }))
    expect(machine.answer()).toMatchObject({
      promoted_from: { environment: 'staging', release: 'r1' },
      verified: { staging: { outcome: 'passed' } },
    })
    const again = console(true)
    expect(await promote(again.context, given('promote-to', ['prod', 'r1'], { from: 'staging', env: 'prod' }))).toBe(0)
    expect(again.answer()).toMatchObject({ operation: 'deploy', environment: 'prod', outcome: 'noop' })
  })

  it('shows its plan, and changes nothing', async () => {
    const { app, console } = await served()
    const { context, answer } = console(true)
    expect(await promote(context, given('promote-to', ['prod'], { 'dry-run': true }))).toBe(0)
    expect(answer()).toMatchObject({ dry_run: true, environment: 'prod', to: 1 })
    expect(app.store.services.list()).toHaveLength(1)
  })

  it('has to know from where to where', async () => {
    const { console } = await served()
    const wrong = (words: string[], options: Record<string, string> = {}) =>
      promote(console().context, given('promote-to', words, options))
    await expect(wrong(['staging'])).rejects.toMatchObject({ code: 'USAGE' })
    await expect(wrong(['prod'], { from: 'prod' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(wrong(['prod'], { env: 'staging' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(wrong(['nowhere'])).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' })
    await expect(wrong(['prod'], { from: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_PROMOTABLE' })
  })
})
