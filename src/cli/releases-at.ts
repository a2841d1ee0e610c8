// `astern releases --at TIME`: what served at that moment in each environment, also where it was a candidate with a small share.
import { fail } from '../core/errors.ts'
import { releaseEntry, type ReleaseEntry } from '../operations/releases.ts'
import { scopesEver, type TurnEntry, turnEntry, turnsAt } from '../operations/turns.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { printCsv, wantsCsv } from './export.ts'
import { formatTime, table, visible } from './format.ts'
import { roleOf, TURN_COLUMNS } from './history.ts'
import { paint } from './paint.ts'
import { scopesOf } from './select.ts'

const NOT_WITH_IT = ['grep', 'since', 'until', 'limit']

/** What the release is today; nothing of it is known when its service was removed. */
type Today = { readonly [Key in keyof Omit<ReleaseEntry, keyof TurnEntry>]: ReleaseEntry[Key] | null }

const GONE: Today = {
  identity: null,
  state: null,
  stable: null,
  quarantined: null,
  pinned: null,
  pin_name: null,
  pruned_at: null,
  created_at: null,
  verified: null,
  promoted_from: null,
}

export function releasesAt(context: Context, app: App, args: Arguments, at: number): void {
  const { t } = context
  const other = args.positionals[0] ?? NOT_WITH_IT.find((name) => args.text(name) !== null)
  if (other !== undefined) {
    const problem = t('not_with_at', { option: args.positionals[0] === undefined ? `--${other}` : other })
    throw fail('USAGE', { problem, command: args.command })
  }
  const asCsv = wantsCsv(context, args)
  const served = turnsAt(app, scopesOf(args, scopesEver(app)), at).map((turn) => {
    const release = app.store.releases.get(turn, turn.release)
    return { ...(release === null ? GONE : releaseEntry(app, release)), ...turnEntry(app, turn) }
  })
  if (asCsv) return printCsv(context, [...TURN_COLUMNS, ...Object.keys(GONE)], served)
  if (context.json) return context.print(JSON.stringify({ at: new Date(at).toISOString(), releases: served }))
  if (served.length === 0) return context.print(t('nobody_served', { at: formatTime(at) }))
  const titles = [
    'service',
    'release',
    'version',
    'role_head',
    'from_head',
    'until_head',
    'by_head',
    'reason_head',
  ] as const
  const head = titles.map((key) => paint(context, 'dim', t(key)))
  const rows = served.map((entry) => [
    `${entry.service} · ${entry.environment}`,
    entry.release,
    entry.version ?? '-',
    roleOf(context, entry),
    formatTime(Date.parse(entry.from)),
    entry.until === null ? t('until_now') : formatTime(Date.parse(entry.until)),
    `${entry.operation} ${entry.actor}`,
    entry.reason === null ? '-' : visible(entry.reason),
  ])
  for (const line of table([head, ...rows])) context.print(line)
}
