// Where the milliseconds of a rollback in process went, by the operation's own account.
import type { Answered } from '../../src/operations/answer.ts'
import { percentile, rounded } from '../statistics.ts'

export function partsOf({ answer }: Answered, shiftedMs: number): Record<string, number> {
  const { plan, wake, health, shift_traffic, prove, total } = answer.duration_ms
  const known = { plan, wake, health, shift_traffic }
  const parts = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)) as Record<
    string,
    number
  >
  const counted = Object.values(parts).reduce((sum, value) => sum + value, 0)
  // What is in none of the steps: the commits between them, on the disk.
  return { ...parts, commits: shiftedMs - counted, until_shifted: shiftedMs, prove: prove ?? 0, total: total ?? 0 }
}

/** Medians, as one line. */
export function describe(name: string, parts: readonly Readonly<Record<string, number>>[]): string {
  const names = [...new Set(parts.flatMap((part) => Object.keys(part)))]
  const medians = names.map(
    (part) =>
      `${part} ${rounded(
        percentile(
          parts.map((each) => each[part] ?? 0),
          50,
        ),
      )}`,
  )
  return `${name}, medians in ms: ${medians.join(' · ')}`
}
