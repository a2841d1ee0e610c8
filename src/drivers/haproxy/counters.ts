// Rows of `show stat` → what each release answered, and what is in flight. Pure.
import { releaseOf } from '../../core/replica-name.ts'
import type { ServerSeen, TrafficCounters } from '../../ports/traffic.ts'
import { readStatistics } from './running.ts'
import type { RunningServer, StatisticsRow } from './running.ts'

/** backend/server → requests in flight */
export function sessionsOf(answer: string): ReadonlyMap<string, number> {
  const rows = readStatistics(answer)
  return new Map(rows.map((row) => [`${row.get('pxname')}/${row.get('svname')}`, numberOf(row, 'scur')] as const))
}

export function serverSeen(backend: string, server: RunningServer, sessions: ReadonlyMap<string, number>): ServerSeen {
  return {
    name: server.name,
    release: releaseOf(server.name) ?? 0,
    address: server.address,
    port: server.port,
    weight: server.weight,
    mode: server.maintenance ? 'maintenance' : 'ready',
    checked: server.checked,
    up: server.up,
    sessions: sessions.get(`${backend}/${server.name}`) ?? 0,
  }
}

/** Sums up the servers of each release. */
export function countersOf(answer: string): TrafficCounters[] {
  const releases = new Map<number, TrafficCounters>()
  for (const row of readStatistics(answer)) {
    const release = releaseOf(row.get('svname') ?? '')
    if (release === null) continue
    const { answered, failed } = countsOfServer(row)
    const before = releases.get(release)
    const add = (kind: Kind): number => (before?.responses[kind] ?? 0) + numberOf(row, `hrsp_${kind}`)
    const responses = {
      '1xx': add('1xx'),
      '2xx': add('2xx'),
      '3xx': add('3xx'),
      '4xx': add('4xx'),
      '5xx': add('5xx'),
      other: add('other'),
    }
    releases.set(release, {
      release,
      requests: (before?.requests ?? 0) + answered,
      failures: (before?.failures ?? 0) + failed,
      responses,
    })
  }
  return [...releases.values()].sort((a, b) => a.release - b.release)
}

/**
 * What a server's row says of it. Responses that were broken or tried again, and connections that failed, are not among the responses: they
 * show as `eresp`, `wredis` and `econ` of the server. A broken response counts twice in `eresp` (seen with 3.0 and 3.2), so that no more are
 * taken than requests were handed to the server and not answered; in flight or given up by the client are those that no such counter knows.
 */
export function countsOfServer(row: StatisticsRow): {
  readonly answered: number
  readonly failed: number
} {
  const answered = kinds.reduce((sum, kind) => sum + numberOf(row, `hrsp_${kind}`), 0)
  const troubles = numberOf(row, 'eresp') + numberOf(row, 'econ') + numberOf(row, 'wredis')
  const unanswered = Math.min(troubles, Math.max(0, numberOf(row, 'stot') - answered))
  return { answered: answered + unanswered, failed: numberOf(row, 'hrsp_5xx') + unanswered }
}

const kinds = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const
type Kind = (typeof kinds)[number]

function numberOf(row: StatisticsRow, column: string): number {
  return Number(row.get(column) ?? '')
}
