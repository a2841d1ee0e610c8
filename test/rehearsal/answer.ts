// One request of the load and what came of it, read from vegeta's record of it.
// Invariant: a request that the application did not answer is never taken for one that it failed.

export type Answer = {
  /** When it was sent: milliseconds since the Unix epoch, with a fraction. */
  readonly sentMs: number
  /** Until the answer was read to its end, or given up. */
  readonly tookMs: number
  readonly method: string
  /** 0: no HTTP answer at all. */
  readonly code: number
  /** Which version of the service answered; `null`: none of them did. */
  readonly version: string | null
  /** What the client complained of; empty when it did not. */
  readonly error: string
}

/**
 * `ok`: answered well. `failed`: the bad version answered, and failed it on purpose. `lost`: everything that must never
 * happen: no answer, an answer cut short, one by the proxy itself, or a failure by a version that is good.
 */
export type Fate = 'ok' | 'failed' | 'lost'

type VegetaRecord = {
  code: number
  timestamp: string
  latency: number
  error: string
  method: string
  headers: Record<string, string[]> | null
}

/** One line of `vegeta encode --to json`. */
export function readAnswer(line: string): Answer {
  const { code, timestamp, latency, error, method, headers } = JSON.parse(line) as VegetaRecord
  return {
    sentMs: readTimestamp(timestamp),
    tookMs: latency / 1e6,
    method,
    code,
    version: headers?.['X-Shop-Version']?.[0] ?? null,
    error,
  }
}

export function endMs(answer: Answer): number {
  return answer.sentMs + answer.tookMs
}

export function fateOf(answer: Answer, badVersion: string): Fate {
  const { code, version, error } = answer
  if (version === null) return 'lost'
  if (code >= 200 && code < 400) return error === '' ? 'ok' : 'lost'
  return version === badVersion && code === 500 ? 'failed' : 'lost'
}

/** What became of a lost request, in a few words. */
export function lossOf({ code, version, error }: Answer): string {
  if (code === 0) return /timeout|deadline/i.test(error) ? 'no answer in time' : shorten(error)
  if (version === null) return `${code} from the proxy`
  return code < 400 ? `${code} cut short: ${shorten(error)}` : `${code} from ${version}`
}

/** Without the addresses, which differ from request to request and say nothing. */
function shorten(error: string): string {
  return error.slice(error.lastIndexOf(': ') + 1).trim() || error
}

/** RFC 3339 with up to nanoseconds, which `Date.parse` cuts off. */
function readTimestamp(text: string): number {
  const parts = /^([^.]+?)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text)
  const wholeMs = parts === null ? Number.NaN : Date.parse(`${parts[1]}${parts[3]}`)
  if (Number.isNaN(wholeMs)) throw new Error(`not a time: ${text}`)
  return wholeMs + Number(parts?.[2] ?? 0) * 1_000
}
