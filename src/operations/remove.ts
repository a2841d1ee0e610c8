// Takes a service out of an environment: its traffic, its containers, its releases. The journal keeps its history.
import { type Scope, type Step } from '../core/model.ts'
import type { App, Asked } from './app.ts'
import { runSteps } from './executor.ts'
import { removeOneOffs } from './one-offs.ts'
import { begin, type Operation, whileLeased } from './operation.ts'
import { writeRolesIfPossible } from './roles.ts'
import { supersedeUnfinished } from './supersede.ts'

/** Returns how many containers went. Errors: BUSY, and those of the engine; what is left then is finished by the next command. */
export async function remove(
  app: App,
  scope: Scope,
  asked: Asked,
): Promise<{ transactionId: string; replicas: number }> {
  const { store } = app
  const controller = new AbortController()
  const operation = store.transaction(() => {
    const operation = begin(app, scope, 'remove', asked, controller)
    supersedeUnfinished(app, operation)
    return operation
  })
  return whileLeased(app, operation, controller, async () => {
    const replicas = store.replicas.of(scope).length
    await finishRemoval(app, operation)
    return { transactionId: operation.transactionId, replicas }
  })
}

export async function finishRemoval(app: App, operation: Operation): Promise<void> {
  const { store } = app
  const releases = Map.groupBy(store.replicas.of(operation), ({ release }) => release)
  const steps = [...releases].flatMap(([release, replicas]): Step[] => {
    const names = replicas.map(({ name }) => name)
    return [
      { kind: 'drain', release, replicas: names },
      { kind: 'demote', release, replicas: names, level: 'absent' },
    ]
  })
  await runSteps(app, operation, steps)
  await removeOneOffs(app, operation, store.oneOffs.of(operation))
  store.secretFiles.remove(operation, null)
  writeRolesIfPossible(app, operation)
  operation.commit(() => {
    operation.end('succeeded')
    store.services.remove(operation)
  })
  try {
    await app.traffic.ensure()
  } catch {
    // With the proxy down its file is written, which is all there is to do.
  }
}
