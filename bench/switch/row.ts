// A row of this benchmark: a way back, by whom, under which load. The names are a contract.
import { firstAnswerMs, lastAnswerMs, type Traffic, type Window } from '../load/answers.ts'
import type { LoadName } from '../load/load.ts'
import { BAD, GOOD } from '../shop.ts'
import { type Spread, spread } from '../statistics.ts'

export const rungs = ['warm', 'frozen', 'cold', 'retired'] as const
export type Case = (typeof rungs)[number]
export type Subject = 'astern' | 'astern+serve' | 'astern+worker' | 'astern+set' | 'engine' | 'script' | 'swarm'

export type SwitchRow = {
  readonly case: Case
  readonly subject: Subject
  readonly load: LoadName
  /** How many of each kind: in process, and as a whole command. */
  readonly runs: number
  readonly in_process_ms: Spread | null
  readonly command_ms: Spread | null
  /** From the command's start to the first answer of the old release, and to the last one of the bad release. */
  readonly first_old_ms: Spread | null
  readonly last_bad_ms: Spread | null
  /** While the row was measured, the deploys between the runs included; `null`: no traffic went there. */
  readonly sent: number | null
  readonly failed: number | null
}

export type RowHead = Pick<SwitchRow, 'case' | 'subject' | 'load' | 'runs'>

/** What was not measured is `null`. */
export function rowOf(head: RowHead, measured: Partial<Omit<SwitchRow, keyof RowHead>>): SwitchRow {
  return {
    case: head.case,
    subject: head.subject,
    load: head.load,
    runs: head.runs,
    in_process_ms: measured.in_process_ms ?? null,
    command_ms: measured.command_ms ?? null,
    first_old_ms: measured.first_old_ms ?? null,
    last_bad_ms: measured.last_bad_ms ?? null,
    sent: measured.sent ?? null,
    failed: measured.failed ?? null,
  }
}

export type CommandRun = { readonly durationMs: number; readonly window: Window }

export function trafficColumns(
  runs: readonly CommandRun[],
  traffic: Traffic,
): Pick<SwitchRow, 'command_ms' | 'first_old_ms' | 'last_bad_ms' | 'sent' | 'failed'> {
  const { spans, sent, failed } = traffic
  const seen = (times: readonly (number | null)[], what: string): number[] =>
    times.map((time) => {
      if (time === null) throw new Error(`the load saw no answer of ${what} in a run`)
      return time
    })
  return {
    command_ms: spread(runs.map(({ durationMs }) => durationMs)),
    first_old_ms: spread(
      seen(
        runs.map(({ window }) => firstAnswerMs(spans, GOOD.tag, window)),
        GOOD.tag,
      ),
    ),
    last_bad_ms: spread(
      seen(
        runs.map(({ window }) => lastAnswerMs(spans, BAD.tag, window)),
        BAD.tag,
      ),
    ),
    sent,
    failed,
  }
}
