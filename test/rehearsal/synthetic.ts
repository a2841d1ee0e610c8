// A rehearsal that never happened, for tests: every answer follows from its number, so that every figure can be worked out by hand.
import { PLAIN_TRIAL, type TrialPolicy } from '../../src/core/trial.ts'
import { type Fact, judgeCase, openCase, withFact } from '../../src/core/verdict/case.ts'
import type { ArmCounts } from '../../src/core/verdict/counts.ts'
import { calibrate } from '../../src/core/verdict/evidence.ts'
import { buildArm, buildTick } from '../trial-ticks.ts'
import type { Answer } from './answer.ts'
import { analyse, type Moments, type Versions } from './analyse.ts'
import { checksOf } from './checks.ts'
import { type Trials, trialChecksOf } from './checks-trial.ts'
import { bad, badAgain, good, mended, type Version } from './images.ts'
import type { Findings } from './report.ts'
import { buckets, dotsAround } from './timeline.ts'
import { readTold } from './told.ts'
import { analyseTrial, type Tried } from './trial.ts'

export const versions: Versions = { good: good.tag, bad: bad.tag }
const startMs = Date.parse('2026-04-05T10:23:45.000Z')
export const moments: Moments = {
  loadStartMs: startMs,
  deployStartMs: startMs + 4_000,
  deployEndMs: startMs + 6_000,
  rollbackStartMs: startMs + 10_000,
  rollbackEndMs: startMs + 10_050,
}
const end = 14_000
/** Traffic moved so long after the start of the load. */
const forwardMs = 5_800
const backMs = 10_020

/** One request per millisecond. The bad release takes 150 ms and fails every fourth; the good one takes 1 ms and fails none. */
export function answers(change: (answer: Answer, atMs: number) => Answer = (answer) => answer): Answer[] {
  return Array.from({ length: end }, (_, atMs) => {
    const isBad = atMs >= forwardMs && atMs < backMs
    const isFailed = isBad && atMs % 4 === 0
    const answer: Answer = {
      sentMs: startMs + atMs,
      tookMs: isBad ? 150 + (atMs % 7) : 1 + (atMs % 13 === 0 ? 2 : 0),
      method: atMs % 2 === 0 ? 'GET' : 'POST',
      code: isFailed ? 500 : atMs % 2 === 0 ? 200 : 201,
      version: isBad ? versions.bad : versions.good,
      error: isFailed ? '500 Internal Server Error' : '',
    }
    return change(answer, atMs)
  })
}

export function findings(given: readonly Answer[] = answers(), active: string | null = versions.good): Findings {
  const analysis = analyse(given, moments, versions)
  const tried = trials()
  const steps = (names: readonly [string, number][], fromMs: number) =>
    names.map(([step, durationMs], index) => ({ step, status: 'succeeded', atMs: fromMs + index * 3, durationMs }))
  const rollbackSteps = steps(
    [
      ['plan', 0.4],
      ['shift_traffic', 0.9],
      ['prove', 1.6],
    ],
    moments.rollbackStartMs + 18,
  )
  const deploySteps = steps(
    [
      ['plan', 12],
      ['create', 800],
      ['health', 400],
      ['shift_traffic', 1.1],
    ],
    moments.deployStartMs,
  )
  return {
    machine: {
      cpu: 'An <Imaginary> CPU',
      cores: 2,
      memoryMib: 8_192,
      system: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0',
      node: 'v24.21.0',
      docker: '20.10.24',
      loadAverage: 0.4,
    },
    target: 'http://127.0.0.1:18080',
    ratePerSecond: 1_000,
    loadStartMs: startMs,
    versions,
    good: { ...good, release: 'r1' },
    bad: { ...bad, release: 'r2' },
    analysis,
    deploy: {
      startMs: moments.deployStartMs,
      operation: { transactionId: 'tx-00000001', steps: deploySteps, toProofMs: 1_213.1 },
    },
    rollback: {
      startMs: moments.rollbackStartMs,
      operation: { transactionId: 'tx-00000002', steps: rollbackSteps, toProofMs: 2.9 },
    },
    trials: tried,
    checks: [...checksOf(analysis, versions, active), ...trialChecksOf(tried)],
    steps: [
      { command: 'astern up', startMs: startMs - 3_000, endMs: startMs - 1_500, exit: 0 },
      {
        command: 'astern rollback -m "checkout answers 500"',
        startMs: moments.rollbackStartMs,
        endMs: moments.rollbackEndMs,
        exit: 0,
      },
    ],
    timeline: buckets(given, startMs, versions),
    around: dotsAround(given, { startMs: moments.rollbackStartMs, endMs: moments.rollbackEndMs }, versions),
  }
}

/** Looks at a trial, two per second, in numbers that are easy to add up. */
const lookMs = 500

