import { describe, expect, it } from 'vitest'
import { buildArm, buildServers, buildTick, repeated } from '../../../test/trial-ticks.ts'
import { PLAIN_TRIAL } from '../trial.ts'
import { LATENCY_EDGES_MS, type Tick } from './counts.ts'
import { type Calibration, calibrate, noEvidence, withTick } from './evidence.ts'
import { judge, type Judgement, recompute, type Rule } from './judge.ts'

const SETTINGS = PLAIN_TRIAL.verdict
const LEAST = 100
const NAMES = { candidate: 'r42', stable: 'r41' }
/** A quiet service with a long history. */
const QUIET: Calibration = { phi: 1, errors: 1_000, errorRate: 0.001 }

type Changes = { calibration?: Calibration; sides?: 'two' | 'one'; declared?: boolean; sticky?: boolean }

function evidenceOf(
  ticks: readonly Tick[],
  { calibration = QUIET, sides = 'two', declared = false, sticky = false }: Changes = {},
) {
  return ticks.reduce(withTick, noEvidence(SETTINGS, calibration, sides, LEAST, { declared, sticky }))
}

function judged(ticks: readonly Tick[], changes: Changes = {}): Judgement {
  return judge(evidenceOf(ticks, changes), NAMES)
}

const good = buildTick(buildArm(10), buildArm(90))
const bad = buildTick(buildArm(10, 5), buildArm(90))

describe('the verdict', () => {
  it('passes a release that does as well as the one before', () => {
    const { verdict, rule, held } = judged(repeated(good, 30))
    expect({ verdict, rule, held }).toEqual({ verdict: 'pass', rule: null, held: null })
  })

  it('fails a release that fails, within seconds, and says why in one sentence', () => {
    const judgement = judged(repeated(bad, 3))
    expect(judgement).toMatchObject({ verdict: 'fail', rule: 'failures' })
    expect(judgement.sentence).toMatch(
      /^r42 fails 50\.0 % of its requests \(95 % interval 33\.2–66\.8 %\), r41 0\.0 %; the evidence is [\d,^]+ to 1 and 1,429 to 1 is enough\.$/,
    )
  })

  it('never takes no data for a pass', () => {
    const quiet = buildTick(buildArm(0), buildArm(0))
    expect(judged([])).toMatchObject({ verdict: 'undecided', evidence: 1 })
    expect(judged(repeated(quiet, 1_000)).verdict).toBe('undecided')
    const alone = buildTick(buildArm(0), buildArm(100))
    expect(judged(repeated(alone, 1_000)).sentence).toBe('r42 has had 0 of the 100 requests that a verdict needs.')
    const unasked = noEvidence(SETTINGS, QUIET, 'two', 0, { declared: false })
    expect(judge(unasked).verdict).toBe('undecided')
  })

  it('does not go back for what happened in one tick, however bad', () => {
    expect(judged([buildTick(buildArm(100, 100), buildArm(900)), ...repeated(good, 30)]).verdict).toBe('pass')
  })

  it('does not go back for four failures', () => {
    const failing = buildTick(buildArm(1, 1), buildArm(99))
    expect(judged(repeated(failing, 2)).verdict).toBe('undecided')
  })

  it('does not go back for a difference of less than half a percentage point, nor go on', () => {
    const little = buildTick(buildArm(10_000, 40), buildArm(10_000, 10))
    expect(judged(repeated(little, 200))).toMatchObject({ verdict: 'undecided', rule: null })
  })

  it('blames no candidate for an outage that both sides have, while the share grows', () => {
    const ticks = [
      ...repeated(buildTick(buildArm(10), buildArm(990, 1)), 50),
      ...repeated(buildTick(buildArm(500, 100), buildArm(500, 100)), 50),
    ]
    const judgement = judged(ticks)
    expect(judgement).toMatchObject({ verdict: 'undecided', held: 'stable_failing' })
    expect(judgement.maximum).toBeLessThan(10)
    expect(judgement.sentence).toMatch(/^r41 itself fails \d+\.\d % of its requests at present/)
  })

  it('still goes back from a candidate that is far worse than a stable release that fails', () => {
    expect(judged(repeated(buildTick(buildArm(100, 90), buildArm(100, 10)), 10)).verdict).toBe('fail')
  })

  it('needs more failures where they come in bursts', () => {
    const failing = repeated(buildTick(buildArm(5, 1), buildArm(95)), 100)
    const ticksUntil = (phi: number) =>
      failing.findIndex(
        (_, at) => judged(failing.slice(0, at + 1), { calibration: { ...QUIET, phi } }).verdict === 'fail',
      )
    expect(ticksUntil(4)).toBeGreaterThanOrEqual(2 * ticksUntil(1))
  })

  it('starts with φ = 3 where nothing is known', () => {
    expect(judged([], { calibration: calibrate([]) })).toMatchObject({ phi: 3, eta: 1 / 3 })
  })
})

