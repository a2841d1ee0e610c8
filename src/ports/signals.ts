// Asks what the proxy cannot see: a Prometheus query, an HTTP check, a command.
import type { Signal } from '../core/trial.ts'

/** `unknown`: no answer, an empty one, one that is no number or too old. It is never taken for good or bad. */
export type SignalReading = { readonly value: number } | { readonly unknown: string }

export interface Signals {
  /** Throws nothing but what `abort` aborts with: whatever goes wrong is a reading that is unknown. */
  read(signal: Signal, abort?: AbortSignal): Promise<SignalReading>
}
