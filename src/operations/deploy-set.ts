// Deploys several services as one: all of them, or none. Everything new is healthy before the first user is moved; then users are moved service by
// service, in the order of the set; and only when every service has been proven does one commit say that it happened.
import { type AsternError, fail } from '../core/errors.ts'
import type { Definition, Step } from '../core/model.ts'
import type { Plan } from '../core/plan.ts'
import { isPart, partOf, wholeOf } from '../core/transaction-id.ts'
import type { TrafficSeen } from '../ports/traffic.ts'
import type { Operation as StoredOperation } from '../store/operations.ts'
import type { Answered } from './answer.ts'
import { answered, asAsternError, type Ending, isRefusal } from './answered.ts'
import type { App, Asked } from './app.ts'
import { decide, type DeployAsked, goBack, notBegun, openDeploy, prepare, type Prepared, succeeded } from './deploy.ts'
import { runSteps, splitWhereUsersMove } from './executor.ts'
import { writeRolesIfPossible } from './roles.ts'
import { hasShifted, planOf, stepsLeft } from './history.ts'
import { newTransactionId, type Operation, whileAllLeased } from './operation.ts'
import { prepareHost } from './prepare.ts'
import { observeFor } from './see.ts'

export type Member = { readonly definition: Definition; readonly tag: string }
export type SetAsked = Asked & Pick<DeployAsked, 'force' | 'overHolds'>

export type SetAnswered = { readonly transactionId: string; readonly answers: readonly Answered[] }

type Part = {
  readonly definition: Definition
  readonly asked: DeployAsked
  readonly operation: Operation
  readonly controller: AbortController
}
type Planned = { readonly operation: Operation; readonly plan: Plan; readonly steps: readonly Step[] }

/** `members` in their order. Errors that are thrown, with nothing changed: those of preparing, BUSY, a refusal of any of them. */
export async function deploySet(app: App, members: readonly Member[], asked: SetAsked): Promise<SetAnswered> {
  const startedAt = app.clock.monotonic()
  const warnings = new Map<Definition, readonly string[]>()
  for (const { definition } of members) {
    await observeFor(app, definition)
    warnings.set(definition, await prepareHost(app, definition))
  }
  const transactionId = newTransactionId(app)
  const parts = app.store.transaction(() => members.map((member) => open(app, member, asked, transactionId)))
  const answer = ({ definition }: Part, ending: Ending) =>
    answered(app, definition, 'deploy', app.clock.monotonic() - startedAt, {
      warnings: warnings.get(definition) ?? [],
      ...ending,
    })
  return whileAllLeased(app, parts, async () => {
    const decisions = await decideAll(app, parts, warnings)
    const planned = parts.flatMap(({ operation }, index): Planned[] => {
      const plan = decisions[index]!
      return plan.outcome === 'plan' ? [{ operation, plan, steps: plan.steps }] : []
    })
    const endings = await carryOutAll(app, planned, { firstStarted: true })
    for (const { operation } of planned) writeRolesIfPossible(app, operation)
    const answers = parts.map((part, index) => {
      const decision = decisions[index]!
      if (decision.outcome === 'plan') return answer(part, { plan: decision, ...endings.get(part.operation)! })
      return { ...answer(part, { outcome: 'noop', operation: part.operation }), noop: decision }
    })
    return { transactionId, answers }
  })
}

function open(app: App, { definition, tag }: Member, asked: SetAsked, transactionId: string): Part {
  const controller = new AbortController()
  // Several services have no draw in common: users move to all of them at once.
  const own: DeployAsked = { ...asked, tag, manner: 'plain' }
  const known = { transactionId: partOf(transactionId, definition.service), resumed: false }
  return { definition, asked: own, controller, operation: openDeploy(app, definition, own, controller, known) }
}

/** One commit decides for all. When one cannot be deployed, all end here, and nothing was changed. */
async function decideAll(
  app: App,
  parts: readonly Part[],
  warnings: Map<Definition, readonly string[]>,
): Promise<Exclude<ReturnType<typeof decide>, { outcome: 'refused' }>[]> {
  let failing: Operation | null = null
  try {
    const drafts: { draft: Prepared; observed: TrafficSeen | null }[] = []
    for (const { operation, definition, asked } of parts) {
      failing = operation
      const draft = await prepare(app, operation, definition, asked)
      warnings.set(definition, [...(warnings.get(definition) ?? []), ...draft.warnings])
      drafts.push({ draft, observed: await observeFor(app, definition) })
    }
    const planFrom = app.clock.monotonic()
    return app.store.transaction(() =>
      parts.map(({ operation, definition, asked }, index) => {
        failing = operation
        const { draft, observed } = drafts[index]!
        const decision = operation.commit(() => decide(app, operation, definition, draft, asked, observed, planFrom))
        // undoes what this transaction has decided for the others
        if (decision.outcome === 'refused') throw fail(decision.code, decision.details)
        return decision
      }),
    )
  } catch (error) {
    throw noneBegun(app, parts, failing, error)
  }
}

