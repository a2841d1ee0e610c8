// `astern releases`: history, newest first. It costs the same however long that is.
import { type Listed, newestReleases } from '../operations/releases.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatAge, shortDigest, table } from './format.ts'
import { parseCount } from './options.ts'
import { paint } from './paint.ts'
import { knownScopes } from './select.ts'
import { tend } from './tend.ts'

const LIMIT = 20
const REVISION_DIGITS = 8

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const limit = parseCount(context, args, 'limit', LIMIT)
  const app = await context.open()
  const scopes = knownScopes(context, app, args)
  // One more than is shown tells whether there are more.
  const listed = newestReleases(app, scopes, limit + 1)
  const shown = listed.slice(0, limit)
  if (context.json) context.print(JSON.stringify({ releases: shown.map(({ entry }) => entry) }))
  else if (shown.length === 0) context.print(t('no_releases'))
  else {
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
  await tend(context, app)
  return 0
}

function cells(context: Context, { release, entry }: Listed, several: boolean): string[] {
  const { t, language } = context
  const notes = [
    ...(entry.stable ? [t('is_stable')] : []),
    ...(entry.quarantined ? [paint(context, 'yellow', t('is_quarantined'))] : []),
    ...(entry.pinned ? [t('is_pinned')] : []),
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
