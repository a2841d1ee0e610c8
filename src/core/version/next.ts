// Which version comes next. Pure: tags and commits go in; a version with its reason comes out.
import compare from 'semver/functions/compare.js'
import inc from 'semver/functions/inc.js'
import major from 'semver/functions/major.js'
import parse from 'semver/functions/parse.js'
import { RAISES, type Told } from './commits.ts'
import type { VersionTag } from './tags.ts'

export const LEVELS = ['major', 'minor', 'patch'] as const
export type Level = (typeof LEVELS)[number]

/** Where nothing was released yet. */
export const FIRST_VERSION = '0.1.0'

export type Ask = {
  /** The name of a pre-release: `rc`. */
  readonly pre: string | null
  /** A version, or how much to raise it, whatever the commits say. */
  readonly releaseAs: string | null
}

export type Next =
  | {
      readonly outcome: 'next'
      readonly version: string
      /** By what the last version is raised; `null`: it is the first one, or was named. */
      readonly level: Level | null
      readonly because: 'first' | 'named' | 'commits'
      /** A breaking change raised the minor only, since the version is below 1.0.0. */
      readonly heldBelowOne: boolean
    }
  /** `raised` by nothing since the last version. */
  | { readonly outcome: 'nothing' }
  /** It would not be higher than this one. */
  | { readonly outcome: 'too_low'; readonly version: string; readonly than: VersionTag }

export type Known = {
  /** Highest first; of the history and beside it. */
  readonly tags: readonly VersionTag[]
  /** Since the last version. */
  readonly told: Told
  /** Since the last version or pre-release of the history, whichever is later. */
  readonly newest: Told
}

/** What commits ask for; `null`: nothing that users would notice. */
export function levelOf({ changes }: Told): Level | null {
  if (changes.some(({ breaking }) => breaking !== null)) return 'major'
  const asked = new Set<Level | undefined>(changes.map(({ kind }) => RAISES[kind]))
  return LEVELS.find((level) => asked.has(level)) ?? null
}

/** The last version of the history, without pre-releases. */
export function lastVersion(tags: readonly VersionTag[]): VersionTag | null {
  return tags.find(({ pre, inHistory }) => inHistory && pre.length === 0) ?? null
}

/** The last pre-release of the history that no version followed. */
export function lastPreRelease(tags: readonly VersionTag[]): VersionTag | null {
  const newest = tags.find(({ inHistory }) => inHistory)
  return newest === undefined || newest.pre.length === 0 ? null : newest
}

export function nextVersion({ tags, told, newest }: Known, { pre, releaseAs }: Ask): Next {
  const last = lastVersion(tags)
  const before = lastPreRelease(tags)
  const asked = releaseAs as Level | null
  const named = asked !== null && !LEVELS.includes(asked) ? asked.replace(/^v/, '') : null
  const base = baseOf(last, before, told, named === null ? asked : null)
  if (told.total === 0 || (named === null && base === null)) return { outcome: 'nothing' }
  const core = named ?? base!.version
  const version = pre === null || parse(core)!.prerelease.length > 0 ? core : `${core}-${pre}.${count(tags, core, pre)}`
  // A pre-release of what is on its way needs something new in it; the version itself does not.
  const again = before !== null && pre !== null && coreOf(before.version) === core
  if (again && (named === null ? levelOf(newest) === null : newest.total === 0)) return { outcome: 'nothing' }
  const highest = before ?? last
  if (highest !== null && compare(version, highest.version) <= 0) return { outcome: 'too_low', version, than: highest }
  if (named !== null) return { outcome: 'next', version, level: null, because: 'named', heldBelowOne: false }
  return { ...base!, outcome: 'next', version }
}

type Base = Omit<Extract<Next, { outcome: 'next' }>, 'outcome'>

function baseOf(last: VersionTag | null, before: VersionTag | null, told: Told, asked: Level | null): Base | null {
  const because = asked === null ? 'commits' : 'named'
  const wanted = levelOf(told)
  if (last === null && asked === null && before === null) {
    return { version: FIRST_VERSION, level: null, because: 'first', heldBelowOne: false }
  }
  const from = last?.version ?? '0.0.0'
  const heldBelowOne = asked === null && wanted === 'major' && major(from) === 0
  const level = asked ?? (heldBelowOne ? 'minor' : wanted)
  const raised = level === null ? null : ({ version: inc(from, level)!, level, because, heldBelowOne } as const)
  // What a pre-release has announced is not taken back.
  const announced = before === null ? null : coreOf(before.version)
  if (announced === null || (raised !== null && compare(raised.version, announced) >= 0)) return raised
  return { version: announced, level: raised?.level ?? null, because, heldBelowOne: false }
}

/** `1.3.0` of `1.3.0-rc.2` */
function coreOf(version: string): string {
  const { major, minor, patch } = parse(version)!
  return `${major}.${minor}.${patch}`
}

/** The number after the last one of that name, wherever its tag stands. */
function count(tags: readonly VersionTag[], core: string, name: string): number {
  const taken = tags.flatMap(({ version, pre }) => {
    const number = pre[1]
    return pre[0] === name && typeof number === 'number' && coreOf(version) === core ? [number] : []
  })
  return Math.max(0, ...taken) + 1
}
