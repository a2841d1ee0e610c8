// When a replica that is starting is asked for its health, and when it has had long enough. Pure.
import type { HealthTiming } from './model.ts'

/** How much of the time that a start has taken so far one more wait may add. */
const PATIENCE = 0.05
const SHORTEST_DELAY_MS = 2

/**
 * The wait before the next try, `elapsedMs` after the first. A start that takes 300 ms is noticed within 15 ms of its end and
 * one that takes a minute costs no more tries than its interval allows.
 */
export function probeDelayMs(elapsedMs: number, intervalMs: number): number {
  return Math.min(intervalMs, Math.max(SHORTEST_DELAY_MS, elapsedMs * PATIENCE))
}

/**
 * How long a replica may take until it is healthy: failures do not count during the start period; after it `fall` tries in a
 * row may fail, `rise` must then succeed, and the last one has its whole timeout.
 */
export function healthDeadlineMs(health: HealthTiming): number {
  return health.startPeriodMs + (health.fall + health.rise - 1) * health.intervalMs + health.timeoutMs
}
