// `astern version`: the next version and why; with --release it is made. Works in every git repository; a configuration only says what to count.
import { dirname, resolve } from 'node:path'
import valid from 'semver/functions/valid.js'
import { findConfig } from '../config/find-config.ts'
import { fail } from '../core/errors.ts'
import type { CodeHostKind } from '../core/git-links.ts'
import type { VersionPolicy } from '../core/source.ts'
import { isNoticed } from '../core/version/commits.ts'
import { LEVELS } from '../core/version/next.ts'
import { DEFAULT_TAG_PREFIX } from '../core/version/tags.ts'
import { lookAtVersion, type Looked, type VersionAsked } from '../operations/next-version.ts'
import { releaseVersion, type Released, tooLow } from '../operations/release-version.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { labelled, labelledLines, visible } from './format.ts'
import { paint } from './paint.ts'
import { textOf } from './report-error.ts'

const NOTHING_TO_DO = 6
/** Changes that are listed, and tags that are named. */
const MAX_LISTED = 100
const MAX_BREAKING = 5
const SHOWN_DIGITS = 12
const PRE_RELEASE = /^(?=.*[a-z])[0-9a-z-]{1,30}$/i

type Policy = VersionPolicy & { readonly service: string | null; readonly host: CodeHostKind | null }

export async function run(context: Context, args: Arguments): Promise<number> {
  const releasing = args.flag('release')
  if (args.flag('push') && !releasing) throw usage(context.t('version_push_alone'))
  const policy = await policyOf(context, args)
  const asked: VersionAsked = {
    pre: parsePre(context, args),
    releaseAs: parseReleaseAs(context, args),
    folder: policy.folder ?? folderOf(context, args),
    folderOnly: policy.folder !== null,
    tagPrefix: policy.tagPrefix,
  }
  if (releasing) {
    const { host } = policy
    const more = { push: args.flag('push'), dryRun: args.flag('dry-run'), host }
    return show(context, policy, await releaseVersion(await context.open(), { ...asked, ...more }))
  }
  const looked = await lookAtVersion(await context.vcs(), asked)
  const { next, unfinished } = looked
  if (next.outcome === 'too_low') throw tooLow(next)
  const version = unfinished?.version ?? (next.outcome === 'next' ? next.version : null)
  return show(context, policy, {
    looked,
    outcome: version === null ? 'noop' : 'next',
    version,
    tag: version === null ? null : `${policy.tagPrefix}${version}`,
    commit: null,
    changelog: null,
    notes: null,
    pushedTo: null,
    warnings: [],
    error: null,
  })
}

/** Of the configuration that was named, else where the command was started. */
function folderOf({ cwd }: Context, args: Arguments): string {
  const named = args.text('config')
  return named === null ? cwd : dirname(resolve(cwd, named))
}

/** What the configuration says, where there is one. Errors: CONFIG_…, SERVICE_UNKNOWN, SERVICE_NEEDED. */
async function policyOf(context: Context, args: Arguments): Promise<Policy> {
  const plain = { service: null, folder: null, tagPrefix: DEFAULT_TAG_PREFIX, host: null }
  const path = args.text('config')
  const named = args.text('service')
  if (path === null && named === null && findConfig(context.cwd) === null) return plain
  const { loadConfig } = await import('../config/load-config.ts')
  const { definitions } = loadConfig({
    ...(path === null ? {} : { path }),
    cwd: context.cwd,
    variables: context.env,
  })
  const services = [...new Map(definitions.map((definition) => [definition.service, definition])).values()]
  const meant = named === null ? services : services.filter(({ service }) => service === named)
  if (meant.length === 0)
    throw (await import('../operations/known-scopes.ts')).unknown({ service: named, environment: null }, definitions)
  const policies = meant.map(({ service, version, git }): Policy => ({
    ...plain,
    ...version,
    service: version === undefined && named === null ? null : service,
    host: git?.host ?? null,
  }))
  // Services that say nothing share the versions of the repository.
  const different = new Map(policies.map((policy) => [`${policy.tagPrefix} ${policy.folder}`, policy]))
  const [first] = different.values()
  if (different.size > 1) throw fail('SERVICE_NEEDED', { known: meant.map(({ service }) => service).join(', ') })
  return first!
}

function parsePre(context: Context, args: Arguments): string | null {
  const text = args.text('pre')
  if (text === null || PRE_RELEASE.test(text)) return text
  throw usage(context.t('value_invalid', { name: 'pre', expected: 'rc, beta …', value: text }))
}

function parseReleaseAs(context: Context, args: Arguments): string | null {
  const text = args.text('release-as')
  if (text === null || LEVELS.some((level) => level === text)) return text
  const plain = text.replace(/^v/, '')
  if (valid(plain) !== null && /^\d/.test(plain)) return plain
  const expected = `2.0.0, ${LEVELS.join(', ')}`
  throw usage(context.t('value_invalid', { name: 'release-as', expected, value: text }))
}

function usage(problem: string) {
  return fail('USAGE', { problem, command: 'version' })
}

type Shown = Omit<Released, 'outcome'> & { readonly outcome: Released['outcome'] | 'next' }

