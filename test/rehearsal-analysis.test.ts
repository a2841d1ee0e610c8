// What the rehearsal makes of its records: figures that can be worked out by hand from tests' own rehearsal.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyse, percentile } from './rehearsal/analyse.ts'
import type { Answer } from './rehearsal/answer.ts'
import { checksOf, stayedBack } from './rehearsal/checks.ts'
import { secondLine } from './rehearsal/live.ts'
import { milliseconds, percent } from './rehearsal/numbers.ts'
import { latestOperation } from './rehearsal/operation.ts'
import { answers, moments, versions } from './rehearsal/synthetic.ts'
import { buckets, dotsAround } from './rehearsal/timeline.ts'

const analysisOf = (given: readonly Answer[]) => analyse(given, moments, versions)
const wrongIn = (given: readonly Answer[], active: string | null = versions.good) =>
  checksOf(analysisOf(given), versions, active)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)
/** No answer, for requests sent from `fromMs` until `toMs` after the start of the load. */
const refused = (fromMs: number, toMs: number) =>
  answers((answer, atMs) =>
    atMs >= fromMs && atMs < toMs ? { ...answer, tookMs: 1, code: 0, version: null, error: 'EOF' } : answer,
  )

describe('the phases', () => {
  it('are what was sent before, while the bad release served, and after', () => {
    const { phases } = analysisOf(answers())
    expect(phases.before).toMatchObject({ requests: 4_000, failed: 0, lost: 0, successRate: 1, p50Ms: 1, p99Ms: 3 })
    expect(phases.bad).toMatchObject({
      requests: 4_000,
      failed: 1_000,
      lost: 0,
      successRate: 0.75,
      p50Ms: 153,
      p99Ms: 156,
    })
    expect(phases.after).toMatchObject({ requests: 3_950, failed: 0, successRate: 1 })
    expect(phases.bad.meanMs).toBeCloseTo(153, 2)
    expect(phases.before.meanMs).toBeCloseTo(1 + (2 * 308) / 4_000, 9)
  })

  it('hold every request exactly once', () => {
    const { phases, sent } = analysisOf(answers())
    const all = Object.values(phases).reduce((sum, { requests }) => sum + requests, 0)
    expect(all).toBe(sent)
    expect(sent).toBe(14_000)
  })

  it('are unknown, not perfect, when nothing was sent', () => {
    const { phases, rollback, loadMs } = analysisOf([])
    expect(phases.after).toEqual({
      requests: 0,
      failed: 0,
      lost: 0,
      successRate: null,
      meanMs: null,
      p50Ms: null,
      p95Ms: null,
      p99Ms: null,
    })
    expect(rollback.firstNewMs).toBeNull()
    expect(loadMs).toBe(0)
  })
})

describe('a switch', () => {
  it('is timed from the start of its command, from outside', () => {
    const { deploy, rollback } = analysisOf(answers())
    // sent 20 ms after the command began, answered in 1 ms
    expect(rollback).toMatchObject({ commandMs: 50, firstNewMs: 21, lastOldMs: 19, lost: 0 })
    // sent 1,800 ms after, answered in 154 ms; the next ones are answered sooner
    expect(deploy).toMatchObject({ commandMs: 2_000, lastOldMs: 1_799, lost: 0 })
    expect(deploy.firstNewMs).toBe(1_953)
  })

  it('needs no request of the other release after its start', () => {
    const given = answers().filter(
      ({ sentMs }) => sentMs < moments.rollbackStartMs - 5 || sentMs >= moments.rollbackStartMs + 20,
    )
    expect(analysisOf(given).rollback.lastOldMs).toBe(0)
  })

  it('counts a request that was on its way when the command began', () => {
    const cut = answers((answer, atMs) =>
      atMs === 9_999 ? { ...answer, tookMs: 30, code: 0, version: null, error: 'EOF' } : answer,
    )
    expect(analysisOf(cut).rollback).toMatchObject({ lost: 1, lostPosts: 1, losses: [{ what: 'EOF', count: 1 }] })
    expect(analysisOf(cut).deploy.lost).toBe(0)
  })

  it('does not take failures of the bad release for its own', () => {
    expect(analysisOf(answers()).phases.bad.failed).toBe(1_000)
    expect(analysisOf(answers()).rollback.lost).toBe(0)
  })

  it('is charged with every lost request, wherever in the load it was', () => {
    const { arrayOf } = { arrayOf: fc.uniqueArray(fc.nat(13_999), { maxLength: 30 }) }
    fc.assert(
      fc.property(arrayOf, (lostAt) => {
        const wanted = new Set(lostAt)
        const given = answers((answer, atMs) => (wanted.has(atMs) ? { ...answer, code: 503, version: null } : answer))
        const { lost, lostBefore, deploy, rollback } = analysisOf(given)
        expect(lost).toBe(lostAt.length)
        expect(lostBefore + deploy.lost + rollback.lost).toBe(lostAt.length)
      }),
      { numRuns: 25 },
    )
  })
})

