// Answers of `show table` and `show stat` → what a trial has come to. Pure.
// An entry of the table is a server that requests were drawn for, or for each thread and share the release whose the rest is: a release comes to their sum.
import { releaseOf } from '../../core/replica-name.ts'
import { LATENCY_EDGES_MS, NO_COUNTS, sumOf } from '../../core/verdict/counts.ts'
import type { ArmCounts, ServerCounts } from '../../core/verdict/counts.ts'
import { countsOfServer } from './counters.ts'
import { NotUnderstood, excerpt, readStatistics } from './running.ts'
import { gauge } from './trial-rules.ts'

/** The questions whose answers the two functions below understand. */
export function tallyQuestions(backend: string): [table: string, servers: string] {
  return [`show table ${backend}`, `show stat ${backend} 4 -1`]
}

/** Release → what its side was given, and what became of it. */
export function armsOf(answer: string): ReadonlyMap<number, ArmCounts> {
  const arms = new Map<number, ArmCounts>()
  // a backend that it does not run, or that it was started with before there were trials
  if (answer.startsWith('No such table') || answer.startsWith('Data type not stored')) return arms
  const [header = '', ...rows] = answer.split('\n')
  if (!header.startsWith('# table: ')) throw new NotUnderstood(`show table: ${excerpt(answer)}`)
  for (const row of rows) {
    const key = / key=(\S+) /.exec(row)?.[1]
    if (key === undefined) throw new NotUnderstood(`show table: ${excerpt(row)}`)
    const release = sideOf(key)
    if (release !== null) arms.set(release, sumOf(arms.get(release) ?? NO_COUNTS, countsOf(row)))
  }
  return arms
}

export function serversOf(answer: string): ServerCounts[] {
  return readStatistics(answer).flatMap((row) => {
    const name = row.get('svname') ?? ''
    const release = releaseOf(name)
    return release === null ? [] : [{ name, release, ...countsOfServer(row) }]
  })
}

/** `r42-1`, `0/2200/r41/shield` of the first thread, or `r42` where it was drawn and has no server */
function sideOf(key: string): number | null {
  const whole = /^(?:\d+\/\d+\/)?r(\d+)(?:\/\w+)?$/.exec(key)?.[1]
  return whole === undefined ? releaseOf(key) : Number(whole)
}

function countsOf(row: string): ArmCounts {
  const gauges = new Map(
    [...row.matchAll(/ gpc(\d+)=(\d+)/g)].map((found) => [Number(found[1]), Number(found[2])] as const),
  )
  const requests = Number(/ http_req_cnt=(\d+)/.exec(row)?.[1])
  if (Number.isNaN(requests)) throw new NotUnderstood(`show table: ${excerpt(row)}`)
  const at = (index: number): number => {
    const value = gauges.get(index)
    if (value === undefined) throw new NotUnderstood(`show table: ${excerpt(row)}`)
    return value
  }
  // counted are those that took longer than an edge, so that a usual answer is counted once
  const slowerThan = [...LATENCY_EDGES_MS, Infinity].map((_edge, index) => at(gauge.latency + index))
  const [answered, failed, clientErrors] = [at(gauge.answered), at(gauge.failed), at(gauge.clientErrors)]
  // a read may fall between the counters of one answer
  const quick = Math.max(0, answered - at(gauge.unusual))
  return {
    drawn: requests - at(gauge.notDrawn),
    answered,
    failed,
    failedForUsers: at(gauge.failedForUsers),
    clientErrors,
    declared: at(gauge.declared),
    succeeded: Math.max(0, answered - failed - clientErrors),
    latency: slowerThan.map(
      (count, index) => (index === 0 ? quick : 0) + Math.max(0, count - (slowerThan[index + 1] ?? 0)),
    ),
  }
}
