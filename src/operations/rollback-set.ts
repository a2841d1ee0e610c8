// Takes several services back as one: to where they stood before the last deploy of the set. All targets are awake and healthy before the first user
// is moved; when one cannot be, nobody is.
import { type AsternError, fail } from '../core/errors.ts'
import { releaseName, type Scope } from '../core/model.ts'
import type { Noop, Plan } from '../core/plan.ts'
import { planRollback } from '../core/plan-rollback.ts'
import { isPart, partOf, wholeOf } from '../core/transaction-id.ts'
import type { Answered } from './answer.ts'
import { answered, type Ending } from './answered.ts'
import type { App } from './app.ts'
import type { SetAnswered } from './deploy-set.ts'
import { runSteps, splitWhereUsersMove } from './executor.ts'
import { begin, newTransactionId, type Operation, whileAllLeased } from './operation.ts'
import { endFailed, observeFresh, open, type RollbackAsked, whenDone } from './rollback.ts'
import { checkBack, type SchemaCheck } from './schema-check.ts'
import { choices, see } from './see.ts'

export type SetRollbackAsked = Omit<RollbackAsked, 'to'>

export type Decided = { readonly scope: Scope; readonly decision: Plan | Noop }
type Part = {
  readonly scope: Scope
  readonly plan: Plan
  readonly operation: Operation
  readonly controller: AbortController
}

/** Says what would happen, and changes nothing. Errors: those of `rollbackSet`. */
export async function planRollbackSet(app: App, scopes: readonly Scope[], asked: SetRollbackAsked): Promise<Decided[]> {
  const observed = await observeAll(app, scopes, false)
  return decideAll(app, scopes, asked, observed)
}

type Observed = ReadonlyMap<
  Scope,
  { readonly traffic: Awaited<ReturnType<typeof observeFresh>>; readonly schema: SchemaCheck | null }
>

async function observeAll(app: App, scopes: readonly Scope[], hurry: boolean): Promise<Observed> {
  const schemas = await Promise.all(scopes.map((scope) => checkBack(app, scope, hurry)))
  const observed = new Map<Scope, NonNullable<ReturnType<Observed['get']>>>()
  for (const [index, scope] of scopes.entries()) {
    observed.set(scope, { traffic: await observeFresh(app, scope), schema: schemas[index] ?? null })
  }
  return observed
}

/** `scopes` in the order of their deploys. Errors that are thrown, with nothing changed: BUSY, a refusal of any of them, PROXY_DOWN. */
export async function rollbackSet(app: App, scopes: readonly Scope[], asked: SetRollbackAsked): Promise<SetAnswered> {
  const startedAt = app.clock.monotonic()
  const transactionId = newTransactionId(app)
  const observed = await observeAll(app, scopes, true)
  const { decided, parts } = app.store.transaction(() => {
    for (const { schema } of observed.values()) schema?.note()
    const decided = decideAll(app, scopes, asked, observed)
    const parts = decided.flatMap(({ scope, decision }): Part[] => {
      if (decision.outcome === 'noop') return []
      const controller = new AbortController()
      const known = { transactionId: partOf(transactionId, scope.service), resumed: false }
      const operation = begin(app, scope, 'rollback', asked, controller, known)
      open(app, operation, decision, app.clock.monotonic() - startedAt)
      return [{ scope, plan: decision, operation, controller }]
    })
    return { decided, parts }
  })
  // Who came last goes first: it may need the others as they are.
  const endings = await whileAllLeased(app, parts, () => carryOut(app, parts.toReversed(), asked.reason))
  const answers = decided.map(({ scope, decision }): Answered => {
    const elapsedMs = app.clock.monotonic() - startedAt
    const ending = endings.get(scope)
    if (ending !== undefined) return answered(app, scope, 'rollback', elapsedMs, ending)
    return { ...answered(app, scope, 'rollback', elapsedMs, { outcome: 'noop' }), noop: decision as Noop }
  })
  return { transactionId, answers }
}

/** Errors: NO_TARGET, QUARANTINED, SCHEMA of whoever cannot go back. */
function decideAll(app: App, scopes: readonly Scope[], asked: SetRollbackAsked, observed: Observed): Decided[] {
  const last = lastDeployOfSet(app, scopes)
  return scopes.map((scope) => {
    const target = targetOf(app, scope, last)
    if (target === 'stays') return { scope, decision: { outcome: 'noop', active: activeOf(app, scope), why: 'serves' } }
    const { traffic, schema } = observed.get(scope)!
    const decision = planRollback(see(app, scope, traffic, schema?.gate), choices(app, scope, target.to), {
      ...asked,
      ...target,
    })
    if (decision.outcome === 'refused') throw fail(decision.code, decision.details)
    return { scope, decision }
  })
}

function activeOf(app: App, scope: Scope): number | null {
  return app.store.services.get(scope)?.active ?? null
}

/** The transaction of the newest deploy of a set among these services; `null`: they were only ever deployed one by one. */
function lastDeployOfSet(app: App, scopes: readonly Scope[]): string | null {
  const deploys = scopes
    .flatMap((scope) => app.store.operations.newestDeploy(scope) ?? [])
    .filter(({ transactionId }) => isPart(transactionId))
    .sort((a, b) => b.startedAt - a.startedAt)
  return deploys[0] === undefined ? null : wholeOf(deploys[0].transactionId)
}

/** Where the set's last deploy came from. `stays`: that left it alone, or it is there. What was deployed by itself since goes back by itself. */
function targetOf(app: App, scope: Scope, last: string | null): { readonly to: string | null } | 'stays' {
  if (last === null) return { to: null }
  const part = app.store.operations.get(partOf(last, scope.service))
  if (part === null || part.outcome !== 'succeeded') return 'stays'
  if (activeOf(app, scope) !== part.to) return activeOf(app, scope) === part.from ? 'stays' : { to: null }
  return part.from === null ? 'stays' : { to: releaseName(part.from) }
}

async function carryOut(app: App, parts: readonly Part[], reason: string | null): Promise<Map<Scope, Ending>> {
  const endings = new Map<Scope, Ending>()
  const failed = async ({ scope, operation, plan }: Part, cause: unknown): Promise<void> => {
    const error: AsternError = await endFailed(app, operation, plan, cause)
    endings.set(scope, { outcome: error.code === 'LEASE_LOST' ? 'busy' : 'failed', operation, plan, error })
  }
  try {
    for (const { operation, plan } of parts)
      await runSteps(app, operation, splitWhereUsersMove(plan.steps).before, { firstStarted: true })
  } catch (error) {
    for (const part of parts) await failed(part, error)
    return endings
  }
  for (const part of parts) {
    const { scope, operation, plan } = part
    const { before, after } = splitWhereUsersMove(plan.steps)
    try {
      const firstStarted = before.length === 0
      await runSteps(app, operation, after, { firstStarted, ...whenDone(app, operation, plan, reason) })
      endings.set(scope, { outcome: 'succeeded', operation, plan })
    } catch (error) {
      await failed(part, error)
    }
  }
  return endings
}
