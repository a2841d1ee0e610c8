// The promises that this benchmark holds Astern to.
import { expectedRequests } from '../../sim/verdict/detection.ts'
import { atLeast, atMost, type Goal } from '../report.ts'
import type { AutopilotRow, BadCase, Known, KilledRow, OverheadRow, ServicesRow, TrialRow } from './row.ts'

const DECIDED_MS: Readonly<Record<Known, number>> = { alone: 3_000, nothing: 8_000 }
const DECIDED_LOAD = 200
const SHARE = 0.05
/** Two looks, of half a second each. */
const TWO_TICKS_S = 1
const LEAST_FAILURES = 5
/** Of the candidate, where what it does wrong are failures. */
const FAILURE_RATES: Readonly<Partial<Record<BadCase, number>>> = {
  'fails 100 %': 1,
  'fails 24 %': 0.24,
  'fails 5 %': 0.05,
}
/** Of the stable release; where it fails nothing, what the promise is made for. */
const STABLE_RATES: Readonly<Record<Known, number>> = { alone: 0.005, nothing: 0.001 }
const FAILED_WHEN_KILLED = 20
const THROUGHPUT = 0.9
const CPU_PERCENT = 5

export function goals(rows: readonly AutopilotRow[]): Goal[] {
  return rows.flatMap((row): Goal[] => {
    switch (row.case) {
      case 'overhead':
        return ofOverhead(row)
      case 'all replicas killed':
        return ofKilled(row)
      case '200 services':
        return ofServices(row)
      default:
        return ofTrial(row)
    }
  })
}

function ofTrial(row: TrialRow): Goal[] {
  const { load, stable_errors: known } = row
  const what = `${row.case}, ${load}/s, stable errors: ${known}`
  const failures = atMost(`${what}: failed GETs of users, of ${row.sent}`, row.user_failures_get, 0)
  if (row.case === 'good') return [atMost(`${what}: taken back, of ${row.runs}`, row.taken_back, 0), failures]
  const decided =
    row.case === 'fails 24 %' && load === DECIDED_LOAD
      ? [atMost(`${what}: decided, p50 ms`, row.decided_ms?.p50, DECIDED_MS[known])]
      : []
  const rate = FAILURE_RATES[row.case]
  if (rate === undefined) return [...decided, failures]
  return [
    ...decided,
    failures,
    atMost(`${what}: requests the candidate saw, p50`, row.candidate_requests?.p50, promised(row, rate)),
  ]
}

/** max(1.5 × the formula, what the guards need) + the requests of two ticks; without a history it takes φ times as many. */
function promised({ load, phi, stable_errors: known }: TrialRow, rate: number): number {
  const of = { from: STABLE_RATES[known], to: rate, share: SHARE }
  const formula = expectedRequests({ kind: 'failures', rate: load, calibrated: known === 'alone', ...of })
  const tempered = known === 'alone' ? formula : phi * formula
  return Math.ceil(Math.max(1.5 * tempered, LEAST_FAILURES / rate) + TWO_TICKS_S * load * SHARE)
}

function ofKilled({ subject, failed }: KilledRow): Goal[] {
  return [atMost(`all replicas killed, ${subject}: failed requests, worst run`, failed?.p99, FAILED_WHEN_KILLED)]
}

function ofOverhead({ subject, ratio }: OverheadRow): Goal[] {
  return subject === 'trial' ? [atLeast('throughput in a trial over that by weight alone', ratio, THROUGHPUT)] : []
}

function ofServices({ subject, services, cpu_percent: cpu }: ServicesRow): Goal[] {
  return [atMost(`astern serve with ${services} services, ${subject}: % of one core`, cpu, CPU_PERCENT)]
}
