// How the errors of a release cluster, by what was counted while it was on trial itself.
import type { Scope } from '../core/model.ts'
import { type Calibration, calibrate } from '../core/verdict/evidence.ts'
import type { App } from './app.ts'

/** `null`: nothing to compare with, so nothing is known. */
export function calibrationOf(app: App, scope: Scope, stable: number | null): Calibration {
  const trial = stable === null ? null : app.store.trials.newestOf(scope, stable)
  if (trial === null) return calibrate([])
  const facts = app.store.trials.facts(trial.transactionId)
  return calibrate(facts.flatMap(({ fact }) => (fact.kind === 'tick' && fact.own.length > 0 ? [fact.own] : [])))
}
