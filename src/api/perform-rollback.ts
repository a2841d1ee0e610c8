// Carries out a rollback that was asked for at the command line: in that very process, or in the daemon.
import type { Answered } from '../operations/answer.ts'
import type { App } from '../operations/app.ts'
import { headOf } from '../operations/history.ts'
import { oneScope } from '../operations/known-scopes.ts'
import { rollback } from '../operations/rollback.ts'
import type { RollbackMessage, Watching } from './rollback-request.ts'

/** Errors are thrown only with nothing changed. */
export async function performRollback(app: App, message: RollbackMessage, watching: Watching): Promise<Answered> {
  const { store } = app
  const scope = oneScope(store, message.scope)
  const stop = store.journal.listen((event) => {
    if (event.operation !== 'rollback' || event.service !== scope.service || event.environment !== scope.environment)
      return
    if (event.step === 'plan') {
      watching.onHead(headOf(app, scope, event.transaction_id))
    }
    watching.onEvent(event)
  })
  try {
    const { to, reason, actor, rampMs, revertDatabase } = message
    const ramp = rampMs === undefined ? {} : { rampMs }
    const revert = revertDatabase === undefined ? {} : { revertDatabase }
    return await rollback(app, scope, {
      to,
      reason,
      actor,
      force: new Set(message.force),
      hurry: watching.hurry,
      ...ramp,
      ...revert,
    })
  } finally {
    stop()
  }
}
