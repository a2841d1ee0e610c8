// Astern's own record of an operation, out of what `astern log --json` printed. Pure.

export type Operation = {
  readonly transactionId: string
  /** Those that ended, in order. `atMs`: when, in milliseconds since the Unix epoch. */
  readonly steps: readonly {
    readonly step: string
    readonly status: string
    readonly atMs: number
    readonly durationMs: number | null
  }[]
  /** What the steps up to the proof took together; `null`: it was not proven. */
  readonly toProofMs: number | null
}

type JournalLine = {
  timestamp: string
  operation: string
  transaction_id: string
  step: string
  status: string
  duration_ms: number | null
}

/** The latest operation of a kind; `null` when there is none. A line is a JSON object; those of the journal have a step. */
export function latestOperation(printed: string, kind: string): Operation | null {
  const journal = objectsIn(printed).filter((line): line is JournalLine => 'step' in line && 'transaction_id' in line)
  const transactionId = journal.findLast(({ operation }) => operation === kind)?.transaction_id
  if (transactionId === undefined) return null
  const steps = journal
    .filter(({ transaction_id, status }) => transaction_id === transactionId && isEnd(status))
    .map(({ step, status, timestamp, duration_ms }) => ({
      step,
      status,
      atMs: Date.parse(timestamp),
      durationMs: duration_ms,
    }))
  const proven = steps.findIndex(({ step, status }) => step === 'prove' && status === 'succeeded')
  const upToProof = steps.slice(0, proven + 1)
  const toProofMs = proven < 0 ? null : upToProof.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0)
  return { transactionId, steps, toProofMs }
}

/** Every JSON object among the lines. */
export function objectsIn(printed: string): Record<string, unknown>[] {
  return printed
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function isEnd(status: string): boolean {
  return status !== 'started' && status !== 'in_progress'
}