/** Returns the exit code. */
async function show(context: Context, policy: Policy, shown: Shown): Promise<number> {
  const { looked, outcome, error } = shown
  const warnings = [...shown.warnings, ...warningsOf(context, looked, outcome)]
  const text = error === null ? null : await textOf(context, error)
  if (context.json) {
    const spoken = error === null || text === null ? null : { code: error.code, ...text }
    context.print(JSON.stringify(machineAnswer(context, policy, { ...shown, warnings }, spoken)))
  } else {
    for (const line of lines(context, shown)) context.print(line)
    for (const warning of warnings) context.say(`${paint(context, 'yellow', context.t('warning'))}: ${warning}`)
    if (error !== null && text !== null) {
      context.say(`${paint(context, 'red', `${context.t('error')} ${error.code}`)}: ${text.message}`)
      context.say(text.hint)
    }
  }
  return error?.exit ?? (outcome === 'noop' ? NOTHING_TO_DO : 0)
}

function warningsOf({ t }: Context, { tags, unfinished }: Looked, outcome: Shown['outcome']): string[] {
  const { malformed } = tags
  const named = malformed.slice(0, MAX_BREAKING).join(', ') + (malformed.length > MAX_BREAKING ? ', …' : '')
  return [
    ...(malformed.length === 0 ? [] : [t('version_malformed', { tags: named })]),
    ...(unfinished !== null && outcome === 'next' ? [t('version_unfinished', { tag: unfinished.tag })] : []),
  ]
}

/** The names are a contract; unknown is `null`. */
function machineAnswer(
  { t }: Context,
  { service }: Policy,
  { looked, outcome, ...shown }: Shown,
  error: { code: string; message: string; hint: string } | null,
) {
  const { last, before, told, path, unfinished } = looked
  // What was committed before has its reason there.
  const next = looked.next.outcome === 'next' && unfinished === null ? looked.next : null
  const since = last === null ? null : { version: last.version, tag: last.name, git_revision: last.commit }
  const nothing = { code: 'NOTHING_TO_DO', message: nothingText(t, looked), hint: '' }
  return {
    operation: 'version',
    service,
    outcome: outcome === 'noop' ? 'noop' : error === null ? 'succeeded' : 'failed',
    version: shown.version,
    tag: shown.tag,
    previous: since,
    previous_pre_release:
      before === null ? null : { version: before.version, tag: before.name, git_revision: before.commit },
    level: next?.level ?? null,
    because: next?.because ?? null,
    path,
    commits: { total: told.total, by_kind: told.byKind },
    changes: told.changes
      .filter(isNoticed)
      .slice(0, MAX_LISTED)
      .map(({ hash, kind, scope, subject, breaking }) => ({ git_revision: hash, kind, scope, subject, breaking })),
    released: ['released', 'finished', 'pushed'].includes(outcome),
    git_revision: shown.commit,
    changelog: shown.changelog,
    notes: shown.notes,
    pushed_to: shown.pushedTo,
    warnings: shown.warnings,
    error: outcome === 'noop' ? nothing : error,
  }
}

function nothingText(t: Context['t'], { last, before, newest }: Looked): string {
  const since = (before ?? last)?.name ?? t('version_beginning')
  return t(newest.total === 0 ? 'version_no_commits' : 'version_nothing', { since })
}

function lines(context: Context, shown: Shown): string[] {
  const { t } = context
  const { looked, outcome, version, tag, commit, changelog, pushedTo, notes } = shown
  if (outcome === 'noop' || version === null) {
    return [labelled(t('noop'), nothingText(t, looked)), ...countLines(t, looked)]
  }
  const bold = paint(context, 'bold', tag ?? version)
  switch (outcome) {
    case 'next':
      return [labelled(t('version_next'), bold), ...reasonLines(t, looked), ...countLines(t, looked)]
    case 'planned':
      return [
        labelled(t('version_would'), bold),
        ...reasonLines(t, looked),
        ...(notes === null ? [] : ['', notes.trimEnd(), '']),
        labelled(t('would'), t('would_line')),
      ]
    case 'pushed':
      return [labelled(t('version_pushed'), `${t('version_pushed_line', { tag: bold })} → ${pushedTo ?? '-'}`)]
    case 'released':
    case 'finished':
      return [
        ...(outcome === 'finished'
          ? [labelled(t('version_finished'), t('version_finished_line', { tag: bold }))]
          : [labelled(t('version_released'), bold), ...reasonLines(t, looked), ...countLines(t, looked)]),
        ...(changelog === null ? [] : [labelled(t('version_changelog'), changelog)]),
        labelled(t('version_commit'), commit!.slice(0, SHOWN_DIGITS)),
        labelled(t('version_pushed'), pushedTo ?? t('version_not_pushed')),
      ]
  }
}

function reasonLines(t: Context['t'], { last, before, next, unfinished }: Looked): string[] {
  if (next.outcome !== 'next' || unfinished !== null) return []
  const why =
    next.because === 'first'
      ? t('version_first')
      : next.because === 'named'
        ? t('version_named')
        : next.heldBelowOne
          ? t('version_below_one')
          : next.level === null
            ? t('version_announced', { tag: before?.name ?? '' })
            : t(`version_${next.level}`)
  return [labelled(t('version_since'), last?.name ?? t('version_beginning')), labelled(t('version_why'), why)]
}

function countLines(t: Context['t'], { told, path }: Looked): string[] {
  const counts = Object.entries(told.byKind).map(([kind, count]) => `${kind} ${count}`)
  const broken = told.changes.flatMap(({ breaking }) => (breaking === null ? [] : [visible(breaking)]))
  const more = broken.length - MAX_BREAKING
  return [
    labelled(t('version_commits'), counts.length === 0 ? t('version_none') : counts.join(' · ')),
    ...labelledLines(t('version_breaking'), [
      ...broken.slice(0, MAX_BREAKING),
      ...(more > 0 ? [t('version_more', { count: more })] : []),
    ]),
    ...(path === null ? [] : [labelled(t('version_path'), path)]),
  ]
}
