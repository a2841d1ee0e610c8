// What a planner gives back: steps that make the goal true, or every reason why not.
import type { Change } from './diff.ts'
import type { ErrorCode } from './errors.ts'
import type { Details } from './errors.ts'
import { releaseName, type Rung, type Step, type Strategy } from './model.ts'
import type { StrategyReason } from './seen.ts'

/** How a process beside `web` goes from one release to the other. */
export type Handover = {
  readonly process: string
  readonly strategy: Strategy
  /** Empty: it was chosen, or nothing forbids that both run. */
  readonly because: readonly StrategyReason[]
}

export type Plan = {
  readonly outcome: 'plan'
  readonly from: number | null
  readonly to: number
  /** Of `web`. */
  readonly strategy: Strategy
  readonly because: readonly StrategyReason[]
  /** Nobody is served between the two releases, and how long that took the last time (`null`: never measured); `null`: somebody is all the time. */
  readonly outage: { readonly lastMs: number | null } | null
  /** How each process beside `web` hands over. */
  readonly handovers: readonly Handover[]
  /** How ready the target is before it wakes. */
  readonly rung: Rung
  /** Names of replicas that the steps create. */
  readonly create: readonly string[]
  readonly changes: readonly Change[]
  /** The target served well but was never found stable. */
  readonly notYetStable: boolean
  /** It brings back what a rollback took out: a release that has its number already, and that served. */
  readonly undo?: true
  /** It ends before the first user is moved. */
  readonly stage?: true
  /** What deserves to be said before anything moves. */
  readonly warnings?: readonly string[]
  /** It ends a bake: the release serves already. */
  readonly endsBake?: true
  readonly steps: readonly Step[]
}

export type Refused = { readonly outcome: 'refused'; readonly code: ErrorCode; readonly details: Details }
/**
 * `serves`: it does already · `went_back`: it is what the last rollback went to · `no_earlier`: there is nothing to go back to ·
 * `nothing_to_undo`: it serves, but not because of a rollback · `not_held`: there is no hold to lift ·
 * `no_trial`: nothing is on trial.
 */
export type NoopWhy = 'serves' | 'went_back' | 'no_earlier' | 'nothing_to_undo' | 'not_held' | 'no_trial'
export type Noop = { readonly outcome: 'noop'; readonly active: number | null; readonly why: NoopWhy }

/** In English, for the journal and for machines. */
export function noopReason({ active, why }: Noop): string {
  const name = active === null ? 'nothing' : releaseName(active)
  switch (why) {
    case 'serves':
      return `${name} is that, and serves already`
    case 'went_back':
      return `${name} is what was rolled back to; --to goes further back`
    case 'no_earlier':
      return 'there is no earlier release'
    case 'nothing_to_undo':
      return `${name} serves, and no rollback put it there`
    case 'not_held':
      return 'there is no hold'
    case 'no_trial':
      return 'nothing is staged, on trial or baking'
  }
}
export type Decision = Plan | Refused | Noop
