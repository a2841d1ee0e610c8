// All that is known of a trial, put together fact by fact, and what follows from it. Pure: whoever has the facts comes to the same verdict.
// Invariants: no data is never a pass; nothing passes while something is in doubt.
import { assertNever } from '../errors.ts'
import type { TrialPolicy } from '../trial.ts'
import type { ServerCounts, Tick } from './counts.ts'
import { type Crash, judgeCrashes } from './crashes.ts'
import { ALPHA_SHARES, type Calibration, type Evidence, noEvidence, withTick } from './evidence.ts'
import { type Judgement, judge, type Rule } from './judge.ts'
import { judgeMemory, type MemoryJudgement, type MemorySample, thin } from './memory.ts'
import { judgeSignal, type TimedReading } from './signals.ts'

export type Fact =
  /** `step` is the place in the canary. `own` are the candidate's servers, for those that come after it. */
  | { readonly kind: 'tick'; readonly step: number; readonly tick: Tick; readonly own: readonly ServerCounts[] }
  | { readonly kind: 'memory'; readonly samples: readonly MemorySample[] }
  | { readonly kind: 'crash'; readonly crash: Crash }
  | { readonly kind: 'signal'; readonly name: string; readonly reading: TimedReading }

/** In one step. `failed` are parts of the others. */
export type Answered = {
  readonly place: number
  readonly candidate: number
  readonly candidateFailed: number
  readonly stable: number | null
  readonly stableFailed: number
}

/** What it is about. */
export type About = {
  readonly candidate: number
  /** `null`: there is nothing to compare with. */
  readonly stable: number | null
  readonly names: { readonly candidate: string; readonly stable: string | null }
  readonly policy: TrialPolicy
  readonly calibration: Calibration
  readonly fullSince: number
}

export type Case = {
  readonly about: About
  readonly evidence: Evidence
  /** Of the bake, without a look at what was held back: that is too little to be quick. */
  readonly alone: Evidence
  readonly samples: readonly MemorySample[]
  readonly crashes: readonly Crash[]
  readonly readings: ReadonlyMap<string, readonly TimedReading[]>
  /** Requests that each side has answered in the step that was entered last. */
  readonly step: Answered
}

export type Findings = {
  readonly verdict: 'pass' | 'fail' | 'undecided'
  /** What decided a fail. */
  readonly rule: Rule | null
  /** English. */
  readonly sentence: string
  /** Why nothing may pass although nothing speaks against the release. */
  readonly held: string | null
  readonly traffic: Judgement
  readonly memory: MemoryJudgement
  readonly requests: Case['step']
}

/** The part of α for the evidence of the bake alone. */
const BAKE_SHARE = 0.2
/** That evidence counts only where so many requests of the stable release show that it is not a fault of both. */
const LEAST_HELD_BACK = 20

const SAME_CRASH_MS = 10_000
const SAMPLES_BEFORE_THINNING = 2_000
const READINGS_KEPT = 1_000

export function openCase(about: About): Case {
  const { policy, calibration, stable } = about
  const { header, statuses, grpc } = policy.failure
  const streams = { declared: header !== null || statuses.length > 0 || grpc, sticky: policy.sticky !== null }
  const evidence = (sides: 'one' | 'two', part: number) => {
    const settings = { ...policy.verdict, alpha: policy.verdict.alpha * part }
    return noEvidence(settings, calibration, sides, policy.leastRequests, streams)
  }
  return {
    about,
    evidence: stable === null ? evidence('one', 1) : evidence('two', 1 - BAKE_SHARE),
    alone: evidence('one', BAKE_SHARE),
    samples: [],
    crashes: [],
    readings: new Map(),
    step: nothing(0, stable !== null),
  }
}

export function withFact(known: Case, fact: Fact): Case {
  switch (fact.kind) {
    case 'tick':
      return {
        ...known,
        evidence: withTick(known.evidence, fact.tick),
        alone: isOfBake(known, fact) ? withTick(known.alone, aloneIn(fact.tick)) : known.alone,
        step: counted(known.step, fact),
      }
    case 'memory': {
      const samples = [...known.samples, ...fact.samples]
      return { ...known, samples: samples.length > SAMPLES_BEFORE_THINNING ? thin(samples) : samples }
    }
    case 'crash':
      return isKnown(known, fact.crash) ? known : { ...known, crashes: [...known.crashes, fact.crash] }
    case 'signal': {
      const before = known.readings.get(fact.name) ?? []
      const readings = [...before, fact.reading].slice(-READINGS_KEPT)
      return { ...known, readings: new Map([...known.readings, [fact.name, readings]]) }
    }
    default:
      return assertNever(fact)
  }
}

