// `astern history`: what served when, in which share, who put it there and why, and how it ended. Read from the journal, so services that were removed
// are in it too.
import type { TurnEntry } from '../operations/turns.ts'
import { scopesEver, turnEntry, turnsIn } from '../operations/turns.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { printCsv, RELEASE_COLUMNS, wantedOf, wantsCsv } from './export.ts'
import { formatTime, table, visible } from './format.ts'
import { paint } from './paint.ts'
import { scopesOf } from './select.ts'
import { tend } from './tend.ts'

export const TURN_COLUMNS = [
  ...RELEASE_COLUMNS,
  'role',
  'share',
  'from',
  'until',
  'transaction_id',
  'operation',
  'actor',
  'reason',
  'ended',
  'ended_by.transaction_id',
  'ended_by.operation',
  'ended_by.actor',
  'ended_by.reason',
]

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const { sinceAt, untilAt, limit } = wantedOf(context, args)
  const asCsv = wantsCsv(context, args)
  const app = await context.open()
  const scopes = scopesOf(args, scopesEver(app))
  const span = { sinceAt, untilAt: untilAt ?? context.now() + 1 }
  // One more than is shown tells whether there are more.
  const found = turnsIn(app, scopes, span, limit + 1)
  const history = found.slice(0, limit).map((turn) => turnEntry(app, turn))
  if (asCsv) printCsv(context, TURN_COLUMNS, history)
  else if (context.json) context.print(JSON.stringify({ history }))
  else if (history.length === 0) context.print(t('no_turns'))
  else {
    const titles = [
      'from_head',
      'until_head',
      'service',
      'release',
      'version',
      'role_head',
      'by_head',
      'reason_head',
      'ended_head',
    ] as const
    const head = titles.map((key) => paint(context, 'dim', t(key)))
    for (const line of table([head, ...history.map((entry) => cells(context, entry))])) context.print(line)
    if (found.length > limit) context.print(paint(context, 'dim', t('more_with', { option: `-n ${limit * 5}` })))
  }
  await tend(context, app)
  return 0
}

function cells(context: Context, entry: TurnEntry): string[] {
  const { service, environment, release, version, role, until, ended } = entry
  return [
    formatTime(Date.parse(entry.from)),
    until === null ? context.t('until_now') : formatTime(Date.parse(until)),
    `${service} · ${environment}`,
    release,
    version ?? '-',
    paint(context, role === 'active' && ended === null ? 'green' : 'none', roleOf(context, entry)),
    `${entry.operation} ${entry.actor}`,
    entry.reason === null ? '-' : visible(entry.reason),
    endOf(context, entry),
  ]
}

/** `active`, or `candidate 25 %`: what the active release has goes without saying. */
export function roleOf({ t }: Context, { role, share }: Pick<TurnEntry, 'role' | 'share'>): string {
  if (share === 100) return t(`state_${role}`)
  return `${t(`state_${role}`)} ${share === null ? t('share_rising') : `${share} %`}`
}

/** `rolled back by alice: checkout answers 500` */
function endOf(context: Context, { ended, ended_by: by }: TurnEntry): string {
  if (ended === null || by === null) return ''
  const text = context.t(`ended_${ended}`, { actor: by.actor })
  const reason = ended === 'rolled_back' && by.reason !== null ? `: ${visible(by.reason)}` : ''
  return paint(context, ended === 'rolled_back' ? 'yellow' : 'none', text) + reason
}