type Look = { readonly step: number; readonly candidate: ArmCounts; readonly stable: ArmCounts }

/** As `astern show R --verdict --json` prints it. */
function shown(release: string, startMs: number, looks: readonly Look[], verdict: string): string {
  const policy: TrialPolicy = {
    ...PLAIN_TRIAL,
    steps: [500, 2_500].map((share) => ({ share, forMs: 10_000, atMostMs: 20_000, manual: false })),
    bake: { forMs: 30_000, holdback: 100 },
  }
  const calibration = calibrate([])
  const facts = looks.map(({ step, candidate, stable }, index): Fact => ({
    kind: 'tick',
    step,
    own: [],
    tick: buildTick(candidate, stable, { at: startMs + (index + 1) * lookMs, ms: lookMs, share: null }),
  }))
  const about = { candidate: 2, stable: 1, names: { candidate: release, stable: 'r1' }, policy, calibration }
  const judged = judgeCase(facts.reduce(withFact, openCase({ ...about, fullSince: startMs })), startMs + 60_000)
  const trial = { verdict, reason: judged.sentence }
  return JSON.stringify({
    release,
    trial,
    policy,
    calibration,
    findings: judged,
    facts: facts.map((fact) => ({ fact })),
  })
}

function looksOf(step: number, times: number, candidate: ArmCounts, stable: ArmCounts): Look[] {
  return Array.from({ length: times }, () => ({ step, candidate, stable }))
}

/** The bad one answers 25 of 500 and fails 6 of them, from its second look on: four looks later it is gone. */
function badTold(startMs: number): string {
  const looks = [
    ...looksOf(0, 1, buildArm(25), buildArm(475)),
    ...looksOf(0, 4, buildArm(25, 6, { failedForUsers: 3 }), buildArm(475)),
  ]
  return shown('r3', startMs, looks, 'fail')
}

function goodTold(startMs: number): string {
  const looks = [
    ...looksOf(0, 20, buildArm(25), buildArm(475)),
    ...looksOf(1, 20, buildArm(125), buildArm(375)),
    ...looksOf(2, 60, buildArm(495), buildArm(5)),
  ]
  return shown('r4', startMs, looks, 'pass')
}

/** One request per millisecond, every twentieth of them to the release on trial, from 500 ms after the start of the command on. */
export function trialAnswers(
  version: string,
  loadStartMs: number,
  isBad: boolean,
  change: (answer: Answer, atMs: number) => Answer = (answer) => answer,
): Answer[] {
  return Array.from({ length: 5_000 }, (_, atMs) => {
    const isTried = atMs % 20 === 1 && atMs >= 1_500 && (!isBad || atMs < 4_000)
    // An even number is a GET, which the shield answers; so only every second failure is seen.
    const isFailed = isBad && isTried && atMs % 80 === 1 && atMs >= 2_000
    const answer: Answer = {
      sentMs: loadStartMs + atMs,
      tookMs: 1,
      method: atMs % 2 === 0 ? 'GET' : 'POST',
      code: isFailed ? 500 : atMs % 2 === 0 ? 200 : 201,
      version: isTried ? version : versions.good,
      error: isFailed ? '500 Internal Server Error' : '',
    }
    return change(answer, atMs)
  })
}

/** Tried after the rollback was rehearsed: the bad one from 20 s after the start of the load on, the good one from 40 s on. */
export function trials(
  given: {
    readonly bad?: Partial<Tried>
    readonly good?: Partial<Tried>
    readonly change?: (answer: Answer, atMs: number) => Answer
  } = {},
): Trials {
  const tried = (version: Version, afterMs: number, told: (startMs: number) => string): Tried => {
    const loadStartMs = startMs + afterMs
    const commandMs = loadStartMs + 1_000
    return {
      version: version.tag,
      faults: version.faults,
      against: versions.good,
      command: `astern deploy ${version.tag} --wait=bake`,
      startMs: commandMs,
      endMs: commandMs + 3_500,
      exit: 0,
      loadStartMs,
      told: readTold(told(commandMs + 500)),
      rollback: null,
      active: version.tag,
    }
  }
  const badTried: Tried = {
    ...tried(badAgain, 20_000, badTold),
    exit: 4,
    rollback: { transactionId: 'tx-00000003', switchedMs: startMs + 24_000 },
    active: versions.good,
    ...given.bad,
  }
  const goodTried: Tried = { ...tried(mended, 40_000, goodTold), ...given.good }
  return {
    bad: analyseTrial(trialAnswers(badAgain.tag, badTried.loadStartMs, true, given.change), badTried),
    good: analyseTrial(trialAnswers(mended.tag, goodTried.loadStartMs, false), goodTried),
  }
}
