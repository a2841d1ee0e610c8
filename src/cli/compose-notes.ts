// Says what is taken from compose files and what is not.
import { hash } from 'node:crypto'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'

/** Once, and again when it changes or a dry run asks. */
export async function sayNotes(context: Context, args: Arguments, config: LoadedConfig): Promise<void> {
  if (config.taken.length === 0) return
  const { t } = context
  const { meta } = (await context.open()).store
  const lines = [
    ...config.taken.map(({ from, keys }) => t('taken', { from, keys: keys.join(', ') })),
    ...config.notes.map((note) => t('noted', note)),
  ]
  const key = `compose_notes ${config.path}`
  const said = hash('sha256', lines.join('\n'))
  if (meta.get(key) === said && !args.flag('dry-run')) {
    if (config.notes.length > 0) context.say(t('notes_as_before', { count: config.notes.length }))
    return
  }
  for (const line of lines) context.say(line)
  meta.set(key, said)
}
