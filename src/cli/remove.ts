// `astern remove SERVICE`: takes a service out of one environment or of all, with its traffic, its containers and its releases.
import { fail } from '../core/errors.ts'
import { type Scope, scopeName } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { unknown } from '../operations/known-scopes.ts'
import { remove } from '../operations/remove.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { createProgress } from './progress.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const app = await context.open()
  const scopes = scopesOf(context, app, args)
  const count = scopes.reduce((sum, scope) => sum + app.store.replicas.of(scope).length, 0)
  if (!args.flag('yes')) {
    const question = t('ask_remove', { scope: scopes.map(scopeName).join(', '), count })
    if ((await context.confirm(question)) !== true) {
      throw fail('USAGE', { problem: t('not_answered'), command: 'remove' })
    }
  }
  const progress = createProgress(context)
  const stopListening = app.store.journal.listen((event) => {
    if (event.operation === 'remove') progress.show(event)
  })
  const stopInterrupts = context.onInterrupt(() => context.say(t('interrupting_removal')))
  const removed: (Scope & { transaction_id: string; containers: number })[] = []
  try {
    for (const { service, environment } of scopes) {
      const done = await remove(app, { service, environment }, { actor: context.actor, reason: null })
      progress.end()
      removed.push({ service, environment, transaction_id: done.transactionId, containers: done.replicas })
      if (!context.json)
        context.print(t('removed', { scope: scopeName({ service, environment }), count: done.replicas }))
    }
  } finally {
    stopInterrupts()
    stopListening()
    progress.end()
  }
  if (context.json) context.print(JSON.stringify({ outcome: 'succeeded', removed }))
  await tend(context, app)
  return 0
}

/** Whatever the state knows by that name: the configuration file need not be here. Errors: USAGE, SERVICE_UNKNOWN. */
function scopesOf(context: Context, app: App, args: Arguments): Scope[] {
  const service = args.positionals[0]!
  const environment = args.text('env')
  const other = args.text('service')
  if (other !== null && other !== service) {
    throw fail('USAGE', {
      problem: context.t('positional_surplus', { value: `--service ${other}` }),
      command: 'remove',
    })
  }
  const all = app.store.services.list()
  const scopes = all.filter(
    (known) => known.service === service && (environment === null || known.environment === environment),
  )
  if (scopes.length === 0) throw unknown({ service, environment }, all)
  return scopes
}