describe('each rule', () => {
  const slow = LATENCY_EDGES_MS.map((edge) => (edge === 500 ? 50 : 0))
  const cases: [Rule, Tick, Changes][] = [
    ['failures', bad, {}],
    ['latency', buildTick(buildArm(50, 0, { latency: [...slow, 0] }), buildArm(50)), {}],
    ['client_errors', buildTick(buildArm(50, 0, { clientErrors: 25 }), buildArm(50)), {}],
    ['declared', buildTick(buildArm(50, 0, { declared: 25 }), buildArm(50)), { declared: true }],
    ['missing_success', buildTick(buildArm(50, 0, { succeeded: 20 }), buildArm(50)), {}],
    ['probes', { ...good, probes: { candidate: { sent: 5, failed: 5 }, stable: { sent: 5, failed: 0 } } }, {}],
  ]
  it.each(cases)('%s takes a release back, and is named', (rule, tick, changes) => {
    const judgement = judged(repeated(tick, 60), changes)
    expect(judgement).toMatchObject({ verdict: 'fail', rule })
    expect(judgement.sentence).toMatch(/^r42 .*r41 .* to 1 is enough\.$/)
  })

  it('that is off gives its weight to the others', () => {
    const weights = (declared: boolean) => judged([], { declared }).streams.map(({ rule, weight }) => [rule, weight])
    expect(weights(true)).toEqual([
      ['failures', 0.45],
      ['latency', 0.3],
      ['client_errors', 0.1],
      ['declared', 0.1],
      ['missing_success', 0.05],
    ])
    const others = judged([]).streams
    expect(others.map(({ rule }) => rule)).not.toContain('declared')
    expect(others.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12)
  })

  it('of latency needs a shift that matters', () => {
    const little = LATENCY_EDGES_MS.map((edge) => (edge === 100 ? 10 : edge === 50 ? 40 : 0))
    const tick = buildTick(buildArm(50, 0, { latency: [...little, 0] }), buildArm(50))
    expect(judged(repeated(tick, 60))).toMatchObject({ verdict: 'undecided', rule: null })
  })
})

describe('what speaks against the comparison', () => {
  it('holds a pass back when the candidate does not get its share', () => {
    const judgement = judged(repeated(buildTick(buildArm(20), buildArm(80), { share: 1_000 }), 30))
    expect(judgement).toMatchObject({ verdict: 'undecided', held: 'split' })
    expect(judgement.sentence).toMatch(/^r42 gets 20\.0 % of the requests and should get 10\.0 %/)
  })

  it('does not mind a share that changed within a tick', () => {
    expect(judged(repeated(buildTick(buildArm(20), buildArm(80), { share: null }), 30)).verdict).toBe('pass')
  })

  it('holds and tempers more when one stable server differs from the others as a bad release would', () => {
    const servers = buildServers([30, 3], [30, 0], [30, 0])
    const evidence = evidenceOf(repeated({ ...good, servers }, 30))
    expect(judge(evidence, NAMES)).toMatchObject({ verdict: 'undecided', held: 'placebo' })
    expect(evidence.phi).toBeGreaterThanOrEqual(2)
    expect(evidence.placebo.crossings).toBeGreaterThan(0)
  })

  it('learns from the stable servers for the ticks that follow, never for less', () => {
    const burst = { ...good, servers: buildServers([30, 12], [30, 0], [30, 0]) }
    const before = evidenceOf([good])
    const after = withTick(before, burst)
    expect(after.phi).toBeGreaterThan(before.phi)
    expect(repeated(good, 50).reduce(withTick, after).phi).toBe(after.phi)
  })

  it('tempers by the requests per client where clients stay on their side', () => {
    const ticks = repeated(buildTick(buildArm(10, 1, { drawn: 1 }), buildArm(90, 0, { drawn: 9 })), 8)
    expect(judged(ticks, { sticky: true })).toMatchObject({ phi: 30, verdict: 'undecided' })
    expect(judged(ticks).verdict).toBe('fail')
  })
})

