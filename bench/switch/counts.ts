// How often each way back is measured.
import type { LoadName } from '../load/load.ts'
import type { Case } from './row.ts'

export type Counts = {
  readonly astern: Readonly<Record<LoadName, Readonly<Record<Case, number>>>>
  /** Warm, with the daemon. */
  readonly serve: Readonly<Record<LoadName, number>>
  readonly script: Readonly<Record<LoadName, number>>
  readonly swarm: Readonly<Record<LoadName, number>>
}

export const full: Counts = {
  astern: {
    constant: { warm: 100, frozen: 30, cold: 30, retired: 30 },
    saturating: { warm: 30, frozen: 12, cold: 12, retired: 12 },
  },
  serve: { constant: 50, saturating: 15 },
  script: { constant: 20, saturating: 10 },
  swarm: { constant: 8, saturating: 4 },
}

/** Within three minutes, without the rival that needs an engine of its own. */
export const quick: Counts = {
  astern: {
    constant: { warm: 8, frozen: 3, cold: 3, retired: 3 },
    saturating: { warm: 3, frozen: 0, cold: 0, retired: 0 },
  },
  serve: { constant: 5, saturating: 0 },
  script: { constant: 3, saturating: 0 },
  swarm: { constant: 0, saturating: 0 },
}
