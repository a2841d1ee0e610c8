// Whether a release will be killed for lack of memory, and when. Pure.
// Two rules share α evenly, and each share is split evenly over the candidate's replicas:
//   - the trend (memory-trend.ts): hours; the floor after garbage collection, looked at in planned moments only;
//   - the sprint (memory-sprint.ts): seconds; a rise without a break that reaches the limit within a minute.
// Without a limit nothing is killed by it, so nothing is said. No samples are never a reason to fail or to block.
import type { MemoryFinding } from './memory-finding.ts'
import { runsOf, type MemorySample, type Run } from './memory-samples.ts'
import { memorySentence } from './memory-sentence.ts'
import { findSprint } from './memory-sprint.ts'
import { DEFAULT_LOOKS_MS, findTrend, looksPassed } from './memory-trend.ts'
import type { Slope } from './trend.ts'

export { thin, type MemorySample } from './memory-samples.ts'

export type MemoryJudgement = {
  /** `block`: no promotion, because memory would run out in less than a day. */
  readonly verdict: 'fail' | 'block' | 'ok'
  readonly sentence: string | null
  /** Of the replica that speaks most against the release; `null`: none grows beyond chance. */
  readonly slopeBytesPerS: Slope | null
  /** `null`: it cannot be told, or is too far away to tell. */
  readonly deathAt: { readonly earliest: number; readonly latest: number } | null
  /** How many planned looks there have been. */
  readonly looks: number
}

export type AboutMemory = {
  readonly candidate: number
  /** `null`: there is nothing to compare with. */
  readonly stable: number | null
  /** As they are called in the sentence. */
  readonly names: { readonly candidate: string; readonly stable: string | null }
  /** The share of α that memory has. */
  readonly alpha: number
  readonly nowAt: number
  /** Ages of a container at which its trend is looked at. */
  readonly looksMs?: readonly number[]
}

const RULES = 2

export function judgeMemory(samples: readonly MemorySample[], about: AboutMemory): MemoryJudgement {
  const runs = runsOf(samples)
  const candidate = latestRuns(runs.filter(({ release }) => release === about.candidate))
  const stable = runs.filter(({ release }) => release === about.stable)
  const looksMs = about.looksMs ?? DEFAULT_LOOKS_MS
  const share = about.alpha / RULES / Math.max(1, candidate.length)
  const findings = candidate.flatMap((run) => [
    findSprint(run, stable, share, about.nowAt) ?? [],
    findTrend(run, stable, share, looksMs) ?? [],
  ])
  const worst = findings.flat().toSorted(byWeight)[0]
  const looks = Math.max(0, ...candidate.map((run) => looksPassed(run, looksMs).length))
  if (worst === undefined) return { verdict: 'ok', sentence: null, slopeBytesPerS: null, deathAt: null, looks }
  const { verdict, slope, deathAt } = worst
  return {
    verdict,
    sentence: memorySentence(worst, about.names, about.nowAt),
    slopeBytesPerS: slope,
    deathAt: { earliest: deathAt.earliest, latest: deathAt.latest },
    looks,
  }
}

/** The run that each replica is in. */
function latestRuns(runs: readonly Run[]): Run[] {
  return [...new Map(runs.map((run) => [run.replica, run])).values()]
}

function byWeight(one: MemoryFinding, other: MemoryFinding): number {
  if (one.verdict !== other.verdict) return one.verdict === 'fail' ? -1 : 1
  return one.deathAt.likely - other.deathAt.likely
}