describe('what must be true', () => {
  it('is true of a good rehearsal', () => {
    expect(wrongIn(answers())).toEqual([])
  })

  it.each([
    ['nothing_lost_before', refused(100, 101)],
    ['deploy_lost_nothing', refused(5_790, 5_800)],
    ['rollback_lost_nothing', refused(10_010, 10_011)],
  ] as const)('is not when a request was lost: %s', (name, given) => {
    expect(wrongIn(given)).toEqual([name])
  })

  it('is not when a request met the bad release after the rollback had returned', () => {
    const late = answers((answer, atMs) => (atMs === 12_001 ? { ...answer, version: versions.bad } : answer))
    expect(wrongIn(late)).toEqual(['old_release_back'])
  })

  it('is not when status names another release', () => {
    expect(wrongIn(answers(), versions.bad)).toEqual(['old_release_back'])
    expect(wrongIn(answers(), null)).toEqual(['old_release_back'])
  })

  it('is not when the bad release never served: nothing was rehearsed then', () => {
    const good = answers((answer) => ({ ...answer, code: 200, version: versions.good, error: '' }))
    expect(wrongIn(good)).toContain('bad_release_hurt')
  })

  it('is not when nothing was sent at all', () => {
    expect(wrongIn([])).toHaveLength(6)
  })

  it('says how much was lost and why', () => {
    const [, , , check] = checksOf(analysisOf(refused(10_010, 10_013)), versions, versions.good)
    expect(check?.detail).toMatch(/^3 of 4,[0-9]{3} requests lost \(3 × EOF, 1 of them POST\)$/)
  })
})

describe('the timeline', () => {
  it('counts each request in the 100 ms in which it was sent', () => {
    const timeline = buckets(answers(), moments.loadStartMs, versions)
    expect(timeline).toHaveLength(139) // the last one may be cut short
    expect(timeline[0]).toMatchObject({ atMs: 0, good: 100, bad: 0, failed: 0, lost: 0, p50Ms: 1 })
    expect(timeline[70]).toMatchObject({ atMs: 7_000, good: 0, bad: 75, failed: 25, lost: 0, p50Ms: 153 })
    expect(timeline[100]).toMatchObject({ good: 80, bad: 15, failed: 5, lost: 0 })
  })

  it('shows a time in which nothing was sent as empty', () => {
    const given = answers().filter(
      ({ sentMs }) => sentMs < moments.loadStartMs + 200 || sentMs >= moments.loadStartMs + 400,
    )
    const timeline = buckets(given, moments.loadStartMs, versions)
    expect(timeline[2]).toEqual({ atMs: 200, good: 0, bad: 0, failed: 0, lost: 0, p50Ms: null, p99Ms: null })
  })

  const startMs = moments.rollbackStartMs

  it('holds every request within 200 ms of the rollback, in order', () => {
    const dots = dotsAround(answers().toReversed(), { startMs, endMs: startMs + 50 }, versions)
    expect(dots).toHaveLength(401)
    expect(dots[0]).toMatchObject({ atMs: -200, version: versions.bad, fate: 'failed' })
    expect(dots.at(-1)).toMatchObject({ atMs: 200, version: versions.good, fate: 'ok' })
  })

  it('reaches as far as a slow rollback needs', () => {
    const dots = dotsAround(answers(), { startMs, endMs: startMs + 630 }, versions)
    expect(dots.at(-1)?.atMs).toBe(700)
  })
})

