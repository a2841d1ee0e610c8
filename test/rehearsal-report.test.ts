// The rehearsal's report: the names that others read, and a page that needs nothing but itself.
import { describe, expect, it } from 'vitest'
import { ticks } from './rehearsal/page-chart.ts'
import { pageOf } from './rehearsal/page.ts'
import { readOptions, trialOf } from './rehearsal/options.ts'
import { reportOf } from './rehearsal/report.ts'
import { resultLines, trialLine, verdictLine } from './rehearsal/report-table.ts'
import { answers, findings, trials, versions } from './rehearsal/synthetic.ts'

const report = reportOf(findings())
const lossy = findings(
  answers((answer, atMs) => (atMs >= 10_020 && atMs < 10_024 ? { ...answer, code: 503, version: null } : answer)),
)

describe('report.json', () => {
  it('has the fields that others read', () => {
    expect(report).toMatchObject({
      schema: 1,
      ok: true,
      started_at: '2026-04-05T10:23:45.000Z',
      load: { rate_per_s: 1_000, achieved_per_s: 1_000, sent: 14_000, lost: 0 },
      releases: { good: { version: 'v1.0.0', release: 'r1', faults: null }, bad: { version: 'v1.1.0', release: 'r2' } },
      phases: {
        before: { requests: 4_000, failed: 0, lost: 0, success_rate: 1, p50_ms: 1, p95_ms: 3, p99_ms: 3 },
        bad: { requests: 4_000, failed: 1_000, lost: 0, success_rate: 0.75, p50_ms: 153 },
        after: { requests: 3_950, failed: 0, success_rate: 1 },
      },
      rollback: {
        transaction_id: 'tx-00000002',
        at_ms: 10_000,
        command_ms: 50,
        first_old_ms: 21,
        last_bad_ms: 19,
        lost: 0,
        lost_posts: 0,
        in_process_ms: 2.9,
      },
      deploy: { at_ms: 4_000, command_ms: 2_000, first_new_ms: 1_953, last_old_ms: 1_799, lost: 0 },
    })
    expect(report.rollback.journal[1]).toEqual({
      step: 'shift_traffic',
      status: 'succeeded',
      at_ms: 10_021,
      duration_ms: 0.9,
    })
    expect(report.steps[0]).toEqual({
      command: 'astern up',
      at: '2026-04-05T10:23:42.000Z',
      at_ms: -3_000,
      duration_ms: 1_500,
      exit: 0,
    })
    expect(report.trials).toMatchObject({
      bad: {
        version: 'v1.2.0',
        release: 'r3',
        against: 'v1.0.0',
        at_ms: 21_000,
        command_ms: 3_500,
        exit: 4,
        verdict: 'fail',
        rule: 'failures',
        users: { requests: 5_000, gets: 2_500, gets_failed: 0, posts: 2_500, posts_failed: 25, lost: 0 },
        greatest_share: 0.05,
        requests: 125,
        failures: 24,
        on_trial_ms: 500,
        first_bad_ms: 1_000,
        gone_ms: 3_000,
        bad_for_ms: 2_000,
      },
      good: { version: 'v1.3.0', exit: 0, verdict: 'pass', first_bad_ms: null, gone_ms: null, bad_for_ms: null },
    })
    expect(report.trials.bad.evidence).toHaveLength(5)
    expect(report.trials.bad.evidence[0]).toMatchObject({
      at_ms: 22_000,
      share: 0.05,
      requests: 25,
      failures: 0,
      maximum: 0,
    })
    expect(report.timeline).toHaveLength(139)
    expect(report.around_rollback).toHaveLength(401)
  })

  it('comes back as it was from a file: nothing in it is undefined, endless or not a number', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    const empty = reportOf(findings([], null))
    expect(JSON.parse(JSON.stringify(empty))).toEqual(empty)
    expect(empty.ok).toBe(false)
  })

  it('says when the machine was busy with other things', () => {
    const { machine } = findings()
    expect(report.notes).toEqual([])
    const busy = reportOf({ ...findings(), machine: { ...machine, loadAverage: 3.6 } })
    expect(busy.notes).toEqual([
      'This machine was busy with other things (load 3.6 on 2 cores): the times are upper bounds.',
    ])
  })

  it('is not ok when a request was lost', () => {
    expect(reportOf(lossy)).toMatchObject({ ok: false, rollback: { lost: 4, lost_posts: 2 } })
  })
})

