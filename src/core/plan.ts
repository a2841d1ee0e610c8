// What a planner gives back: steps that make the goal true, or every reason why not.
import type { Change } from './diff.ts'
import type { ErrorCode } from './errors.ts'
import type { Details } from './errors.ts'
import { type Release, releaseName, type Rung, type Step, type Strategy } from './model.ts'
import { type Seen, type StrategyReason, newNames, readinessOf } from './seen.ts'

export type Plan = {
  readonly outcome: 'plan'
  readonly from: number | null
  readonly to: number
  readonly strategy: Strategy
  readonly because: readonly StrategyReason[]
  /** How ready the target is before it wakes. */
  readonly rung: Rung
  /** Names of replicas that the steps create. */
  readonly create: readonly string[]
  readonly changes: readonly Change[]
  /** The target served well but was never found stable. */
  readonly notYetStable: boolean
  readonly steps: readonly Step[]
}

export type Refused = { readonly outcome: 'refused'; readonly code: ErrorCode; readonly details: Details }
/** `serves`: it does already · `went_back`: it is what the last rollback went to · `no_earlier`: there is nothing to go back to. */
export type NoopWhy = 'serves' | 'went_back' | 'no_earlier'
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
  }
}
export type Decision = Plan | Refused | Noop

/** The steps that bring traffic from one release to another: the same for the way forward and the way back. */
export function switchSteps(
  seen: Seen,
  from: Release | null,
  to: Release,
  strategy: Strategy,
  options: { readonly pull: boolean },
): { steps: Step[]; create: string[]; rung: Rung } {
  const { rung, usable, missing } = readinessOf(seen, to)
  const create = newNames(seen, to.number, missing)
  const asleep = [
    ...usable.filter((replica) => replica.level !== 'running' || !replica.up).map(({ name }) => name),
    ...create,
  ]
  const release = to.number
  const serving =
    from === null || from.number === to.number
      ? []
      : seen.replicas.filter(
          (replica) => replica.release === from.number && (replica.level === 'running' || replica.level === 'frozen'),
        )
  const steps: Step[] = []
  if (options.pull && create.length > 0) steps.push({ kind: 'pull', release, image: to.image })
  if (strategy === 'stop_first' && from !== null && serving.length > 0) {
    const names = serving.map(({ name }) => name)
    if (create.length > 0) steps.push({ kind: 'create', release, replicas: create })
    steps.push({ kind: 'shift_traffic', release: null })
    steps.push({ kind: 'drain', release: from.number, replicas: names })
    steps.push({ kind: 'demote', release: from.number, replicas: names, level: 'stopped' })
  }
  if (asleep.length > 0)
    steps.push({ kind: 'wake', release, replicas: asleep }, { kind: 'health', release, replicas: asleep })
  steps.push({ kind: 'shift_traffic', release }, { kind: 'prove', release })
  return { steps, create, rung }
}