/** Two who watch notice one crash twice, a few seconds apart. */
function isKnown({ crashes }: Case, { replica, at }: Crash): boolean {
  return crashes.some((crash) => crash.replica === replica && Math.abs(crash.at - at) < SAME_CRASH_MS)
}

function isOfBake({ about }: Case, { step }: Extract<Fact, { kind: 'tick' }>): boolean {
  return about.stable !== null && step >= about.policy.steps.length
}

function aloneIn(tick: Tick): Tick {
  return { ...tick, stable: null, servers: [], probes: null }
}

function counted(before: Answered, { step, tick }: Extract<Fact, { kind: 'tick' }>): Answered {
  const sum = before.place === step ? before : nothing(step, tick.stable !== null)
  return {
    place: step,
    candidate: sum.candidate + tick.candidate.answered,
    candidateFailed: sum.candidateFailed + tick.candidate.failed,
    stable: tick.stable === null ? null : (sum.stable ?? 0) + tick.stable.answered,
    stableFailed: sum.stableFailed + (tick.stable?.failed ?? 0),
  }
}

function nothing(place: number, compared: boolean): Answered {
  return { place, candidate: 0, candidateFailed: 0, stable: compared ? 0 : null, stableFailed: 0 }
}

/** What was held back fails less than half as often. */
function isItsOwnFault({ candidate, candidateFailed, stable, stableFailed }: Answered): boolean {
  if (stable === null || stable < LEAST_HELD_BACK || candidate === 0) return false
  return stableFailed / stable < candidateFailed / candidate / 2
}

/** The first rule that speaks against the release decides; without one, the first doubt. */
export function judgeCase(known: Case, nowAt: number): Findings {
  const { about, crashes } = known
  const { candidate, stable, names, policy } = about
  const traffic = judge(known.evidence, { candidate: names.candidate, stable: names.stable })
  const crashed = judgeCrashes(crashes, { candidate, stable, names, fullSince: about.fullSince, nowAt })
  const memory = policy.verdict.memory ? memoryOf(known) : NO_MEMORY
  const signals = policy.signals.map((signal) => judgeSignal(signal, known.readings.get(signal.name) ?? [], nowAt))
  const bad = signals.find(({ verdict }) => verdict === 'bad')
  const common = { traffic, memory, requests: known.step }
  const fails = (rule: Rule, sentence: string | null): Findings => ({
    ...common,
    verdict: 'fail',
    rule,
    sentence: withoutStop(sentence ?? rule),
    held: null,
  })
  if (crashed.verdict === 'fail') return fails('crashes', crashed.sentence)
  if (memory.verdict === 'fail') return fails('memory', memory.sentence)
  if (traffic.verdict === 'fail') return fails(traffic.rule ?? 'failures', traffic.sentence)
  const baked = judge(known.alone, { candidate: names.candidate, stable: names.stable })
  if (baked.verdict === 'fail' && isItsOwnFault(known.step)) return fails('failures', baked.sentence)
  if (bad !== undefined) return fails('signal', bad.sentence)
  const unknown = signals.filter(({ verdict }) => verdict === 'unknown')
  const doubts = [
    crashed.verdict === 'held' ? crashed.sentence : null,
    traffic.held === null ? null : traffic.sentence,
    memory.verdict === 'block' ? memory.sentence : null,
  ].filter((doubt) => doubt !== null)
  const sure = traffic.verdict === 'pass' && doubts.length === 0 && unknown.length === 0
  return {
    ...common,
    verdict: sure ? 'pass' : 'undecided',
    rule: null,
    sentence: withoutStop(doubts[0] ?? unknown[0]?.sentence ?? traffic.sentence),
    held: doubts[0] === undefined ? null : withoutStop(doubts[0]),
  }
}

/** It becomes a part of other sentences. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '')
}

/** Samples are judged when they come, not at every look in between. */
const judged = new WeakMap<readonly MemorySample[], MemoryJudgement>()

function memoryOf({ samples, about }: Case): MemoryJudgement {
  const before = judged.get(samples)
  if (before !== undefined) return before
  const { candidate, stable, names, policy } = about
  const alpha = policy.verdict.alpha * ALPHA_SHARES.memory
  const nowAt = samples.at(-1)?.at ?? 0
  const found = judgeMemory(samples, { candidate, stable, names, alpha, nowAt })
  judged.set(samples, found)
  return found
}

const NO_MEMORY: MemoryJudgement = { verdict: 'ok', sentence: null, slopeBytesPerS: null, deathAt: null, looks: 0 }
