// Says what was measured as soon as it is, so that nothing is lost when a later row fails.
import type { BenchContext } from '../bench.ts'
import type { Traffic } from '../load/answers.ts'
import { cellText } from '../table.ts'
import type { SwitchRow } from './row.ts'

export function report({ say }: BenchContext, rows: readonly SwitchRow[], { failures }: Traffic): void {
  for (const row of rows) {
    const { case: rung, subject, load, runs, in_process_ms, command_ms, first_old_ms, sent, failed } = row
    const times = `in process ${cellText(in_process_ms)} · command ${cellText(command_ms)} · first old ${cellText(first_old_ms)}`
    say(`${rung} ${subject} ${load}, ${runs} runs: ${times} · failed ${cellText(failed)} of ${cellText(sent)}`)
  }
  const reasons = Object.entries(failures).map(([reason, count]) => `${count} × ${reason}`)
  if (reasons.length > 0) say(`  failed: ${reasons.join(', ')}`)
}
