import { describe, expect, it } from 'vitest'
import { createConsole } from '../../test/doubles/console.ts'
import { World } from '../../test/doubles/world.ts'
import { fail } from '../core/errors.ts'
import { report, textOf } from './report-error.ts'

function onConsole(changes: Parameters<typeof createConsole>[1] = {}) {
  return createConsole(new World().process().app, changes)
}

describe('an error', () => {
  it('is said on standard error with what to do, and gives its exit code', async () => {
    const { context, out, err } = onConsole()
    expect(await report(context, fail('TAG_NEEDED'))).toBe(2)
    expect(out).toEqual([])
    expect(err[0]).toMatch(/^error TAG_NEEDED: No tag was named/)
    expect(err[1]).toContain('astern deploy TAG')
  })

  it('of an operation that never began has every name of its answer', async () => {
    const { context, answer } = onConsole({ json: true })
    expect(await report(context, fail('PROXY_DOWN', { reason: 'connection refused' }), 'rollback')).toBe(1)
    expect(answer()).toMatchObject({
      operation: 'rollback',
      outcome: 'failed',
      transaction_id: null,
      from: null,
      to: null,
      proof: null,
      warnings: [],
    })
    expect(answer()).toMatchObject({ duration_ms: { total: null, prove: null }, error: { code: 'PROXY_DOWN' } })
  })

  it.each([
    ['HELD', 'refused', 3],
    ['BUSY', 'busy', 7],
    ['NOTHING_TO_DO', 'noop', 6],
    ['ENGINE_UNAVAILABLE', 'failed', 1],
  ] as const)('%s tells machines that the outcome is %s', async (code, outcome, exit) => {
    const { context, answer, err } = onConsole({ json: true })
    expect(await report(context, fail(code))).toBe(exit)
    expect(answer()).toMatchObject({ outcome, error: { code } })
    expect(err).toEqual([])
  })

  it('that there is nothing to do is no error to people', async () => {
    const { context, out, err } = onConsole()
    expect(await report(context, fail('NOTHING_TO_DO', { reason: 'r1 serves already' }))).toBe(6)
    expect(out).toEqual(['nothing to do       r1 serves already'])
    expect(err).toEqual([])
  })

  it('that is not in the catalogue is a defect, with its stack only for those who ask', async () => {
    const quiet = onConsole()
    expect(await report(quiet.context, new TypeError('x is undefined'))).toBe(1)
    expect(quiet.err.join('\n')).toContain('INTERNAL: x is undefined')
    expect(quiet.err.join('\n')).not.toContain('report-error.test')
    const loud = onConsole({ env: { ASTERN_DEBUG: '1' } })
    await report(loud.context, new TypeError('x is undefined'))
    expect(loud.err.join('\n')).toContain('report-error.test')
  })

  it('is said in Chinese, with the error that it quotes', async () => {
    const cause = fail('HEALTH_FAILED', { replica: 'r2-1', within: '33 s', reason: 'connection refused', log: '' })
    const error = fail('DEPLOY_FAILED', { reason: cause.message, serving: 'r1', transaction: 'tx-1' }, cause)
    const { message, hint } = await textOf({ language: 'zh-CN' }, error)
    expect(message).toContain('r2-1 在 33 s 内未变为健康：connection refused')
    expect(message).not.toContain('did not become')
    expect(hint).toContain('astern log tx-1')
  })

  it('without a command points to the help of all', async () => {
    const { hint } = await textOf({ language: 'en' }, fail('USAGE', { problem: 'x', command: '' }))
    expect(hint).toBe('astern --help shows examples.')
  })
})
