// One line of the journal. The snake_case names are a contract: dashboards and log pipelines depend on them.
import type { OperationKind, StepStatus } from './model.ts'

export type JournalEvent = {
  /** ISO 8601, UTC. */
  readonly timestamp: string
  readonly level: 'info' | 'warn' | 'error'
  readonly operation: OperationKind
  readonly service: string
  readonly environment: string
  readonly version: string | null
  readonly release: string | null
  readonly status: StepStatus
  /** A step's kind, or `plan` and `outcome` for the operation's own two ends. */
  readonly step: string
  readonly duration_ms: number | null
  readonly transaction_id: string
  readonly actor: string
  /** Stable name of the step within its operation. */
  readonly key: string
  readonly attempt: number
  readonly epoch: number
  /** What happened, in a few words or numbers; never a secret. */
  readonly detail: Readonly<Record<string, unknown>> | null
}
