// What `releases`, `history`, `log` and `stats` have in common: a span of time, how many, and the form in which it is wanted.
import { csv } from '../core/csv.ts'
import { fail } from '../core/errors.ts'
import { type MomentProblem, type MomentUse, parseMoment } from '../core/moment.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { parseCount } from './options.ts'

const LIMIT = 20
/** Enough for everything, and a number that the database takes. */
export const EVERYTHING = 2 ** 31

/** A moment, in the time zone of who types it unless it names another; `null`: it was not given. Error: USAGE. */
export function momentOf(context: Context, args: Arguments, name: MomentUse): number | null {
  const text = args.text(name)
  if (text === null) return null
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const parsed = parseMoment(text, { nowAt: context.now(), zone, use: name })
  if ('at' in parsed) return parsed.at
  throw fail('USAGE', { problem: problemOf(context, name, text, parsed.problem), command: args.command })
}

function problemOf({ t }: Context, name: string, text: string, problem: MomentProblem): string {
  const said = (key: Parameters<typeof t>[0], details: Record<string, string> = {}) =>
    t(key, { name, text, ...details })
  switch (problem.kind) {
    case 'malformed':
      return said('moment_malformed')
    case 'no_such_day':
      return said('moment_no_such_day')
    case 'no_such_time':
      return said('moment_no_such_time')
    case 'no_time_of_day':
      return said('moment_no_time_of_day')
    case 'future':
      return said('moment_future')
    case 'zone_unknown':
      return said('moment_zone_unknown', { zone: problem.zone })
    case 'skipped':
      return said('moment_skipped', { zone: problem.zone })
    case 'twice':
      return said('moment_twice', {
        zone: problem.zone,
        which: problem.offsets.map((offset) => `"${text} ${offset}"`).join(', '),
      })
  }
}

/** What every row about a release begins with, as columns of CSV. */
export const RELEASE_COLUMNS = ['service', 'environment', 'release', 'version', 'image', 'digest', 'git_revision']

export type Wanted = { readonly sinceAt: number | null; readonly untilAt: number | null; readonly limit: number }

/** `--since`, `--until`, `--limit`. A span is its own limit, and an export is whole. Error: USAGE. */
export function wantedOf(context: Context, args: Arguments): Wanted {
  const sinceAt = momentOf(context, args, 'since')
  const untilAt = momentOf(context, args, 'until')
  if (sinceAt !== null && untilAt !== null && sinceAt >= untilAt) {
    throw fail('USAGE', { problem: context.t('span_empty'), command: args.command })
  }
  const isWhole = sinceAt !== null || untilAt !== null || args.flag('csv')
  return { sinceAt, untilAt, limit: parseCount(context, args, 'limit', isWhole ? EVERYTHING : LIMIT) }
}

/** Error: USAGE, where two forms are wanted at once. */
export function wantsCsv(context: Context, args: Arguments): boolean {
  if (!args.flag('csv')) return false
  if (!context.json) return true
  throw fail('USAGE', { problem: context.t('json_and_csv'), command: args.command })
}

export function printCsv(context: Context, columns: readonly string[], rows: readonly object[]): void {
  context.write(csv(columns, rows))
}
