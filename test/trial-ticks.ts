// Ticks of a trial for tests: what both sides counted, in a line.
import {
  type ArmCounts,
  LATENCY_EDGES_MS,
  NO_COUNTS,
  type ServerCounts,
  type Tick,
} from '../src/core/verdict/counts.ts'

export const TICK_MS = 1_000

/** Answers that failed, or did not; all of them in the bucket of 25–50 ms unless `latency` says otherwise. */
export function buildArm(answered: number, failed = 0, changes: Partial<ArmCounts> = {}): ArmCounts {
  const latency = LATENCY_EDGES_MS.map((edge) => (edge === 50 ? answered : 0))
  return {
    ...NO_COUNTS,
    drawn: answered,
    answered,
    failed,
    failedForUsers: failed,
    succeeded: answered - failed - (changes.clientErrors ?? 0),
    latency: [...latency, 0],
    ...changes,
  }
}

export function buildServers(...counts: readonly (readonly [answered: number, failed: number])[]): ServerCounts[] {
  return counts.map(([answered, failed], place) => ({ name: `r41-${place}`, release: 41, answered, failed }))
}

/** The share follows from who answered how much. */
export function buildTick(candidate: ArmCounts, stable: ArmCounts | null, changes: Partial<Tick> = {}): Tick {
  const all = candidate.drawn + (stable?.drawn ?? 0)
  return {
    at: 0,
    ms: TICK_MS,
    share: all === 0 ? null : Math.round((10_000 * candidate.drawn) / all),
    candidate,
    stable,
    servers: [],
    probes: null,
    ...changes,
  }
}

export function repeated(tick: Tick, times: number): Tick[] {
  return Array.from({ length: times }, (_, index) => ({ ...tick, at: index * tick.ms }))
}
