// Runs the hooks that follow operations which have ended: by the process that ended them, or by whoever does overdue work. Each is begun once; what it
// leads to is journalled, and changes nothing about the operation.
import { isAsternError, reasonOf } from '../core/errors.ts'
import { hookContainer } from '../core/hook-container.ts'
import type { Scope } from '../core/model.ts'
import { hookTitle } from '../core/step-key.ts'
import type { DueHook } from '../store/due-hooks.ts'
import type { Answered } from './answer.ts'
import type { App, Asked } from './app.ts'
import { runHook } from './hook-run.ts'
import { NO_EPOCH, type Operation, recorder } from './operation.ts'

export type HookTrouble = {
  readonly title: string
  readonly transactionId: string
  readonly error: unknown
  readonly reason: string
}

export function hasDueHooks(app: App, scope: Scope): boolean {
  return app.store.dueHooks.waiting(scope).length > 0
}

/** Those of one operation, or all that wait. Returns what failed. */
export async function runDueHooks(
  app: App,
  scope: Scope,
  options: Pick<Asked, 'onOutput'> & { readonly transactionId?: string } = {},
): Promise<HookTrouble[]> {
  const troubles: HookTrouble[] = []
  for (const due of app.store.dueHooks.waiting(scope)) {
    if (options.transactionId !== undefined && due.transactionId !== options.transactionId) continue
    const trouble = await runDue(app, due, options)
    if (trouble === null) continue
    const title = hookTitle(due.hook, due.place)
    troubles.push({ title, transactionId: due.transactionId, error: trouble, reason: reasonOf(trouble) })
  }
  return troubles
}

/** Runs those of an operation that has just ended; what fails is a warning of its answer. */
export async function andThen(app: App, operation: Operation, answered: Answered): Promise<Answered> {
  const troubles = await runDueHooks(app, operation, operation)
  if (troubles.length === 0) return answered
  const warnings = [...answered.answer.warnings, ...troubles.map(({ reason }) => reason)]
  return { ...answered, answer: { ...answered.answer, warnings } }
}

/** The error that it failed with. */
async function runDue(app: App, due: DueHook, { onOutput = () => {} }: Pick<Asked, 'onOutput'>): Promise<unknown> {
  const { store, clock } = app
  const { service, environment, transactionId, release } = due
  const operation = store.operations.get(transactionId)
  const to = store.releases.get(due, release)
  const hook = store.services
    .get(due)
    ?.definition.hooks.find(({ name, place }) => name === due.hook && place === due.place)
  if (operation === null || to === null || hook === undefined) {
    // It stands in no configuration any more, or what it was for is gone.
    store.transaction(() => {
      store.oneOffs.settle(due, hookContainer(transactionId, { name: due.hook, place: due.place }))
      store.dueHooks.remove(due)
    })
    return null
  }
  const record = recorder(app, { ...operation, epoch: NO_EPOCH })
  const key = `hook:${hookTitle(due.hook, due.place)}`
  const step = { step: 'hook', key, release, attempt: due.begun ? 2 : 1 } as const
  const container = hookContainer(transactionId, hook)
  const claimed = store.transaction(() => {
    if (!store.dueHooks.claim(due)) return false
    if (hook.action.kind === 'run')
      store.oneOffs.insert({ service, environment, name: container, release, transactionId }, { awaited: true })
    record({ ...step, status: 'started' })
    return true
  })
  if (!claimed) return null
  const startedAt = clock.monotonic()
  const other = operation.from === release ? operation.to : operation.from
  const { kind, actor, reason } = operation
  const from = other === null ? null : store.releases.get(due, other)
  const facts = { operation: kind, transactionId, from, to, outcome: due.outcome, actor, reason }
  const close = (event: Parameters<typeof record>[0]) =>
    store.transaction(() => {
      record({ ...event, durationMs: clock.monotonic() - startedAt })
      store.oneOffs.settle(due, container)
      store.dueHooks.remove(due)
    })
  try {
    const detail = await runHook(app, { hook, facts, begun: due.begun, onOutput })
    close({ ...step, status: 'succeeded', detail })
    return null
  } catch (error) {
    if (hook.action.kind === 'run' && isAsternError(error) && error.code.startsWith('ENGINE_')) {
      // Its container tells whoever asks next what it did.
      store.transaction(() => store.dueHooks.giveBack(due))
      return error
    }
    const detail = { code: isAsternError(error) ? error.code : 'INTERNAL', reason: reasonOf(error) }
    close({ ...step, status: 'failed', level: 'warn', detail })
    return error
  }
}
