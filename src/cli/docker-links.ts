// Links of ours in the folders where Docker looks for plugins: where they are, where they lead, and whose a file there is.
import { existsSync, lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Names of the plugins, which are programs in bin/ as well. */
export const PLUGINS = ['docker-rollback', 'docker-astern'] as const

const SYSTEM_FOLDER = '/usr/local/lib/docker/cli-plugins'

export type Found =
  | { readonly is: 'nothing' }
  /** `target`: as the link says; it may be gone. */
  | { readonly is: 'ours'; readonly target: string; readonly leads: boolean }
  | { readonly is: 'taken'; readonly what: string }

export function pluginFolders(env: Readonly<Record<string, string | undefined>>): {
  readonly user: string
  readonly system: string
} {
  const config = env['DOCKER_CONFIG'] || join(env['HOME'] ?? '/root', '.docker')
  return { user: join(config, 'cli-plugins'), system: SYSTEM_FOLDER }
}

/** The program of this installation, whichever way it was started: `dist/main.cjs` and `src/cli/main.ts` both have bin/ above them. */
export function programs(name: (typeof PLUGINS)[number], started = process.argv[1] ?? ''): string {
  let folder = dirname(realpathSync(started))
  while (!existsSync(join(folder, 'bin', name)) && dirname(folder) !== folder) folder = dirname(folder)
  return join(folder, 'bin', name)
}

/** A link is ours when it leads to a program of that name beside an `astern`, or led there before that was moved. */
export function look(path: string): Found {
  const stat = statOf(path)
  if (stat === null) return { is: 'nothing' }
  if (!stat.isSymbolicLink()) return { is: 'taken', what: stat.isDirectory() ? 'a folder' : 'a file' }
  const target = readlinkSync(path)
  const leads = existsSync(path)
  const named = basename(target) === basename(path) && basename(dirname(target)) === 'bin'
  const ours = named && (!leads || existsSync(join(dirname(realpathSync(path)), 'astern')))
  return ours ? { is: 'ours', target, leads } : { is: 'taken', what: `a link to ${target}` }
}

/** Where nobody may look is nothing of ours; who wants to write there hears why that cannot be. */
function statOf(path: string): Stats | null {
  try {
    return lstatSync(path)
  } catch {
    return null
  }
}
