// `astern docker-plugin install`: links into a folder where Docker looks for plugins. Invariant: what is there and is not ours stays as it is, and then
// nothing at all is changed. It touches neither the state nor the engine.
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fail, reasonOf } from '../core/errors.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { type Found, look, pluginFolders, PLUGINS, programs } from './docker-links.ts'
import { labelled } from './format.ts'

type Did = 'linked' | 'kept' | 'removed' | 'absent' | 'left'
type Link = { readonly path: string; readonly target: string | null; readonly did: Did }

export async function run(context: Context, args: Arguments): Promise<number> {
  const [action] = args.positionals
  if (action !== 'install' && action !== 'uninstall') {
    const problem = context.t('docker_plugin_action', { value: action ?? '' })
    throw fail('USAGE', { problem, command: args.command })
  }
  const folders = pluginFolders(context.env)
  const folder = args.flag('system') ? folders.system : folders.user
  const dry = args.flag('dry-run')
  const found = PLUGINS.map((name) => ({ name, path: join(folder, name), found: look(join(folder, name)) }))
  const taken = found.find(({ found }) => found.is === 'taken')
  if (taken !== undefined && action === 'install')
    throw fail('DOCKER_PLUGIN_TAKEN', { path: taken.path, what: whatIs(taken.found) })
  const links = found.map(({ name, path, found }): Link => {
    try {
      return action === 'install' ? install(path, programs(name), found, dry) : uninstall(path, found, dry)
    } catch (error) {
      throw fail('DOCKER_PLUGIN_FOLDER', { path, reason: reasonOf(error) }, error)
    }
  })
  answer(context, action, links, dry)
  return 0
}

function install(path: string, target: string, found: Found, dry: boolean): Link {
  if (found.is === 'ours' && found.target === target) return { path, target, did: 'kept' }
  if (dry) return { path, target, did: 'linked' }
  mkdirSync(join(path, '..'), { recursive: true })
  // In the place of a link of ours that leads elsewhere, in one move.
  const aside = `${path}.${process.pid}`
  symlinkSync(target, aside)
  renameSync(aside, path)
  return { path, target, did: 'linked' }
}

function uninstall(path: string, found: Found, dry: boolean): Link {
  if (found.is !== 'ours') return { path, target: null, did: found.is === 'taken' ? 'left' : 'absent' }
  if (!dry) rmSync(path)
  return { path, target: found.target, did: 'removed' }
}

function whatIs(found: Found): string {
  return found.is === 'taken' ? found.what : '-'
}

function answer(context: Context, action: 'install' | 'uninstall', links: readonly Link[], dry: boolean): void {
  const { t } = context
  const changed = links.some(({ did }) => did === 'linked' || did === 'removed')
  if (context.json) {
    const none = { transaction_id: null, service: null, environment: null, warnings: [], error: null }
    const outcome = changed ? 'succeeded' : 'noop'
    context.print(JSON.stringify({ operation: `docker-plugin ${action}`, outcome, dry_run: dry, links, ...none }))
    return
  }
  const said = {
    linked: t(dry ? 'docker_plugin_would_link' : 'docker_plugin_linked'),
    removed: t(dry ? 'docker_plugin_would_remove' : 'docker_plugin_removed'),
    kept: t('docker_plugin_kept'),
    absent: t('docker_plugin_absent'),
    left: t('docker_plugin_left'),
  }
  for (const { path, target, did } of links)
    context.print(labelled(said[did], target === null ? path : `${path} → ${target}`))
  if (action === 'install' && !dry) context.print(t('docker_plugin_try'))
}
