// What users saw of a release on trial, and how long a bad one was among them. Pure: records and what Astern tells go in.
import { type Answer, endMs, fateOf } from './answer.ts'
import { percentile } from './analyse.ts'
import type { Told } from './told.ts'

/** One deploy on trial under load. Times are milliseconds since the Unix epoch. */
export type Tried = {
  readonly version: string
  readonly faults: string | null
  /** The release that users had before. */
  readonly against: string
  readonly command: string
  readonly startMs: number
  readonly endMs: number
  readonly exit: number
  readonly loadStartMs: number
  readonly told: Told | null
  /** Of the rollback that Astern began by itself; `null`: there was none. */
  readonly rollback: { readonly transactionId: string; readonly switchedMs: number | null } | null
  /** Version that is active afterwards. */
  readonly active: string | null
}

export type Trial = Tried & {
  readonly users: {
    readonly requests: number
    readonly gets: number
    readonly getsFailed: number
    readonly posts: number
    readonly postsFailed: number
    readonly lost: number
    readonly p99Ms: number | null
  }
  /** The most that the release got while it was on trial; 0 to 1. */
  readonly greatestShare: number
  /** When it failed first, at the latest; `null`: it never did. */
  readonly firstBadMs: number | null
  /** From then on nobody met it any more; `null`: it still serves. */
  readonly goneMs: number | null
}

export function analyseTrial(answers: readonly Answer[], tried: Tried): Trial {
  const badVersion = badIn(tried)
  const isWell = (answer: Answer) => fateOf(answer, badVersion) === 'ok'
  const isLost = (answer: Answer) => fateOf(answer, badVersion) === 'lost'
  const gets = answers.filter(({ method }) => method === 'GET')
  const posts = answers.filter(({ method }) => method !== 'GET')
  const failedOf = (some: readonly Answer[]) => some.filter((answer) => !isWell(answer)).length
  const times = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const firstBadMs = firstFailureOf(answers, tried)
  return {
    ...tried,
    users: {
      requests: answers.length,
      gets: gets.length,
      getsFailed: failedOf(gets),
      posts: posts.length,
      postsFailed: failedOf(posts),
      lost: answers.filter(isLost).length,
      p99Ms: percentile(times, 99),
    },
    greatestShare: Math.max(0, ...(tried.told?.evidence ?? []).map(({ share }) => share)),
    firstBadMs,
    goneMs: firstBadMs === null ? null : goneSince(answers, tried),
  }
}

/** The version whose failures are what it was built for. One without faults has none: what it fails is lost. */
export function badIn({ version, faults }: Pick<Tried, 'version' | 'faults'>): string {
  return faults === null ? '' : version
}

/**
 * The first failed answer that a user got; or, when that is earlier, the start of the look in which the proxy counted a failure first: users do
 * not see those that the shield has answered.
 */
function firstFailureOf(answers: readonly Answer[], { version, told }: Tried): number | null {
  const seen = answers
    .filter((answer) => answer.version === version && answer.code >= 500)
    .map((answer) => endMs(answer))
  const counted = told?.evidence.find(({ failures }) => failures > 0)?.sinceMs
  const moments = counted === undefined ? seen : [...seen, counted]
  return moments.length === 0 ? null : moments.reduce((least, ms) => Math.min(least, ms))
}

/** What is later: the last request that met it, or the rollback's own word that all requests go elsewhere. */
function goneSince(answers: readonly Answer[], { version, active, rollback }: Tried): number | null {
  if (active === version) return null
  const last = answers.reduce((most, answer) => (answer.version === version ? Math.max(most, answer.sentMs) : most), 0)
  const gone = Math.max(last, rollback?.switchedMs ?? 0)
  return gone === 0 ? null : gone
}
