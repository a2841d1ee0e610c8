// What every benchmark is given, and what it gives back.
import type { Cleanup } from './cleanup.ts'
import type { Measured } from './report.ts'

export type BenchContext = {
  readonly quick: boolean
  /** A folder of its own on the project's disk, gone afterwards. */
  readonly folder: string
  readonly cleanup: Cleanup
  /** Aborted by Ctrl-C: nothing new is begun, everything made is taken away. */
  readonly signal: AbortSignal
  /** Progress, for people. */
  readonly say: (line: string) => void
}

export type Bench = (context: BenchContext) => Promise<Measured>

/** One after the other, as one report. */
export function joined(...parts: readonly Bench[]): Bench {
  return async (context) => {
    const measured: Measured[] = []
    for (const part of parts) measured.push(await part(context))
    return {
      rows: measured.flatMap(({ rows }) => rows),
      goals: measured.flatMap(({ goals }) => goals),
      notes: measured.flatMap(({ notes }) => notes),
      versions: Object.assign({}, ...measured.map(({ versions }) => versions)) as Record<string, string>,
    }
  }
}
