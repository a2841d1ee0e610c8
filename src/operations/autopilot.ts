// What follows from the evidence: the autopilot requests a rollback through the same door as a person, or says that it would.
// Invariants: a release is taken back at most once for one trial (A1); a verdict that was committed is acted on by whoever comes next, if who
// found it died (A2); only releases that a deploy brought are on trial, so a rollback is never taken back (A3).
import { isAsternError, reasonOf } from '../core/errors.ts'
import { releaseName, type Scope } from '../core/model.ts'
import type { Trial } from '../store/trials.ts'
import type { App, Asked } from './app.ts'
import { NO_EPOCH, type Recorded, recorder } from './operation.ts'
import { rollback } from './rollback.ts'
import { autopilotOf } from './see.ts'
import { createTrialWatch, type Look, LOOK_EVERY_MS } from './trial-watch.ts'

export const AUTOPILOT: Asked['actor'] = { name: 'autopilot', automated: true }

/** What it did: `null`: there was nothing to do, or it was done. */
export type Acted = {
  readonly trial: Trial
  readonly did: 'advised' | 'asked' | 'rolled_back' | 'failed'
  readonly reason: string
}

export type ActedIn = Pick<Acted, 'did' | 'reason'> & { readonly scope: Scope }

/** Commits the verdict first, then acts on it. A rollback that runs already is left to itself. */
export async function actOn(app: App, { trial, findings }: Look): Promise<Acted | null> {
  if (findings.verdict === 'fail' && trial.verdict !== 'fail') {
    app.store.transaction(() => noteFail(app, trial, findings.rule, findings.sentence))
  }
  const now = app.store.trials.get(trial.transactionId)
  if (now?.verdict !== 'fail' || now.acted !== null || now.endedAt !== null) return null
  return followUp(app, now)
}

/** Within a transaction. */
function noteFail(
  app: App,
  trial: Trial,
  rule: Parameters<App['store']['trials']['judge']>[2],
  sentence: string,
): void {
  app.store.trials.judge(trial.transactionId, 'fail', rule, sentence)
  tell(app, trial, 'verdict', { verdict: 'fail', rule, reason: sentence })
}

async function followUp(app: App, trial: Trial): Promise<Acted | null> {
  const reason = trial.reason ?? 'the evidence says so'
  const autopilot = autopilotOf(app, trial)
  if (autopilot !== 'act') {
    const did = autopilot === 'advise' ? 'advised' : 'asked'
    const to = trial.against === null ? '' : ` to ${releaseName(trial.against)}`
    const would = `would have rolled back${to}: ${reason}`
    app.store.transaction(() => {
      app.store.trials.act(trial.transactionId, did)
      tell(app, trial, 'autopilot', { autopilot, reason: would })
    })
    return { trial, did, reason: would }
  }
  try {
    const { answer, error } = await rollback(app, trial, {
      actor: AUTOPILOT,
      reason,
      to: trial.against === null ? null : releaseName(trial.against),
      force: new Set(),
    })
    // Whoever holds it is taking it back already.
    if (answer.outcome === 'busy') return null
    if (answer.outcome === 'refused' && error !== null) {
      app.store.transaction(() => stuck(app, trial, answer.transaction_id, reason, error.message))
      return { trial, did: 'failed', reason: error.message }
    }
    app.store.trials.act(trial.transactionId, answer.transaction_id ?? 'rolled_back')
    return { trial, did: error === null ? 'rolled_back' : 'failed', reason: error?.message ?? reason }
  } catch (error) {
    // Nothing was changed, and the next look tries again.
    if (!isAsternError(error)) throw error
    if (error.code === 'PROXY_DOWN') return null
    app.store.trials.act(trial.transactionId, reasonOf(error))
    return { trial, did: 'failed', reason: reasonOf(error) }
  }
}

/** Within a transaction. It is bad, and nothing can be gone back to: no further deploy comes on top of it by itself, and it is said once, aloud. */
function stuck(app: App, trial: Trial, transactionId: string | null, reason: string, why: string): void {
  const { service, environment, release } = trial
  const { trials, holds } = app.store
  trials.act(trial.transactionId, transactionId ?? 'refused')
  holds.place(
    { service, environment },
    {
      placedBy: 'rollback',
      sinceAt: app.clock.now(),
      by: AUTOPILOT.name,
      reason: `${releaseName(release)} is bad (${reason}) and serves on: ${why}`,
      release: null,
      backTo: null,
      transactionId: transactionId ?? trial.transactionId,
    },
  )
  tell(
    app,
    trial,
    'autopilot',
    { autopilot: 'act', reason: why, needs: 'a human' },
    { status: 'failed', level: 'error' },
  )
}

/** Looks and acts while `work` goes on, where there may be no daemon to do so. What it has begun is finished before this returns. */
export async function underAutopilot<T>(app: App, scope: Scope, work: () => Promise<T>): Promise<T> {
  const done = new AbortController()
  const watching = watchOver(app, scope, done.signal)
  // What it throws is thrown below, when the work has ended.
  watching.catch(() => {})
  try {
    return await work()
  } finally {
    done.abort()
    await watching
  }
}

async function watchOver(app: App, scope: Scope, done: AbortSignal): Promise<void> {
  const watch = createTrialWatch(app)
  while (!done.aborted) {
    const look = await watch.look(scope)
    if (look !== null) await actOn(app, look)
    await app.clock.sleep(LOOK_EVERY_MS, done).catch(() => {})
  }
}

/** A line of its own in the journal, under the deploy that the trial belongs to. It takes the lease from nobody. */
export function tell(
  app: App,
  trial: Trial,
  step: string,
  detail: Readonly<Record<string, unknown>>,
  how: Pick<Recorded, 'status' | 'level'> = { status: 'succeeded', level: 'warn' },
): void {
  const { service, environment, transactionId, release } = trial
  const scope: Scope = { service, environment }
  const of = { ...scope, kind: 'deploy' as const, transactionId, actor: AUTOPILOT.name, epoch: NO_EPOCH }
  recorder(app, of)({ step, key: step, release, detail, ...how })
}