describe('numbers', () => {
  it('are never rounded into perfection', () => {
    expect(percent(1)).toBe('100 %')
    expect(percent(0.999999)).toBe('99.99 %')
    expect(percent(0.761)).toBe('76.1 %')
    expect(percent(0.75999)).toBe('75.9 %')
    expect(percent(null)).toBe('–')
  })

  it('have three digits', () => {
    expect([0.945, 9.996, 47.83, 99.96, 152.4, 1_204].map(milliseconds)).toEqual([
      '0.94 ms',
      '10.0 ms',
      '47.8 ms',
      '100 ms',
      '152 ms',
      '1,204 ms',
    ])
  })

  it('take the nearest rank for a percentile', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    expect([50, 95, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 95, 99, 100])
    expect(percentile([7], 1)).toBe(7)
    expect(percentile([], 50)).toBeNull()
  })
})

describe('the line for a second of load', () => {
  it('shows even one lost request among thousands', () => {
    const second = answers().slice(0, 1_000)
    const [first, ...rest] = second
    expect(secondLine(1, second, versions)).not.toContain('!')
    const line = secondLine(1, [{ ...first!, code: 503, version: null }, ...rest], versions)
    expect(line).toContain(`${'█'.repeat(29)}!`)
    expect(line).toContain('99.90 %')
  })

  it('has a bar of one length, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(13_000), (size, from) => {
        const bar = /[█▒×!]+/.exec(secondLine(1, answers().slice(from, from + size), versions))
        expect(bar?.[0]).toHaveLength(30)
      }),
      { numRuns: 50 },
    )
  })
})

describe("Astern's own record", () => {
  const line = (step: string, status: string, ms: number | null, kind = 'rollback', transaction = 'tx-2') =>
    JSON.stringify({
      timestamp: '2026-04-05T10:23:45.120Z',
      operation: kind,
      transaction_id: transaction,
      step,
      status,
      duration_ms: ms,
    })
  const printed = [
    line('plan', 'succeeded', 99, 'rollback', 'tx-1'),
    line('plan', 'succeeded', 0.4),
    line('shift_traffic', 'started', null),
    line('shift_traffic', 'succeeded', 0.9),
    line('prove', 'succeeded', 1.6),
    line('demote', 'succeeded', 900),
    JSON.stringify({ operations: [{ transaction_id: 'tx-2', operation: 'rollback' }] }),
  ].join('\n')

  it('is of the latest operation of a kind, with the steps that ended', () => {
    const operation = latestOperation(printed, 'rollback')
    expect(operation?.transactionId).toBe('tx-2')
    expect(operation?.steps.map(({ step }) => step)).toEqual(['plan', 'shift_traffic', 'prove', 'demote'])
  })

  it('adds up the steps to the proof and not what follows it', () => {
    expect(latestOperation(printed, 'rollback')?.toProofMs).toBeCloseTo(2.9, 9)
  })

  it('is null where there is none', () => {
    expect(latestOperation(printed, 'deploy')).toBeNull()
    expect(latestOperation(line('plan', 'failed', 1), 'rollback')?.toProofMs).toBeNull()
  })
})

describe('that it stays back', () => {
  it.each([
    [3, 'error HELD: Deploys of gin-shop to prod are on hold', true],
    [3, 'error QUARANTINED: r2 is what was rolled back from', false],
    [0, 'done                r3 serves', false],
  ])('is found when CI ends with %s and %s: %s', (exit, output, ok) => {
    expect(stayedBack({ exit, output })).toMatchObject({ name: 'stays_back', ok })
  })
})
