// Brings back exactly what the last rollback took out, as a deploy of that very release: under its own number, and when it fails the release that
// served before serves. When it succeeds, its quarantine and the rollback's hold are lifted.
import { fail } from '../core/errors.ts'
import type { Release, Scope } from '../core/model.ts'
import type { Force } from '../core/plan-rollback.ts'
import { type Decision, noopReason, type Plan } from '../core/plan.ts'
import type { Manner } from '../core/plan-trial.ts'
import { planUndo } from '../core/plan-undo.ts'
import { insertReplicas } from './addresses.ts'
import type { Answered } from './answer.ts'
import { answered, busyOrThrow, detailOf, type Ending } from './answered.ts'
import type { App, Asked } from './app.ts'
import { carryOut } from './deploy.ts'
import { andThen } from './due-hooks.ts'
import { startPlan } from './executor.ts'
import { begin, type Operation, whileLeased } from './operation.ts'
import { checkForward } from './schema-check.ts'
import { definitionOf, observeFor, see } from './see.ts'
import { supersedeUnfinished } from './supersede.ts'

export type UndoAsked = Asked & { readonly manner?: Manner; readonly force?: ReadonlySet<Force> }

/** Says what an undo would do, and changes nothing. Errors: SERVICE_UNKNOWN, PROXY_DOWN. */
export async function planUndoOf(
  app: App,
  scope: Scope,
  { manner = 'trial', force }: Pick<UndoAsked, 'manner' | 'force'> = {},
): Promise<Decision> {
  const { traffic, schema } = await observe(app, scope)
  return planUndo(see(app, scope, traffic, schema?.gate), takenOut(app, scope), manner, force)
}

/** Errors that are thrown, with nothing changed: SERVICE_UNKNOWN, PROXY_DOWN. Everything else is in the answer. */
export async function undo(app: App, scope: Scope, asked: UndoAsked): Promise<Answered> {
  const { store, clock } = app
  const startedAt = clock.monotonic()
  const elapsed = () => clock.monotonic() - startedAt
  const answer = (ending: Ending) => answered(app, scope, 'deploy', elapsed(), ending)
  const controller = new AbortController()
  const { traffic, schema } = await observe(app, scope)
  let opened: { readonly decision: Decision; readonly operation: Operation }
  try {
    opened = store.transaction(() => {
      schema?.note()
      const seen = see(app, scope, traffic, schema?.gate)
      const decision = planUndo(seen, takenOut(app, scope), asked.manner, asked.force)
      const operation = begin(app, scope, 'deploy', asked, controller)
      if (decision.outcome === 'plan') open(app, operation, decision, elapsed())
      else operation.end(decision.outcome, detailOf(decision))
      return { decision, operation }
    })
  } catch (error) {
    return answer({ outcome: 'busy', error: busyOrThrow(error) })
  }
  const { decision, operation } = opened
  if (decision.outcome === 'refused') {
    return answer({ outcome: 'refused', operation, error: fail(decision.code, decision.details) })
  }
  if (decision.outcome === 'noop') {
    const nothing = fail('NOTHING_TO_DO', { reason: noopReason(decision) })
    return { ...answer({ outcome: 'noop', operation, error: nothing }), noop: decision }
  }
  return whileLeased(app, operation, controller, async () => {
    const { outcome, error } = await carryOut(app, operation, decision, { firstStarted: true })
    return andThen(app, operation, answer({ outcome, operation, plan: decision, error }))
  })
}

async function observe(app: App, scope: Scope) {
  const definition = definitionOf(app, scope)
  const taken = takenOut(app, scope)
  const draft = taken === null ? null : { release: taken, sealed: app.store.releases.sealed(taken, taken.number) }
  const schema = definition === null || draft === null ? null : await checkForward(app, definition, draft)
  return { traffic: await observeFor(app, definition), schema }
}

function open(app: App, operation: Operation, plan: Plan, planMs: number): void {
  supersedeUnfinished(app, operation)
  insertReplicas(app, operation, plan.to, plan.create)
  app.store.services.setCandidate(operation, plan.to)
  startPlan(app, operation, plan, planMs)
}

/** By the rollback in which the release that serves became active; it may have failed in what came after. */
function takenOut(app: App, scope: Scope): Release | null {
  const { services, operations, releases } = app.store
  const number = services.get(scope)?.active ?? null
  const active = number === null ? null : releases.get(scope, number)
  if (active?.activeAt == null) return null
  const taken = operations.takenOut(scope, active.number, active.activeAt)
  return taken === null ? null : releases.get(scope, taken)
}
