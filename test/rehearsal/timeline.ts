// The records as pictures need them: counts and latency per 100 ms, and the moments around the rollback request by request. Pure.
import { type Answer, type Fate, fateOf } from './answer.ts'
import { percentile, type Versions } from './analyse.ts'

export const bucketMs = 100
/** So far the picture of the rollback looks back. */
export const reachBeforeMs = 200
const mostAfterMs = 2_000

/** … and ahead: as far, or until the command had returned. */
export function reachAfterMs(commandMs: number): number {
  return Math.min(mostAfterMs, Math.max(reachBeforeMs, Math.ceil((commandMs + 50) / 100) * 100))
}

/** Requests that were sent within one bucket, by what they got. `lost` is of no release. */
export type Bucket = {
  /** Start, in milliseconds since the load began. */
  readonly atMs: number
  readonly good: number
  readonly bad: number
  readonly failed: number
  readonly lost: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

/** One request. `atMs` is when it was sent, from the start of the rollback command. */
export type Dot = {
  readonly atMs: number
  readonly tookMs: number
  readonly version: string | null
  readonly fate: Fate
}

export function buckets(answers: readonly Answer[], loadStartMs: number, versions: Versions): Bucket[] {
  const groups: Answer[][] = []
  for (const answer of answers) {
    const index = Math.max(0, Math.floor((answer.sentMs - loadStartMs) / bucketMs))
    ;(groups[index] ??= []).push(answer)
  }
  // The last one is seldom full: its requests are counted everywhere else, but it would look like a drop here.
  return Array.from({ length: Math.max(0, groups.length - 1) }, (_, index) => {
    const group = groups[index] ?? []
    const count = (wanted: (fate: Fate, version: string | null) => boolean) =>
      group.filter((answer) => wanted(fateOf(answer, versions.bad), answer.version)).length
    const times = group.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
    return {
      atMs: index * bucketMs,
      good: count((fate, version) => fate === 'ok' && version !== versions.bad),
      bad: count((fate, version) => fate === 'ok' && version === versions.bad),
      failed: count((fate) => fate === 'failed'),
      lost: count((fate) => fate === 'lost'),
      p50Ms: percentile(times, 50),
      p99Ms: percentile(times, 99),
    }
  })
}

export function dotsAround(
  answers: readonly Answer[],
  command: { readonly startMs: number; readonly endMs: number },
  versions: Versions,
): Dot[] {
  const momentMs = command.startMs
  const untilMs = momentMs + reachAfterMs(command.endMs - command.startMs)
  return answers
    .filter(({ sentMs }) => sentMs >= momentMs - reachBeforeMs && sentMs <= untilMs)
    .map((answer) => ({
      atMs: answer.sentMs - momentMs,
      tookMs: answer.tookMs,
      version: answer.version,
      fate: fateOf(answer, versions.bad),
    }))
    .sort((a, b) => a.atMs - b.atMs)
}
