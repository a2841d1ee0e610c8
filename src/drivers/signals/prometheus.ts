// Prometheus' instant queries: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
// A signal is one number of now. Anything else is unknown, and the reason says what came instead.
import { formatDuration } from '../../core/duration.ts'
import type { SignalReading } from '../../ports/signals.ts'

/** As old as Prometheus itself lets a sample be (its lookback). */
const OLDEST_MS = 5 * 60_000
const MAX_REASON = 200

/** `http://prometheus:9090`, also below a path of a proxy. */
export function queryAddress(url: string, query: string): string {
  const address = URL.parse(url)
  if (address === null) return url
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/v1/query`
  address.searchParams.set('query', query)
  return address.href
}

export function readAnswer(status: number, body: string, nowAt: number): SignalReading {
  const answer = parse(body)
  const said = answer?.['error']
  if (typeof said === 'string' && said !== '') return { unknown: `Prometheus says: ${said.slice(0, MAX_REASON)}` }
  if (status !== 200) return { unknown: `it answered ${status}` }
  const data = answer?.['status'] === 'success' ? answer['data'] : undefined
  if (!isObject(data) || !Array.isArray(data['result'])) return { unknown: 'its answer is not that of Prometheus' }
  const result = data['result'] as unknown[]
  switch (data['resultType']) {
    case 'scalar':
      return readPoint(result, nowAt)
    case 'vector': {
      const [series] = result
      if (series === undefined) return { unknown: 'the query found no series' }
      if (result.length > 1) return { unknown: `the query found ${result.length} series, and should find one` }
      return readPoint(isObject(series) ? series['value'] : undefined, nowAt)
    }
    default:
      return { unknown: `the query gives a ${String(data['resultType'])}, and should give one number` }
  }
}

/** `[1764367445.123, "0.25"]`: seconds, and the value as a text. */
function readPoint(point: unknown, nowAt: number): SignalReading {
  const [seconds, text] = Array.isArray(point) ? (point as unknown[]) : []
  if (typeof seconds !== 'number' || typeof text !== 'string')
    return { unknown: 'its answer is not that of Prometheus' }
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value)) return { unknown: `the query gives ${text.slice(0, MAX_REASON)}` }
  const ageMs = nowAt - seconds * 1_000
  if (ageMs > OLDEST_MS) return { unknown: `its answer is ${formatDuration(Math.floor(ageMs / 1_000) * 1_000)} old` }
  return { value }
}

function parse(body: string): Record<string, unknown> | null {
  try {
    const answer: unknown = JSON.parse(body)
    return isObject(answer) ? answer : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
