// The promises that this benchmark holds Astern to. What is about milliseconds is of the constant load.
import type { JobCount } from '../../test/fixtures/shop-queue.ts'
import { atLeast, atMost, type Goal, ratio } from '../report.ts'
import type { Case, Subject, SwitchRow } from './row.ts'

const WARM_MS = { p50: 1, p99: 5 }
const COMMAND_MS = { alone: 60, withDaemon: 45 }
const FROZEN_MS = 25
const OVER_ENGINE = 1.2
const OURS: ReadonlySet<Subject> = new Set(['astern', 'astern+serve', 'astern+worker', 'astern+set'])
const FASTER_THAN = { script: 15, swarm: 80 }

export function goals(
  rows: readonly SwitchRow[],
  { swarm, jobs }: { readonly swarm: boolean; readonly jobs: JobCount },
): Goal[] {
  const find = (subject: Subject, rung?: Case) =>
    rows.find((row) => row.load === 'constant' && row.subject === subject && (rung === undefined || row.case === rung))
  const warm = find('astern', 'warm')
  const overEngine = (rung: Case) =>
    ratio(find('astern', rung)?.in_process_ms?.p50, find('engine', rung)?.in_process_ms?.p50)
  const faster = (rival: 'script' | 'swarm') => ratio(find(rival)?.first_old_ms?.p50, warm?.first_old_ms?.p50)
  const ours = rows.filter(({ subject }) => OURS.has(subject))
  return [
    atMost('warm in process, p50 ms', warm?.in_process_ms?.p50, WARM_MS.p50),
    atMost('warm in process, p99 ms', warm?.in_process_ms?.p99, WARM_MS.p99),
    atMost('warm as a whole command without a daemon, p50 ms', warm?.command_ms?.p50, COMMAND_MS.alone),
    atMost(
      'warm as a whole command with a daemon, p50 ms',
      find('astern+serve', 'warm')?.command_ms?.p50,
      COMMAND_MS.withDaemon,
    ),
    atMost('frozen in process, p50 ms', find('astern', 'frozen')?.in_process_ms?.p50, FROZEN_MS),
    atMost('cold in process, p50 over the engine', overEngine('cold'), OVER_ENGINE),
    atMost('retired in process, p50 over the engine', overEngine('retired'), OVER_ENGINE),
    atLeast('warm to the first old answer, times faster than the script', faster('script'), FASTER_THAN.script),
    ...(swarm
      ? [atLeast('warm to the first old answer, times faster than Swarm', faster('swarm'), FASTER_THAN.swarm)]
      : []),
    ...ours.map((row) => atMost(`failed of ${row.sent}: ${row.case} ${row.subject} ${row.load}`, row.failed, 0)),
    atMost(`jobs done twice, of ${jobs.enqueued}`, jobs.doneTwice, 0),
    atMost(`jobs lost, of ${jobs.enqueued}`, jobs.undone, 0),
  ]
}
