// `astern down`: stops the proxy; `--all` also removes every container and network of this installation.
import { fail } from '../core/errors.ts'
import { scopeName } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { paint } from './paint.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const app = await context.open()
  const all = args.flag('all')
  if (all && !args.flag('yes') && (await context.confirm(t('ask_remove_all'))) !== true) {
    throw fail('USAGE', { problem: t('not_answered'), command: 'down' })
  }
  await (await app.proxy()).ensureStopped()
  const left: NetworkLeft[] = []
  const count = all ? await removeAll(app, left) : 0
  const services = app.store.services.list().map(scopeName)
  if (context.json) {
    const result = { outcome: 'succeeded', proxy: { running: false }, removed_containers: count, networks_left: left }
    context.print(JSON.stringify(result))
  } else if (all) {
    const key = left.length === 0 ? 'all_removed' : 'containers_removed'
    context.print(t(key, { count, state: context.stateFolder }))
    for (const { network, used_by: by } of left) {
      const text = t('network_left', { network, by: by.join(', ') })
      context.say(`${paint(context, 'yellow', t('warning'))}: ${text}`)
    }
  } else context.print(t('proxy_stopped', { services: services.join(', ') || '-' }))
  return 0
}

type NetworkLeft = { readonly network: string; readonly used_by: readonly string[] }

/** Its history stays: releases can be deployed again, but nothing serves and nothing stands by. */
async function removeAll(app: App, left: NetworkLeft[]): Promise<number> {
  const { store, clock } = app
  const runtime = await app.runtime()
  await (await import('../operations/check-projects.ts')).removeProjects(app, store.checkProjects.all())
  const count = await runtime.removeAll((network, usedBy) => left.push({ network, used_by: usedBy }))
  store.transaction(() => {
    for (const { service, environment, active } of store.services.list()) {
      const scope = { service, environment }
      for (const { name } of store.replicas.of(scope)) store.replicas.remove(scope, name)
      for (const { name } of store.oneOffs.of(scope)) store.oneOffs.remove(scope, name)
      if (active !== null) store.releases.markStandby(scope, active, clock.now())
      store.services.setActive(scope, null)
      store.services.setCandidate(scope, null)
    }
  })
  for (const scope of store.services.list()) store.secretFiles.remove(scope, null)
  return count
}