describe('report.html', () => {
  const page = pageOf(report)

  it('fetches nothing', () => {
    expect(page).not.toMatch(/(src|href)\s*=|@import|url\(|fetch\(|https?:\/\/(?!www\.w3\.org\/2000\/svg|127\.0\.0\.1)/)
  })

  it('says in its title what came of it', () => {
    expect(page).toContain('<h1>Taken back in 21.0\u00A0ms, no request lost</h1>')
    expect(pageOf(reportOf(lossy))).toContain('The rehearsal failed')
    expect(pageOf(reportOf(lossy))).toContain('The rollback lost no request: 4 of ')
  })

  it('draws every request around the rollback, failed ones by another shape than answered ones', () => {
    // Each chart is there twice: for wide and for narrow screens.
    const of = (fate: string, version?: string) =>
      report.around_rollback.filter((dot) => dot.fate === fate && (version === undefined || dot.version === version))
        .length
    expect(page.split('<circle class="dot-good"').length - 1).toBe(2 * of('ok', versions.good))
    expect(page.split('<circle class="dot-bad"').length - 1).toBe(2 * of('ok', versions.bad))
    expect(page.split('<path class="dot-failed"').length - 1).toBe(2 * of('failed'))
    expect(page).not.toContain('<path class="dot-lost"')
    expect(pageOf(reportOf(lossy))).toContain('<path class="dot-lost"')
  })

  it('draws the evidence against both releases on trial, with what is enough, on one scale', () => {
    const powers = (chart: string) =>
      [...chart.matchAll(/text-anchor="end">(1|10+|1,000|10,000)<\/text>/g)].map(([, text]) => text)
    const charts = page.match(/<svg[^>]*aria-label="The evidence against[^]*?<\/svg>/g) ?? []
    expect(charts).toHaveLength(4)
    for (const chart of charts) {
      expect(chart).toContain('<line class="enough"')
      expect(chart).toContain('1,786 to 1')
      expect(powers(chart)).toEqual(powers(charts[0]!))
    }
    expect(charts[0]).toContain('100 % on v1.0.0 again, after 2.0 s')
    expect(charts[2]).not.toContain('first bad answer')
    for (const share of ['5 %', '25 %', '99 %']) expect(charts[2]).toContain(`>${share}</text>`)
    expect(page).toContain('>v1.2.0: taken back, exit code 4<')
  })

  it('shows what came from elsewhere as text', () => {
    expect(page).toContain('An &lt;Imaginary&gt; CPU')
    expect(page).not.toContain('<Imaginary>')
    const names = reportOf({ ...findings(), bad: { tag: '</script><b>', faults: null, release: 'r2' } })
    expect(pageOf(names)).not.toContain('</script><b>')
  })

  it('can be drawn of a rehearsal without a single answer', () => {
    const empty = pageOf(reportOf(findings([], null)))
    expect(empty).toContain('The rehearsal failed')
    expect(empty).not.toMatch(/NaN|Infinity|undefined/)
    const untold = { told: null, rollback: null, active: null }
    const silent = pageOf(reportOf({ ...findings(), trials: trials({ bad: untold, good: untold }) }))
    expect(silent).toContain('Nothing was said of it.')
    expect(silent).not.toMatch(/NaN|Infinity|undefined/)
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
  })
})

describe('the table', () => {
  it('fits a terminal', () => {
    const { analysis, checks, trials } = findings()
    const lines = resultLines(analysis, versions, trials, checks)
    for (const line of lines.slice(0, 15)) expect(line.length).toBeLessThanOrEqual(100)
    expect(lines[13]).toMatch(/^v1\.2\.0 on trial +5\.0 % +125 +24 +0 of 2,500 +25 of 2,500 +fail +4$/)
    expect(lines[15]).toMatch(/^r3 fails 19\.2 % of its requests .* is enough/)
  })

  it('leaves room between what must be true and what was found', () => {
    for (const { title } of findings().checks) expect(title.length).toBeLessThan(32)
  })

  it('ends with one sentence', () => {
    expect(verdictLine(report)).toBe(
      'Taken back in 21.0 ms from typing the command: success 75.0 % → 100 %, mean response time 153 ms → 1.15 ms, 0 of 14,000 requests lost.',
    )
    expect(verdictLine(reportOf(lossy))).toContain('The rollback lost no request: 4 of ')
  })

  it('and one for what went by itself', () => {
    expect(trialLine(report)).toBe(
      'And by itself: v1.2.0 got 5.0 % of the requests, and was gone 2.0 s after its first bad answer; 0 GETs failed. v1.3.0 is promoted.',
    )
    expect(trialLine(reportOf(lossy))).toBeNull()
  })
})

describe('the axis', () => {
  it('has few round values up to the greatest', () => {
    expect(ticks(1_000, 4)).toEqual([0, 250, 500, 750, 1_000])
    expect(ticks(156, 4)).toEqual([0, 50, 100, 150])
    expect(ticks(1_070, 4)).toEqual([0, 500, 1_000])
    expect(ticks(0, 4).length).toBeGreaterThan(0)
    expect(ticks(0.3, 4)).toEqual([0, 0.1, 0.2, 0.3])
  })
})

describe('the options', () => {
  it('have defaults, and a quick form', () => {
    expect(readOptions([])).toEqual({ seconds: 5, rate: 1_000, keep: false })
    expect(readOptions(['--quick', '--keep'])).toEqual({ seconds: 2, rate: 1_000, keep: true })
    expect(readOptions(['--seconds', '8', '--rate=200', '--quick'])).toEqual({ seconds: 8, rate: 200, keep: false })
    expect(readOptions(['-h'])).toBe('help')
  })

  it('make trials shorter, never longer', () => {
    expect(trialOf({ seconds: 5 })).toEqual({ canary: ['5% 10s', '25% 10s'], bake: '30s' })
    expect(trialOf({ seconds: 2 })).toEqual({ canary: ['5% 4s', '25% 4s'], bake: '12s' })
    expect(trialOf({ seconds: 600 })).toEqual(trialOf({ seconds: 5 }))
  })

  it.each([
    ['--seconds', '0'],
    ['--seconds', '1.5'],
    ['--rate', 'many'],
    ['--rate', '99999'],
    ['--rate', '1e3'],
  ])('refuse %s %s', (name, value) => {
    expect(() => readOptions([name, value])).toThrow(`${name}: a whole number from 1 to`)
  })
})
