// `astern secrets`: names, versions and sources, never a value; `astern secrets rotate-key`: everything is sealed anew under a new key.
import { fail } from '../core/errors.ts'
import type { App } from '../operations/app.ts'
import { rotateKey } from '../operations/rotate-key.ts'
import { type SecretEntry, secretsOf } from '../operations/secrets-view.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { table, visible } from './format.ts'
import { paint } from './paint.ts'
import { knownScopes } from './select.ts'
import { tend } from './tend.ts'

/** Enough to tell two versions apart. */
const VERSION_DIGITS = 8

export async function run(context: Context, args: Arguments): Promise<number> {
  const [action] = args.positionals
  const app = await context.open()
  if (action === 'rotate-key') return rotate(context, app)
  if (action !== undefined) {
    const details = { name: args.command, expected: 'rotate-key', value: action }
    throw fail('USAGE', { problem: context.t('value_invalid', details), command: args.command })
  }
  const scopes = knownScopes(context, app, args)
  const entries = scopes.flatMap((scope) => secretsOf(app, scope))
  if (context.json) context.print(JSON.stringify({ secrets: entries }))
  else if (entries.length === 0) context.print(context.t('no_secrets'))
  else for (const line of lines(context, entries, scopes.length > 1)) context.print(line)
  await tend(context, app)
  return 0
}

function rotate(context: Context, app: App): number {
  const { values } = rotateKey(app)
  if (context.json) context.print(JSON.stringify({ outcome: 'succeeded', values }))
  else context.print(context.t('key_rotated', { count: values }))
  return 0
}

/** A line for each value that a release has. */
function lines(context: Context, entries: readonly SecretEntry[], several: boolean): string[] {
  const { t } = context
  const head = [
    t('secret_head'),
    ...(several ? [t('service')] : []),
    t('secret_version'),
    t('secret_as'),
    t('secret_on_rollback'),
    t('secret_releases'),
    t('secret_from'),
  ]
  const rows = entries.flatMap((entry) => {
    const named = [entry.name, ...(several ? [`${entry.service} · ${entry.environment}`] : [])]
    const from = entry.source === null ? t('secret_gone') : visible(entry.source.from)
    if (entry.versions.length === 0) return [[...named, '-', '-', '-', '-', from]]
    return entry.versions.map(({ version, as, on_rollback: onRollback, releases }, index) => {
      const now = version === entry.current_version ? ` ${t('secret_now')}` : ''
      const cells = [`${version.slice(0, VERSION_DIGITS)}${now}`, as, onRollback, releases.join(' ')]
      return [...named, ...cells, index === 0 ? from : '']
    })
  })
  return table([head.map((cell) => paint(context, 'dim', cell)), ...rows])
}
