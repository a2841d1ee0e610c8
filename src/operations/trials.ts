// How trials begin, go on and end: what is committed, and nothing else. Light: a rollback ends one on its way.
import type { Holdback, Scope, Step } from '../core/model.ts'
import { WHOLE_SHARE } from '../core/trial.ts'
import type { Trial } from '../store/trials.ts'
import type { App } from './app.ts'

type Transaction = Scope & { readonly transactionId: string }
type CanaryStep = Extract<Step, { readonly kind: 'canary' }>

/** Within a commit: the share of a step is drawn for the release from here on. */
export function enterCanary(app: App, scope: Transaction, { release, against, place, share }: CanaryStep): void {
  const { trials, replicas, services } = app.store
  const since = app.clock.now()
  const open = trials.open(scope)
  // Resumed: it has begun already.
  if (open?.release === release && open.phase === 'canary' && open.step === place && open.share === share) return
  if (open !== null && open.release !== release) supersede(app, scope, open)
  // A bake that was superseded has left its weights with a release that is no more compared with.
  replicas.shift(scope, services.get(scope)?.active ?? null)
  if (open?.release === release) trials.enter(open.transactionId, { phase: 'canary', step: place, share, since })
  else begin(app, scope, { release, against, phase: 'canary', share })
}

/** Within a commit: the release serves, and can still be judged. `holdback`: the former release keeps its weights, and gets that share. */
export function enterBake(app: App, scope: Transaction, release: number, holdback: Holdback | null): void {
  const { trials } = app.store
  const open = trials.open(scope)
  const share = holdback === null ? 0 : WHOLE_SHARE - holdback.share
  if (open?.release === release) {
    if (open.phase === 'bake' && open.share === share) return
    trials.enter(open.transactionId, { phase: 'bake', step: open.step + 1, share, since: app.clock.now() })
    return
  }
  if (open !== null) supersede(app, scope, open)
  begin(app, scope, { release, against: holdback?.release ?? null, phase: 'bake', share })
}

/** Within a commit: it is ready, and no user is moved. */
export function enterStage(app: App, scope: Transaction, release: number): void {
  const open = app.store.trials.open(scope)
  // Its bake goes on: only what begins to move ends that.
  if (open === null) begin(app, scope, { release, against: null, phase: 'staged', share: 0 })
}

function begin(app: App, scope: Transaction, trial: Pick<Trial, 'release' | 'against' | 'phase' | 'share'>): void {
  const { service, environment, transactionId } = scope
  const policy = app.store.services.get(scope)!.definition.trial
  const startedAt = app.clock.now()
  app.store.trials.insert({ service, environment, transactionId, policy, startedAt, ...trial })
}

function supersede(app: App, scope: Scope, { release }: Pick<Trial, 'release'>): void {
  app.store.trials.end(scope, app.clock.now(), `a later deploy ended the trial of r${release}`)
}

/** The release whose servers have weights: while one is on trial, the one that it is compared with. */
export function weightedRelease(app: App, scope: Scope): number | null {
  const open = app.store.trials.open(scope)
  if (open !== null && open.share > 0 && open.against !== null) return open.against
  return app.store.services.get(scope)?.active ?? null
}

/** The release that draws decide about; `null`: there is none. */
export function drawnRelease(app: App, scope: Scope): number | null {
  const open = app.store.trials.open(scope)
  return open !== null && open.share > 0 ? open.release : null
}
