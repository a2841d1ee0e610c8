// One deploy through the real verdict, tick by tick, until it is taken back or over.
import { PLAIN_TRIAL } from '../../src/core/trial.ts'
import type { Tick } from '../../src/core/verdict/counts.ts'
import {
  ALPHA_SHARES,
  calibrate,
  type Calibration,
  type Evidence,
  noEvidence,
  thresholdLog,
  withTick,
} from '../../src/core/verdict/evidence.ts'
import { judge, type Judgement } from '../../src/core/verdict/judge.ts'
import { type Random, randomOf } from './random.ts'
import type { Scenario } from './scenarios.ts'
import { deploy, history } from './world.ts'

export const SETTINGS = PLAIN_TRIAL.verdict
const LEAST_REQUESTS = 100

export type Ended = {
  readonly evidence: Evidence
  /** The tick in which it was taken back; `null`: it was not. */
  readonly failedAt: number | null
  readonly judgement: Judgement
}

export function start(scenario: Scenario, calibration: Calibration): Evidence {
  return noEvidence(SETTINGS, calibration, scenario.alone ? 'one' : 'two', LEAST_REQUESTS, {
    declared: false,
    sticky: scenario.sticky,
  })
}

export function runVerdict(scenario: Scenario, calibration: Calibration, ticks: Iterable<Tick>): Ended {
  let evidence = start(scenario, calibration)
  for (const tick of ticks) {
    evidence = withTick(evidence, tick)
    if (!mayHaveFailed(evidence)) continue
    const judgement = judge(evidence)
    if (judgement.verdict === 'fail') return { evidence, failedAt: evidence.ticks, judgement }
  }
  return { evidence, failedAt: null, judgement: judge(evidence) }
}

/** What has to hold before a judgement can be "fail"; it spares the sentence of each tick. That it changes nothing is a test of its own. */
export function mayHaveFailed({ total, alpha }: Evidence): boolean {
  return total.maximum >= thresholdLog(alpha, ALPHA_SHARES.traffic)
}

export type Deploy = { readonly calibration: Calibration; readonly ticks: Iterable<Tick> }

export function deployOf(scenario: Scenario, seed: number, index: number): Deploy {
  const random: Random = randomOf(seed, scenario.name, index)
  return { calibration: calibrate(history(scenario, random)), ticks: deploy(scenario, random) }
}
