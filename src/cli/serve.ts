// `astern serve`: the daemon, at first a headless loop and a socket for those who ask for a rollback.
import { runAutopilot } from '../operations/autopilot-loop.ts'
import { listenForRequests } from '../api/socket-server.ts'
import { fail } from '../core/errors.ts'
import { createKeeper } from '../operations/keeper.ts'
import { runRetention } from '../operations/retention.ts'
import { createScheduler } from '../operations/scheduler.ts'
import type { Context } from './context.ts'

export async function run(context: Context): Promise<number> {
  const { t } = context
  const app = await context.open()
  app.store.db.keepReserve()
  const stopping = new AbortController()
  const onTrouble = (scope: string, reason: string) => context.say(t('overdue_left', { scope, reason }))
  const keeper = createKeeper(app, {
    signal: stopping.signal,
    onTrouble,
    onFailed: (scope, reason) => context.say(`${scope}: ${reason}`),
    onDone: (scope) => context.say(t('overdue_done', { scope })),
  })
  const scheduler = createScheduler(app, { signal: stopping.signal, onTrouble })
  const server = await listenForRequests(app, context.stateFolder, () => {
    keeper.nudge()
    app.store.db.checkpoint()
  })
  if (server === null) throw fail('USAGE', { problem: t('already_serving'), command: 'serve' })
  const stopInterrupts = context.onInterrupt(() => stopping.abort(new Error('stopping')))
  const stopListening = app.store.journal.listen((event) => context.print(JSON.stringify(event)))
  context.say(t('serving', { count: app.store.services.list().length }))
  const autopilot = runAutopilot(app, {
    signal: stopping.signal,
    onActed: (scope, did, reason) => context.say(`${scope}: ${did}: ${reason}`),
    onTrouble,
  })
  const retention = runRetention(app, { signal: stopping.signal, onTrouble })
  await Promise.all([keeper.run(), scheduler.run(), autopilot, retention])
  stopListening()
  stopInterrupts()
  server.close()
  return 0
}
