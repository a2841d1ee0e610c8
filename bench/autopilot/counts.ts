// How often and how long each part of this benchmark is measured.
import type { BadCase } from './row.ts'

export type Counts = {
  /** Runs of each bad version, by requests a second. Absent: not measured. */
  readonly bad: Readonly<Partial<Record<number, Readonly<Partial<Record<BadCase, number>>>>>>
  /** Runs against a stable release whose own errors come alone, by requests a second. */
  readonly calibrated: Readonly<Partial<Record<number, Readonly<Partial<Record<BadCase, number>>>>>>
  /** Of the bake that this is learnt from, under 1,000 requests a second. */
  readonly calibrationBake: string
  /** Runs of a good version, by requests a second. */
  readonly good: Readonly<Partial<Record<number, number>>>
  /** How often all replicas are killed, with a daemon and without one. */
  readonly kills: number
  readonly overhead: { readonly rounds: number; readonly roundS: number }
  readonly services: { readonly known: number; readonly warmUpMs: number; readonly measureMs: number }
}

const GOAL_LOAD = 200
const FULL_LOAD = 1_000

export const full: Counts = {
  bad: {
    [GOAL_LOAD]: { 'fails 100 %': 5, 'fails 24 %': 7, 'fails 5 %': 3, '10 times slower': 3, 'answers 404': 3 },
    [FULL_LOAD]: { 'fails 100 %': 5, 'fails 24 %': 5, 'fails 5 %': 3, '10 times slower': 3, 'answers 404': 3 },
  },
  calibrated: {
    [GOAL_LOAD]: { 'fails 100 %': 3, 'fails 24 %': 7, 'fails 5 %': 3 },
    [FULL_LOAD]: { 'fails 24 %': 3 },
  },
  // the default bake is five times as long; what it learns of how errors come is the surer the more of them it saw
  calibrationBake: '180s',
  good: { [GOAL_LOAD]: 3, [FULL_LOAD]: 3 },
  kills: 5,
  overhead: { rounds: 12, roundS: 3 },
  services: { known: 200, warmUpMs: 15_000, measureMs: 40_000 },
}

/** Within three minutes. */
export const quick: Counts = {
  bad: { [GOAL_LOAD]: { 'fails 24 %': 1 }, [FULL_LOAD]: { 'fails 100 %': 1, 'fails 24 %': 1 } },
  calibrated: { [GOAL_LOAD]: { 'fails 24 %': 3 } },
  calibrationBake: '15s',
  good: { [FULL_LOAD]: 1 },
  kills: 1,
  overhead: { rounds: 3, roundS: 2 },
  services: { known: 200, warmUpMs: 8_000, measureMs: 12_000 },
}
