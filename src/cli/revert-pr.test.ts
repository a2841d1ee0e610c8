import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { newestTransaction } from '../../test/doubles/deployed.ts'
import { takenBack } from '../../test/doubles/taken-back.ts'
import { run as show } from './show.ts'
import { run, showWithRequest } from './revert-pr.ts'

async function scene(changes: Parameters<typeof createConsole>[1] = {}) {
  const known = await takenBack()
  const console = createConsole(known.app, { cwd: '/srv/shop', ...changes })
  return { ...known, console, transaction: newestTransaction(known.app) }
}

const PAGE = 'https://github.com/acme/shop/pull/1'

describe('astern revert-pr', () => {
  it('opens a request for the last rollback', async () => {
    const { console } = await scene()
    expect(await run(console.context, given('revert-pr'))).toBe(0)
    expect(console.out).toEqual([`request             ${PAGE}`])
  })

  it('tells machines everything of it', async () => {
    const { console, transaction, good, bad } = await scene({ json: true })
    await run(console.context, given('revert-pr', [transaction]))
    expect(console.answer()).toEqual({
      transaction_id: expect.stringMatching(/^tx-/) as string,
      operation: 'revert',
      service: 'shop',
      environment: 'prod',
      outcome: 'succeeded',
      of: transaction,
      good,
      bad,
      branch: `astern/revert-${transaction.slice(3)}`,
      base: 'main',
      revert_command: `git revert --no-edit --first-parent -m 1 ${good.slice(0, 12)}..${bad.slice(0, 12)}`,
      pull_request_url: PAGE,
      warnings: [],
      error: null,
    })
    await run(console.context, given('revert-pr', [transaction]))
    expect(console.answer()).toMatchObject({ outcome: 'noop', pull_request_url: PAGE })
  })

  it('shows with --dry-run what it would do', async () => {
    const { world, console, transaction } = await scene()
    await run(console.context, given('revert-pr', [], { 'dry-run': true }))
    expect(console.out[0]).toContain(`in a branch astern/revert-${transaction.slice(3)}`)
    expect(world.codeHosts.opened).toEqual([])
    expect([...world.repository.remoteBranches.keys()]).toEqual(['main'])
  })

  it('knows no operation that is not there', async () => {
    const { console } = await scene()
    await expect(run(console.context, given('revert-pr', ['tx-ffffffff']))).rejects.toMatchObject({
      code: 'TRANSACTION_UNKNOWN',
    })
  })
})

describe('astern rollback --revert-pr', () => {
  it('shows first that users are safe, then the request', async () => {
    const { console, answered } = await scene()
    expect(await showWithRequest(console.context, answered)).toBe(0)
    expect(console.out.at(-2)).toMatch(/^done {16}r1 serves/)
    expect(console.out.at(-1)).toBe(`request             ${PAGE}`)
    expect(console.out.find((line) => line.startsWith('compare '))).toContain('https://github.com/acme/shop/compare/')
    expect(console.out.find((line) => line.startsWith('revert '))).toContain('git revert --no-edit')
  })

  it('gives machines one object with all of it', async () => {
    const { console, answered } = await scene({ json: true })
    await showWithRequest(console.context, answered)
    expect(console.out).toHaveLength(1)
    expect(console.answer()).toMatchObject({ outcome: 'succeeded', git: { pull_request_url: PAGE }, warnings: [] })
  })

  it('that cannot open one is a rollback that succeeded, with a warning', async () => {
    const { world, console, answered } = await scene({ json: true })
    world.codeHosts.token = null
    expect(await showWithRequest(console.context, answered)).toBe(0)
    expect(console.answer()).toMatchObject({ outcome: 'succeeded', git: { pull_request_url: null } })
    expect((console.answer() as { warnings: string[] }).warnings[0]).toContain('There is no token')
  })
})

describe('astern show TX', () => {
  it('shows of a rollback what it means for the source', async () => {
    const { console, app, transaction } = await scene()
    await show(console.context, given('show', [transaction]))
    expect(console.out.some((line) => line.startsWith('compare '))).toBe(true)
    const machine = createConsole(app, { json: true })
    await show(machine.context, given('show', [transaction]))
    expect(machine.answer()).toMatchObject({ git: { pull_request_url: null } })
  })
})
