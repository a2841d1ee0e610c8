// `astern up`: the network, the proxy in front, and what the configuration file says of every service.
import { scopeName } from '../core/model.ts'
import { hasWeb } from '../core/processes.ts'
import { define } from '../operations/define.ts'
import { ensureProxyUp } from '../operations/proxy-up.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { paint } from './paint.ts'
import { definitions } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const wanted = await definitions(context, args)
  const app = await context.open()
  const { store } = app
  store.db.keepReserve()
  const runtime = await app.runtime()
  const engine = await runtime.facts()
  await runtime.ensureNetwork()
  store.transaction(() => wanted.forEach((definition) => define(app, definition)))
  const facts = await ensureProxyUp(app, (text) => context.say(text))
  const { t } = context
  if (context.json) {
    const listens = wanted.map(({ service, environment, listen, hosts }) => ({ service, environment, listen, hosts }))
    const result = {
      outcome: 'succeeded',
      proxy: facts,
      services: listens,
      warnings: engine.liveRestore ? [] : [t('live_restore_off')],
    }
    context.print(JSON.stringify(result))
  } else {
    context.print(t('proxy_runs', { version: facts.version ?? '?', kind: facts.kind ?? '?' }))
    for (const definition of wanted.filter(({ process }) => hasWeb(process)))
      context.print(t('listens', { scope: scopeName(definition), listen: definition.listen }))
    if (!engine.liveRestore) context.say(`${paint(context, 'yellow', t('warning'))}: ${t('live_restore_off')}`)
  }
  // an engine that crashed may have left replicas stopped
  await tend(context, app, { look: true })
  return 0
}
