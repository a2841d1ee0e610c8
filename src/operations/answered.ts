// Puts together what deploy and rollback answer, and says which errors are part of it.
import { type AsternError, fail, isAsternError, reasonOf } from '../core/errors.ts'
import { type Outcome, releaseName, type ReleaseRef, type Scope } from '../core/model.ts'
import { type Noop, noopReason, type Plan, type Refused } from '../core/plan.ts'
import { wholeOf } from '../core/transaction-id.ts'
import type { TrialVerdict } from '../store/trials.ts'
import { type Answered, type Durations, errorView, holdView, releaseRef } from './answer.ts'
import type { App } from './app.ts'
import { gitView } from './git-follows.ts'
import { type Operation, round } from './operation.ts'
import { outageOf } from './outage.ts'
import { nameOf } from './see.ts'
import { PROOF_REQUESTS } from './steps.ts'

export function refOf(app: App, scope: Scope, number: number | null): ReleaseRef | null {
  const release = number === null ? null : app.store.releases.get(scope, number)
  return release === null ? null : releaseRef(release)
}

export function durationsOf(operation: Operation | null, totalMs: number): Durations {
  const of = (kind: 'plan' | 'wake' | 'health' | 'shift_traffic' | 'prove') => {
    const spent = operation?.durations.get(kind)
    return spent === undefined ? null : round(spent)
  }
  return {
    total: round(totalMs),
    plan: of('plan'),
    wake: of('wake'),
    health: of('health'),
    shift_traffic: of('shift_traffic'),
    prove: of('prove'),
  }
}

/** The release that serves now, for people: `r41 v1.2.0`, or `nobody`. */
export function servingNow(app: App, scope: Scope): string {
  const active = app.store.services.get(scope)?.active ?? null
  return active === null ? 'nobody' : nameOf(app, scope, active)
}

/** Another operation holds the service; anything else is thrown again. */
export function busyOrThrow(error: unknown): AsternError {
  if (isAsternError(error, 'BUSY')) return error
  throw error
}

/** Nothing was changed, on purpose. */
export function isRefusal(error: AsternError): boolean {
  return error.exit === 3
}

/** Another operation has taken the lease of this one. */
export function preempted(app: App, operation: Operation, cause?: unknown): AsternError {
  const to = app.store.operations.get(operation.transactionId)?.to ?? null
  const trial = to === null ? null : app.store.trials.newestOf(operation, to)
  if (trial?.verdict === 'fail' && trial.reason !== null) {
    const release = releaseName(trial.release)
    return fail('TAKEN_BACK', { reason: trial.reason, serving: servingNow(app, operation), release }, cause)
  }
  const by = app.store.leases.holder(operation, app.clock.now())?.transactionId
  const newest = by ?? app.store.operations.list(1)[0]?.transactionId ?? '-'
  return fail('PREEMPTED', { by: newest, serving: servingNow(app, operation) }, cause)
}

export function asAsternError(error: unknown): AsternError {
  return isAsternError(error) ? error : fail('INTERNAL', { reason: reasonOf(error) }, error)
}

/** How it ended; what it never got to is left out. */
export type Ending = {
  readonly outcome: Outcome
  readonly operation?: Operation | null
  readonly plan?: Plan
  readonly error?: AsternError | null
  readonly warnings?: readonly string[]
}

/** Puts together what a deploy or rollback answers. */
export function answered(
  app: App,
  scope: Scope,
  kind: 'deploy' | 'rollback' | 'promote' | 'abort',
  totalMs: number,
  { outcome, operation = null, plan, error = null, warnings = [] }: Ending,
): Answered {
  const proved = outcome === 'succeeded' && plan?.steps.some(({ kind }) => kind === 'prove') === true
  const unstable = kind === 'rollback' && plan !== undefined && plan.notYetStable
  return {
    answer: {
      transaction_id: operation === null ? null : wholeOf(operation.transactionId),
      operation: kind,
      service: scope.service,
      environment: scope.environment,
      outcome,
      from: refOf(app, scope, plan === undefined ? (app.store.services.get(scope)?.active ?? null) : plan.from),
      to: refOf(app, scope, plan?.to ?? null),
      duration_ms: durationsOf(operation, totalMs),
      strategy: plan?.strategy ?? null,
      rung: plan?.rung ?? null,
      proof: proved ? { release: releaseName(plan.to), answers: PROOF_REQUESTS, of: PROOF_REQUESTS } : null,
      hold: holdView(app.store.holds.get(scope)),
      ...(kind === 'rollback'
        ? { git: plan !== undefined && outcome === 'succeeded' ? gitView(app, scope, plan.to, plan.from) : null }
        : { verdict: plan === undefined ? null : verdictOf(app, scope, plan.to) }),
      warnings: [
        ...(unstable ? [`${releaseName(plan.to)} is not yet stable`] : []),
        ...(plan?.warnings ?? []),
        ...warnings,
      ],
      error: error === null ? null : errorView(error),
    },
    plan: plan ?? null,
    outageMs: plan === undefined || plan.outage === null || operation === null ? null : outageIn(app, operation),
    exit: error?.exit ?? 0,
    error,
    noop: null,
    staged: plan?.stage === true && outcome === 'succeeded',
  }
}

function verdictOf(app: App, scope: Scope, release: number): TrialVerdict | null {
  return app.store.trials.newestOf(scope, release)?.verdict ?? null
}

function outageIn(app: App, { transactionId }: Operation): number | null {
  return outageOf(app.store.journal.ofTransaction(transactionId))
}

/** Why nothing is done, for the journal. */
export function detailOf(decision: Refused | Noop): Record<string, unknown> {
  return decision.outcome === 'noop' ? { reason: noopReason(decision) } : { code: decision.code, ...decision.details }
}
