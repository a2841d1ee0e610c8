// How often each way back is measured, and for how long at most.
import type { LoadName } from '../load/load.ts'
import type { Case } from './row.ts'

export type Counts = {
  /** Rollbacks in process before the first that counts: a process that lives long has compiled its code. */
  readonly warmUp: number
  /** A row ends after this time, when it has the fewest runs that say something. */
  readonly rowLimitMs: number
  readonly astern: Readonly<Record<LoadName, Readonly<Record<Case, number>>>>
  /** Warm, with the daemon. */
  readonly serve: Readonly<Record<LoadName, number>>
  /** Warm, with a worker beside web, under the constant load. */
  readonly worker: number
  /** Warm, five services as one, under the constant load. */
  readonly set: number
  readonly script: Readonly<Record<LoadName, number>>
  readonly swarm: Readonly<Record<LoadName, number>>
}

const FEWEST_RUNS = 2

/** True when a row that was begun at `startedAt` (of `performance.now()`) should end with the runs it has. */
export function isEnough(runs: number, startedAt: number, { rowLimitMs }: Pick<Counts, 'rowLimitMs'>): boolean {
  return runs >= FEWEST_RUNS && performance.now() - startedAt > rowLimitMs
}

export const full: Counts = {
  warmUp: 3,
  rowLimitMs: 900_000,
  astern: {
    constant: { warm: 100, frozen: 30, cold: 30, retired: 30 },
    saturating: { warm: 30, frozen: 12, cold: 12, retired: 12 },
  },
  serve: { constant: 50, saturating: 15 },
  worker: 30,
  set: 20,
  script: { constant: 20, saturating: 10 },
  swarm: { constant: 8, saturating: 4 },
}

/** Within three minutes, without the rival that needs an engine of its own. */
export const quick: Counts = {
  warmUp: 1,
  rowLimitMs: 15_000,
  astern: {
    constant: { warm: 8, frozen: 3, cold: 3, retired: 3 },
    saturating: { warm: 3, frozen: 0, cold: 0, retired: 0 },
  },
  serve: { constant: 5, saturating: 0 },
  worker: 3,
  set: 3,
  script: { constant: 3, saturating: 0 },
  swarm: { constant: 0, saturating: 0 },
}
