// Pieces of the simulation that a thread can do by itself: a range of deploys of one kind. The same range gives the same result anywhere.
import { withTick } from '../../src/core/verdict/evidence.ts'
import { judge } from '../../src/core/verdict/judge.ts'
import { type Cell, detect, type Detected } from './detection.ts'
import { deployOf, mayHaveFailed, runVerdict, start } from './one-deploy.ts'
import { RIVALS } from './rivals.ts'
import { runSpoilt, type Spoilt } from './sabotage.ts'
import type { Scenario } from './scenarios.ts'

type Range = { readonly seed: number; readonly from: number; readonly to: number }
export type Job = Range &
  (
    | { readonly kind: 'false'; readonly scenario: Scenario }
    | { readonly kind: 'rivals'; readonly scenario: Scenario }
    | { readonly kind: 'detect'; readonly cell: Cell }
    | { readonly kind: 'spoilt'; readonly spoilt: Spoilt; readonly scenario: Scenario }
    | { readonly kind: 'no_data'; readonly scenario: Scenario }
    | { readonly kind: 'same'; readonly scenario: Scenario }
  )

/** Counts by name, of deploys. */
export type Counts = Readonly<Record<string, number>>
export type Result = { readonly counts: Counts; readonly detected: readonly (Detected | null)[] }

export function run(job: Job): Result {
  const counts: Record<string, number> = {}
  const count = (name: string) => (counts[name] = (counts[name] ?? 0) + 1)
  const detected: (Detected | null)[] = []
  for (let index = job.from; index < job.to; index++) {
    if (job.kind === 'detect') detected.push(detect(job.cell, job.seed, index))
    else for (const name of namesOf(job, index)) count(name)
  }
  return { counts, detected }
}

/** What happened to one deploy. */
function namesOf(job: Exclude<Job, { kind: 'detect' }>, index: number): string[] {
  switch (job.kind) {
    case 'false':
      return falseNames(job.scenario, job.seed, index)
    case 'rivals':
      return rivalNames(job.scenario, job.seed, index)
    case 'spoilt':
      return spoiltNames(job.spoilt, job.scenario, job.seed, index)
    case 'no_data':
      return noDataNames(job.scenario, job.seed, index)
    case 'same':
      return sameNames(job.scenario, job.seed, index)
  }
}

function falseNames(scenario: Scenario, seed: number, index: number): string[] {
  const { calibration, ticks } = deployOf(scenario, seed, index)
  const { judgement } = runVerdict(scenario, calibration, ticks)
  return [judgement.verdict, ...(judgement.held === null ? [] : [judgement.held])]
}

function rivalNames(scenario: Scenario, seed: number, index: number): string[] {
  const { calibration, ticks } = deployOf(scenario, seed, index)
  const kept = [...ticks]
  const ours = runVerdict(scenario, calibration, kept).failedAt === null ? [] : ['astern']
  return [...ours, ...RIVALS.filter(({ start }) => kept.some(start())).map(({ name }) => name)]
}

function spoiltNames(spoilt: Spoilt, scenario: Scenario, seed: number, index: number): string[] {
  const { calibration, ticks } = deployOf(scenario, seed, index)
  const kept = [...ticks]
  const broken =
    spoilt === 'sticky'
      ? runVerdict({ ...scenario, sticky: false }, calibration, kept).failedAt !== null
      : runSpoilt(spoilt, calibration.phi, kept) !== null
  // η is compared with what the evidence says alone, too: without the guards, and a burst counted in full.
  const real =
    spoilt === 'eta'
      ? runSpoilt('none', calibration.phi, kept) !== null
      : runVerdict(scenario, calibration, kept).failedAt !== null
  return [...(real ? ['real'] : []), ...(broken ? ['spoilt'] : [])]
}

/** The spoilt one takes low evidence for a pass, whatever it rests on. */
function noDataNames(scenario: Scenario, seed: number, index: number): string[] {
  const { calibration, ticks } = deployOf(scenario, seed, index)
  const { judgement } = runVerdict(scenario, calibration, ticks)
  return [...(judgement.verdict === 'pass' ? ['real'] : []), ...(judgement.evidence <= 1 ? ['spoilt'] : [])]
}

/** Judging at every tick, and only where the evidence may be enough, must come to the same. */
function sameNames(scenario: Scenario, seed: number, index: number): string[] {
  const { calibration, ticks } = deployOf(scenario, seed, index)
  let evidence = start(scenario, calibration)
  for (const tick of ticks) {
    evidence = withTick(evidence, tick)
    if (judge(evidence).verdict === 'fail' && !mayHaveFailed(evidence)) return ['different']
  }
  return ['same']
}