describe('a release alone', () => {
  const alone = (failed: number) => repeated(buildTick(buildArm(100, failed), null), 20)

  it('fails when it fails more often than is allowed, and passes when not', () => {
    expect(judged(alone(10), { sides: 'one' })).toMatchObject({ verdict: 'fail', rule: 'failures' })
    expect(judged(alone(10), { sides: 'one' }).sentence).toMatch(/1\.0 % is allowed; the evidence is/)
    expect(judged(alone(1), { sides: 'one' }).verdict).toBe('pass')
  })

  it('is not blamed when the release before was failing already', () => {
    const calibration = { ...QUIET, errorRate: 0.08 }
    expect(judged(alone(30), { sides: 'one', calibration })).toMatchObject({
      verdict: 'undecided',
      held: 'stable_failing',
    })
  })
})

describe('the evidence', () => {
  const ticks = [...repeated({ ...bad, servers: buildServers([30, 0], [30, 1], [30, 0]) }, 5), ...repeated(good, 5)]

  it('can be stored in the middle and gone on with', () => {
    const stored = JSON.parse(JSON.stringify(evidenceOf(ticks.slice(0, 4)))) as ReturnType<typeof evidenceOf>
    expect(ticks.slice(4).reduce(withTick, stored)).toEqual(evidenceOf(ticks))
  })

  it('can be computed again by anybody from the ticks', () => {
    expect(recompute(SETTINGS, QUIET, 'two', LEAST, { declared: false }, ticks)).toEqual(judge(evidenceOf(ticks)))
  })

  it('stays finite in a judgement, with millions of requests', () => {
    const huge = judged(repeated(buildTick(buildArm(1e6, 9e5), buildArm(1e7, 10)), 50))
    expect(JSON.parse(JSON.stringify(huge))).toEqual(huge)
    expect(huge.sentence).toContain('10^300 to 1')
  })
})

describe('a calibration', () => {
  it('rests on the failures of the stable release', () => {
    const history = Array.from({ length: 400 }, (_, tick) =>
      buildServers([100, tick % 4 === 0 ? 1 : 0], [100, tick % 4 === 2 ? 1 : 0]),
    )
    const { phi, errors, errorRate } = calibrate(history)
    expect(errors).toBe(200)
    expect(phi).toBeGreaterThan(1)
    expect(phi).toBeLessThan(1.3)
    expect(errorRate).toBeGreaterThan(0.0025)
    expect(errorRate).toBeLessThan(0.0035)
  })

  it('of a single server compares it with itself a tick later', () => {
    const history = Array.from({ length: 400 }, (_, tick) => buildServers([100, tick % 8 === 0 ? 5 : 0]))
    expect(calibrate(history).phi).toBeGreaterThan(4)
  })

  it('knows no rate from a few requests without failures', () => {
    expect(calibrate([buildServers([50, 0], [50, 0])]).errorRate).toBeNull()
    expect(calibrate([buildServers([50, 10], [50, 10])]).errorRate).toBeGreaterThan(0.2)
  })

  it('of nothing is the default', () => {
    expect(calibrate([])).toEqual({ phi: 3, errors: 0, errorRate: null })
  })
})
