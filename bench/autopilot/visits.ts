// What a candidate answered and what its users saw of that. Pure. Users see every answer but those that the shield replaced; these the candidate
// notes itself, since it notes all that it fails.
import type { Recorded } from '../load/vegeta-records.ts'

/** One request that the candidate has answered. */
export type Visit = { readonly endedAt: number; readonly status: number; readonly tookMs: number }

/** A line of the shop's log: a request that it has failed. */
type NotedFailure = { readonly at: number; readonly method: string; readonly status: number }

export function visitsOf(records: readonly Recorded[], log: string, version: string): Visit[] {
  const seen = records
    .filter((record) => record.version === version)
    .map(({ startedAt, endedAt, status }) => ({ endedAt, status, tookMs: endedAt - startedAt }))
  const replaced = failuresIn(log)
    .filter(({ method }) => method === 'GET')
    .map(({ at, status }) => ({ endedAt: at, status, tookMs: 0 }))
  // a GET that failed on everybody is seen as well
  const seenFailures = records.filter(
    (record) => record.version === version && record.method === 'GET' && record.status >= 500,
  ).length
  return [...seen, ...replaced.slice(seenFailures)].toSorted((a, b) => a.endedAt - b.endedAt)
}

function failuresIn(log: string): NotedFailure[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return []
    const { time, msg, method, status } = JSON.parse(line) as Record<string, string | number>
    if (msg !== 'request failed') return []
    return [{ at: Date.parse(String(time)), method: String(method), status: Number(status) }]
  })
}

export type UserView = {
  readonly sent: number
  readonly failedGet: number
  readonly failedPost: number
  readonly notFound: number
  readonly stableFailed: number
}

/** `stable`: whose own failures are told apart. */
export function userView(records: readonly Recorded[], stable: string): UserView {
  const failed = records.filter(({ status }) => status === 0 || status >= 500)
  const others = failed.filter(({ version }) => version !== stable)
  return {
    sent: records.length,
    failedGet: others.filter(({ method }) => method === 'GET').length,
    failedPost: others.filter(({ method }) => method !== 'GET').length,
    notFound: records.filter(({ status }) => status === 404).length,
    stableFailed: failed.length - others.length,
  }
}
