import { describe, expect, it } from 'vitest'
import { buildArm, buildTick, repeated } from '../../../test/trial-ticks.ts'
import { PLAIN_TRIAL } from '../trial.ts'
import { type Case, type Fact, judgeCase, openCase, withFact } from './case.ts'
import type { Tick } from './counts.ts'
import type { Crash } from './crashes.ts'

const steps = [{ share: 500, forMs: 10_000, atMostMs: 20_000, manual: false }]
const policy = { ...PLAIN_TRIAL, steps, bake: { forMs: 60_000, holdback: 100 } }
const about: Case['about'] = {
  candidate: 2,
  stable: 1,
  names: { candidate: 'r2', stable: 'r1' },
  policy,
  calibration: { phi: 1, errors: 100, errorRate: 0.001 },
  fullSince: 0,
}
const HOUR_MS = 3_600_000

function after(...facts: readonly Fact[]) {
  return facts.reduce(withFact, openCase(about))
}

function crash(at: number, more: Partial<Crash> = {}): Fact {
  return { kind: 'crash', crash: { at, replica: 'r2-1', release: 2, ageMs: at, oom: false, exitCode: 1, ...more } }
}

/** Fifteen of them, one each second. */
function baking(tick: Tick): Fact[] {
  return repeated(tick, 15).map((tick) => ({ kind: 'tick', step: 1, tick, own: [] }))
}

describe('the case against a release', () => {
  it('counts a crash once that two have noticed', () => {
    expect(judgeCase(after(crash(HOUR_MS), crash(HOUR_MS + 4_000)), HOUR_MS + 5_000).verdict).toBe('undecided')
    expect(judgeCase(after(crash(HOUR_MS), crash(HOUR_MS + 60_000)), HOUR_MS + 61_000)).toMatchObject({
      verdict: 'fail',
      rule: 'crashes',
    })
  })

  it('is quick in a bake, where hardly anything is held back', () => {
    expect(judgeCase(after(...baking(buildTick(buildArm(198, 47), buildArm(2)))), 15_000)).toMatchObject({
      verdict: 'fail',
      rule: 'failures',
    })
  })

  it('is nobody’s fault in a bake when what is held back fails as well', () => {
    expect(judgeCase(after(...baking(buildTick(buildArm(180, 43), buildArm(20, 5)))), 15_000)).toMatchObject({
      verdict: 'undecided',
      held: expect.any(String),
    })
  })

  it('counts requests of the step that was entered last', () => {
    const tick = buildTick(buildArm(60), buildArm(600))
    const facts = [0, 0, 1].map((step): Fact => ({ kind: 'tick', step, tick, own: [] }))
    expect(judgeCase(after(...facts), 3_000).requests).toMatchObject({ place: 1, candidate: 60, stable: 600 })
  })
})