function noneBegun(app: App, parts: readonly Part[], failing: Operation | null, error: unknown): AsternError {
  const failure = asAsternError(error)
  for (const { operation } of parts) {
    if (operation === failing && !isRefusal(failure)) notBegun(app, operation, failure)
    else end(app, operation, failure, operation === failing)
  }
  return failure
}

function end(app: App, operation: Operation, failure: AsternError, own: boolean): void {
  app.store.transaction(() => {
    if (!app.store.leases.holds(operation.lease)) return
    const detail = own
      ? { code: failure.code, ...failure.details }
      : { code: failure.code, reason: 'another service of the set' }
    operation.end(isRefusal(failure) ? 'refused' : 'failed', detail)
  })
}

/** Prepares all, then moves the users of all, then says so of all; or takes all of it back, the last one first. */
async function carryOutAll(
  app: App,
  planned: readonly Planned[],
  options: { readonly firstStarted?: boolean; readonly attempt?: number },
): Promise<Map<Operation, Ending>> {
  try {
    const parts = planned.map(({ operation, steps }) => ({ operation, ...splitWhereUsersMove(steps) }))
    for (const { operation, before } of parts) await runSteps(app, operation, before, options)
    for (const { operation, before, after } of parts) {
      const firstStarted = options.firstStarted === true && before.length === 0
      await runSteps(app, operation, after, { ...options, firstStarted })
    }
    app.store.transaction(() => {
      for (const { operation, plan } of planned) operation.commit(() => succeeded(app, operation, plan))
    })
    return new Map(planned.map(({ operation }) => [operation, { outcome: 'succeeded', operation }]))
  } catch (error) {
    return takeAllBack(app, planned, error)
  }
}

async function takeAllBack(app: App, planned: readonly Planned[], cause: unknown): Promise<Map<Operation, Ending>> {
  const endings = new Map<Operation, Ending>()
  for (const { operation, plan } of planned.toReversed()) {
    endings.set(operation, { ...(await goBack(app, operation, plan, cause)), operation })
  }
  return endings
}

/** What a process that died has left of a set: its parts go on together, or back together. */
export type Resumed = { readonly stored: StoredOperation; readonly operation: Operation }

/** True for the part of a deploy of several services. */
export function isOfSet(stored: StoredOperation): boolean {
  return stored.kind === 'deploy' && isPart(stored.transactionId)
}

/**
 * Forward when users of every service had begun to move, or a hook of one had begun, and nothing had failed; back otherwise. `parts` are all that
 * have no end. Returns why one of them failed.
 */
export async function finishSet(app: App, parts: readonly Resumed[]): Promise<AsternError | null> {
  const { journal, operations } = app.store
  const all = operations.parts(wholeOf(parts[0]!.stored.transactionId)).filter(({ outcome }) => outcome !== 'noop')
  const seen = all.map((part) => ({ part, plan: planOf(part), events: journal.ofTransaction(part.transactionId) }))
  const seenOf = (stored: StoredOperation) => seen.find(({ part }) => part.transactionId === stored.transactionId)!
  const mayGoOn = seen.every(
    ({ part, plan, events }) =>
      plan !== null && part.outcome === null && !events.some(({ status }) => status === 'failed'),
  )
  const hasMoved = seen.every(({ plan, events }) => plan !== null && hasShifted(events, plan))
  const hasBegun = seen.some(({ events }) => events.some(({ step }) => step === 'hook'))
  const planned = parts.flatMap(({ stored, operation }): Planned[] => {
    const { plan, events } = seenOf(stored)
    if (plan !== null) return [{ operation, plan, steps: stepsLeft(events, plan) }]
    operation.commit(() => operation.end('failed', { reason: 'it was interrupted before it began to change anything' }))
    return []
  })
  const endings =
    mayGoOn && (hasMoved || hasBegun)
      ? await carryOutAll(app, planned, { attempt: 2 })
      : await takeAllBack(app, planned, fail('INTERRUPTED', { serving: 'the former releases' }))
  return [...endings.values()].map(({ error = null }) => error).find((error) => error !== null) ?? null
}
