// The names of steps: stable within an operation, since they say in the journal what was begun and what was done.
import { type HookName, releaseName, type Step } from './model.ts'

/** The stable name of a step within its operation: `shift_traffic:r41`, `wake:r41/worker`. */
export function stepKey(step: Step): string {
  switch (step.kind) {
    case 'shift_traffic':
      return `shift_traffic:${step.release === null ? 'nobody' : releaseName(step.release)}`
    case 'canary':
      return `canary:${releaseName(step.release)}=${step.share}`
    case 'demote':
      return `demote:${releaseName(step.release)}${ofProcess(step)}=${step.level}`
    case 'hook':
      return `hook:${hookTitle(step.hook, step.place)}`
    case 'create':
    case 'wake':
    case 'health':
      return `${step.kind}:${releaseName(step.release)}${ofProcess(step)}`
    case 'database_revert':
      return `database_revert:${step.to}`
    case 'pull':
    case 'prove':
    case 'drain':
    case 'schema':
      return `${step.kind}:${releaseName(step.release)}`
  }
}

/** `release`, and `release#2` for the second of that name. */
export function hookTitle(name: HookName, place: number): string {
  return place === 1 ? name : `${name}#${place}`
}

function ofProcess({ process }: { readonly process?: string }): string {
  return process === undefined ? '' : `/${process}`
}
