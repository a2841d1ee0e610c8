// The time after full promotion in which a release can still be judged. Surviving it makes it stable; what its holdback had goes to it as well.
import type { Outcome } from '../core/model.ts'
import type { Plan } from '../core/plan.ts'
import { planBakeEnd } from '../core/plan-promote.ts'
import { hasWeb } from '../core/processes.ts'
import type { Findings } from '../core/verdict/case.ts'
import type { Trial, TrialVerdict } from '../store/trials.ts'
import type { App, Asked } from './app.ts'
import { runSteps, startPlan } from './executor.ts'
import { planOf } from './history.ts'
import { begin, lostLease, type Operation, whileLeased } from './operation.ts'
import { see } from './see.ts'

/** Without enough to say, a bake lasts so many times as long. */
const LONGEST_BAKE = 2

/** How a bake ends now; `null`: it goes on. Pure. */
export function bakeEnds(trial: Trial, findings: Findings, takesRequests: boolean, nowAt: number): TrialVerdict | null {
  const forMs = trial.policy.bake?.forMs ?? 0
  const spentMs = nowAt - trial.stepSince
  if (spentMs < forMs) return null
  if (trial.verdict === 'fail') return 'fail'
  const good = takesRequests ? findings.verdict === 'pass' : findings.verdict !== 'fail' && findings.held === null
  if (good) return 'pass'
  return spentMs >= LONGEST_BAKE * forMs ? 'undecided' : null
}

/** Ends it where its time has come. Gives way to any other operation; then, and where it is too early, `null`. */
export async function endBakeIfDue(app: App, trial: Trial, findings: Findings, asked: Asked): Promise<Outcome | null> {
  const release = app.store.releases.get(trial, trial.release)
  if (trial.phase !== 'bake' || release === null) return null
  const verdict = bakeEnds(trial, findings, hasWeb(release.config), app.clock.now())
  if (verdict === null || app.store.leases.holder(trial, app.clock.now())?.alive === true) return null
  return endBake(app, trial, { verdict, reason: findings.sentence, asked })
}

type Ending = { readonly verdict: TrialVerdict; readonly reason: string; readonly asked: Asked }

/** Errors: BUSY; those of shifting traffic, with the bake as it was. */
export async function endBake(app: App, trial: Trial, { verdict, reason, asked }: Ending): Promise<Outcome> {
  const { store } = app
  const release = store.releases.get(trial, trial.release)!
  const controller = new AbortController()
  const traffic = hasWeb(release.config) ? await app.traffic.observe() : null
  const { operation, plan } = store.transaction(() => {
    const operation = begin(app, trial, 'promote', asked, controller)
    const plan = planBakeEnd(see(app, trial, traffic), release)
    // A fail stands: it was only advised against.
    if (trial.verdict !== 'fail') store.trials.judge(trial.transactionId, verdict, null, reason)
    startPlan(app, operation, plan, 0)
    return { operation, plan }
  })
  return whileLeased(app, operation, controller, () =>
    carryOutBakeEnd(app, operation, plan.steps, { firstStarted: true }),
  )
}

/** Also for a process that died in it. */
export async function carryOutBakeEnd(
  app: App,
  operation: Operation,
  steps: Plan['steps'],
  options: { readonly firstStarted?: boolean; readonly attempt?: number },
): Promise<Outcome> {
  try {
    await runSteps(app, operation, steps, { ...options, atLast: () => ended(app, operation) })
    return 'succeeded'
  } catch (error) {
    if (lostLease(error, operation)) return 'busy'
    app.store.transaction(() => {
      if (app.store.leases.holds(operation.lease)) operation.end('failed')
    })
    throw error
  }
}

/** Within a commit. */
function ended(app: App, operation: Operation): void {
  const { trials, releases, holds, operations } = app.store
  const trial = trials.open(operation)
  if (trial !== null) {
    if (trial.verdict === 'pass') {
      releases.markStable(operation, trial.release)
      const brought = operations.get(trial.transactionId)
      if (brought !== null && planOf(brought)?.undo === true) holds.lift(operation, ['rollback'])
    }
    trials.end(operation, app.clock.now())
  }
  operation.end('succeeded', { verdict: trial?.verdict ?? null, reason: trial?.reason ?? null })
}
