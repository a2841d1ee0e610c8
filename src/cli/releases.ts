// `astern releases`: history, newest first, or what fits of it; `--at`: what served then. Without a search it costs the same however long the past is.
import { findReleases, type Listed, newestReleases, type ReleaseEntry } from '../operations/releases.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { momentOf, printCsv, RELEASE_COLUMNS, wantedOf, wantsCsv } from './export.ts'
import { formatAge, shortDigest, table } from './format.ts'
import { paint } from './paint.ts'
import { knownScopes } from './select.ts'
import { tend } from './tend.ts'

const REVISION_DIGITS = 8
const COLUMNS = [
  ...RELEASE_COLUMNS,
  'identity',
  'state',
  'stable',
  'quarantined',
  'pinned',
  'pin_name',
  'pruned_at',
  'created_at',
  'verified',
  'promoted_from.environment',
  'promoted_from.release',
]

export async function run(context: Context, args: Arguments): Promise<number> {
  const at = momentOf(context, args, 'at')
  const app = await context.open()
  if (at === null) list(context, app, args)
  else (await import('./releases-at.ts')).releasesAt(context, app, args, at)
  await tend(context, app)
  return 0
}

export function pinnedNote({ t }: Context, { pin_name: name }: Pick<ReleaseEntry, 'pin_name'>): string {
  return name === null ? t('is_pinned') : t('is_pinned_as', { name })
}

function list(context: Context, app: App, args: Arguments): void {
  const { t } = context
  const { sinceAt, untilAt, limit } = wantedOf(context, args)
  const asCsv = wantsCsv(context, args)
  const query = { name: args.positionals[0] ?? null, text: args.text('grep'), sinceAt, untilAt }
  const isSearch = Object.values(query).some((value) => value !== null)
  const scopes = knownScopes(context, app, args)
  // One more than is shown tells whether there are more.
  const listed = isSearch ? findReleases(app, scopes, query, limit + 1) : newestReleases(app, scopes, limit + 1)
  const shown = listed.slice(0, limit)
  const entries = shown.map(({ entry }) => entry)
  if (asCsv) return printCsv(context, COLUMNS, entries)
  if (context.json) return context.print(JSON.stringify({ releases: entries }))
  if (shown.length === 0) return context.print(t(isSearch ? 'no_release_fits' : 'no_releases'))
  const several = scopes.length > 1
  const head = [
    t('release'),
    t('version'),
    ...(several ? [t('service')] : []),
    t('state'),
    t('age_head'),
    t('digest'),
    t('revision'),
    t('notes'),
  ]
  const rows = shown.map((one) => cells(context, one, several))
  for (const line of table([head.map((cell) => paint(context, 'dim', cell)), ...rows])) context.print(line)
  if (listed.length > limit) context.print(paint(context, 'dim', t('more_with', { option: `-n ${limit * 5}` })))
}

function cells(context: Context, { release, entry }: Listed, several: boolean): string[] {
  const { t, language } = context
  const notes = [
    ...(entry.stable ? [t('is_stable')] : []),
    ...(entry.quarantined ? [paint(context, 'yellow', t('is_quarantined'))] : []),
    ...(entry.pinned ? [pinnedNote(context, entry)] : []),
    ...Object.entries(entry.verified).map(([environment, { outcome }]) => verifiedIn(context, environment, outcome)),
    ...(entry.promoted_from === null ? [] : [t('promoted_from', entry.promoted_from)]),
    ...(entry.pruned_at === null ? [] : [paint(context, 'dim', t('is_pruned'))]),
  ]
  const colour = { active: 'green', candidate: 'bold', standby: 'none', retired: 'dim', failed: 'red' } as const
  return [
    entry.release,
    entry.version ?? '-',
    ...(several ? [`${entry.service} · ${entry.environment}`] : []),
    paint(context, colour[entry.state], t(`state_${entry.state}`)),
    formatAge(context.now() - release.createdAt, language),
    shortDigest(entry.digest),
    entry.git_revision === null ? '-' : entry.git_revision.slice(0, REVISION_DIGITS),
    notes.join(' · '),
  ]
}

/** Whether an image has passed where it was verified. */
export function verifiedIn(context: Context, environment: string, outcome: 'passed' | 'failed'): string {
  const text = context.t(`${outcome}_in`, { environment })
  return outcome === 'passed' ? text : paint(context, 'yellow', text)
}
