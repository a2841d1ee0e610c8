// Notes the hooks that follow an operation, within the commit of its success. Light: a rollback does it on its way, and runs none of them.
import type { HookName, Outcome } from '../core/model.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'

/** `release` serves now. Those that the operation fails with were steps of it. */
export function noteFollowUps(
  app: App,
  operation: Pick<Operation, 'service' | 'environment' | 'transactionId'>,
  name: HookName,
  release: number,
  outcome: Outcome,
): void {
  const hooks = app.store.services.get(operation)?.definition.hooks ?? []
  const { service, environment, transactionId } = operation
  for (const { place } of hooks.filter((hook) => hook.name === name && !hook.required)) {
    app.store.dueHooks.insert({ service, environment, transactionId, hook: name, place, release, outcome })
  }
}
