// `astern down`: stops the proxy; `--all` also removes every container and network of this installation.
import { fail } from '../core/errors.ts'
import { scopeName } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const app = await context.open()
  const all = args.flag('all')
  if (all && !args.flag('yes') && (await context.confirm(t('ask_remove_all'))) !== true) {
    throw fail('USAGE', { problem: t('not_answered'), command: 'down' })
  }
  await (await app.proxy()).ensureStopped()
  const count = all ? await removeAll(app) : 0
  const services = app.store.services.list().map(scopeName)
  if (context.json)
    context.print(JSON.stringify({ outcome: 'succeeded', proxy: { running: false }, removed_containers: count }))
  else if (all) context.print(t('all_removed', { count, state: context.stateFolder }))
  else context.print(t('proxy_stopped', { services: services.join(', ') || '-' }))
  return 0
}

/** Its history stays: releases can be deployed again, but nothing serves and nothing stands by. */
async function removeAll(app: App): Promise<number> {
  const { store, clock } = app
  const count = await (await app.runtime()).removeAll()
  store.transaction(() => {
    for (const { service, environment, active } of store.services.list()) {
      const scope = { service, environment }
      for (const { name } of store.replicas.of(scope)) store.replicas.remove(scope, name)
      if (active !== null) store.releases.markStandby(scope, active, clock.now())
      store.services.setActive(scope, null)
      store.services.setCandidate(scope, null)
    }
  })
  return count
}
