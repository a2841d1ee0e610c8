// Whether replicas of a release end that should run. Pure.
// One crash within ten minutes of the moment when all of them ran, or two in any ten minutes later, speak against the release; unless the
// stable release crashed in the same ten minutes, or the host itself is out of memory: then nobody can tell whose fault it is.
import { formatDuration } from '../duration.ts'

/** What is known of a replica at one moment, as the runtime tells it. */
export type CrashFacts = {
  readonly name: string
  readonly release: number
  readonly running: boolean
  readonly startedAt: number | null
  readonly restarts: number
  /** Of its last end. */
  readonly exitCode: number | null
  readonly oomKilled: boolean
}

export type Crash = {
  /** When it was noticed. */
  readonly at: number
  readonly replica: string
  readonly release: number
  /** How long it had run, as far as that is known. */
  readonly ageMs: number
  readonly oom: boolean
  readonly exitCode: number | null
}

const WINDOW_MS = 10 * 60_000
/** Of one replica between two looks. */
const MOST_AT_ONCE = 100

/**
 * What ended between two looks. Callers leave out replicas that they stopped, froze or started themselves meanwhile; one that is gone was
 * removed by somebody, and has not crashed.
 */
export function crashesBetween(before: readonly CrashFacts[], after: readonly CrashFacts[], at: number): Crash[] {
  const known = new Map(before.map((facts) => [facts.name, facts]))
  return after.flatMap((now) => {
    const then = known.get(now.name)
    return then === undefined ? [] : crashesOf(then, now, at)
  })
}

function crashesOf(then: CrashFacts, now: CrashFacts, at: number): Crash[] {
  const restarts = Math.min(MOST_AT_ONCE, now.restarts - then.restarts)
  const hasEnded = then.running && (!now.running || now.startedAt !== then.startedAt)
  const count = restarts > 0 ? restarts : Number(hasEnded)
  const endedBy = now.running ? (now.startedAt ?? at) : at
  const ageMs = then.running ? Math.max(0, endedBy - (then.startedAt ?? endedBy)) : 0
  const { name: replica, release, exitCode, oomKilled: oom } = now
  // Only the last end is remembered; the one before may have been another.
  return Array.from({ length: count }, (_, index) =>
    index === count - 1
      ? { at, replica, release, ageMs: count === 1 ? ageMs : 0, oom, exitCode }
      : { at, replica, release, ageMs: index === 0 ? ageMs : 0, oom: false, exitCode: null },
  )
}

export type AboutCrashes = {
  readonly candidate: number
  readonly stable: number | null
  /** As they are called in the sentence. */
  readonly names: { readonly candidate: string; readonly stable: string | null }
  /** Since when all of the candidate's replicas ran for the first time. */
  readonly fullSince: number
  readonly nowAt: number
  /** The kernel kills what belongs to no container, or to others, for lack of memory. */
  readonly hostIsOutOfMemory?: boolean
}

export type CrashJudgement = { readonly verdict: 'fail' | 'held' | 'ok'; readonly sentence: string | null }

export function judgeCrashes(crashes: readonly Crash[], about: AboutCrashes): CrashJudgement {
  const past = crashes.filter(({ at }) => at <= about.nowAt).toSorted((one, other) => one.at - other.at)
  const own = past.filter(({ release }) => release === about.candidate)
  const stable = past.filter(({ release }) => release === about.stable)
  const cases = own.map((crash) => caseAgainst(crash, own, about.fullSince)).filter((found) => found !== null)
  const clear = cases.filter(
    (found) => about.hostIsOutOfMemory !== true && !stable.some((crash) => isNear(crash, found)),
  )
  const worst = clear.at(-1)
  if (worst !== undefined) return { verdict: 'fail', sentence: sentenceOf(worst, about) }
  const held = cases.at(-1)
  if (held === undefined) return { verdict: 'ok', sentence: null }
  const why =
    about.hostIsOutOfMemory === true
      ? 'the host is out of memory'
      : `${about.names.stable} crashed in the same ten minutes`
  return { verdict: 'held', sentence: `${sentenceOf(held, about)}, but ${why}` }
}

/** The crashes that speak against the release, the last of which is `crash`. `null`: they are too few. */
function caseAgainst(crash: Crash, own: readonly Crash[], fullSince: number): readonly Crash[] | null {
  const together = own.filter(({ at }) => at <= crash.at && crash.at - at < WINDOW_MS)
  return together.length > 1 || crash.at <= fullSince + WINDOW_MS ? together : null
}

function isNear(crash: Crash, found: readonly Crash[]): boolean {
  return found.some(({ at }) => Math.abs(at - crash.at) < WINDOW_MS)
}

/** `r42-1 was killed for lack of memory 40s after r42 was up` */
function sentenceOf(found: readonly Crash[], { names, fullSince }: AboutCrashes): string {
  const last = found.at(-1)!
  if (found.length === 1) {
    const afterMs = last.at - fullSince
    const when =
      afterMs <= 0 ? `before ${names.candidate} was up` : `${seconds(afterMs)} after ${names.candidate} was up`
    return `${last.replica} ${howItEnded(last)} ${when}`
  }
  const withinMs = last.at - found[0]!.at
  return `${names.candidate} crashed ${found.length} times within ${seconds(withinMs)}; at last ${last.replica} ${howItEnded(last)}`
}

function howItEnded({ oom, exitCode }: Crash): string {
  if (oom) return 'was killed for lack of memory'
  return exitCode === null ? 'ended unexpectedly' : `ended with exit code ${exitCode}`
}

function seconds(ms: number): string {
  return formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000))
}
