// What commits say of themselves, by the rules of conventional commits (https://www.conventionalcommits.org/en/v1.0.0/).
import { CommitParser } from 'conventional-commits-parser'

/** A commit as version control has it. */
export type Commit = {
  readonly hash: string
  /** How many; none: it is the first one, or the history before it is not here. */
  readonly parents: number
  /** Empty where somebody allowed it to be. */
  readonly message: string
}

/** What makes a version: the rest is known, and raises nothing. */
export const KINDS = [
  'feat',
  'fix',
  'perf',
  'revert',
  'refactor',
  'docs',
  'style',
  'test',
  'build',
  'ci',
  'chore',
] as const
/** `other`: it follows no convention. `merge`: it does neither, and brings in others that are counted themselves. */
export type Kind = (typeof KINDS)[number] | 'merge' | 'other'

/** What a commit says of itself. */
export type Change = {
  readonly hash: string
  readonly kind: Kind
  readonly scope: string | null
  readonly subject: string
  /** What breaks, in its own words; `null`: nothing does. */
  readonly breaking: string | null
  /** The commit that it takes back, as it names it. */
  readonly reverts: string | null
  /** The tag that it was made for, when it is the commit of a release. */
  readonly release: string | null
}

/** The trailer by which the commit of a release is known again. */
export const RELEASE_TRAILER = 'Astern-Release'

const TRAILER = new RegExp(String.raw`^${RELEASE_TRAILER}: (\S+)$`, 'm')

/** Only then does what stands below the first line matter, and is read. */
const TELLING = /BREAKING[ -]CHANGE|This reverts commit|Astern-Release/

const HEADER = /^(\w+)(?:\(([^()]+)\))?(!)?: +(\S.*)$/

const parser = new CommitParser({
  headerPattern: HEADER,
  // The library's own takes any case; the convention asks for capitals, so that prose is not mistaken for it.
  notesPattern: () => /^(BREAKING[ -]CHANGE): +(.*)/,
  revertPattern: /^(?:revert|reapply):?\s[\s\S]*?This reverts commit ([0-9a-f]{7,64})/i,
  revertCorrespondence: ['hash'],
})

export function readCommit({ hash, parents, message }: Commit): Change {
  const end = message.indexOf('\n')
  const header = (end < 0 ? message : message.slice(0, end)).trim()
  const [, type, scope = null, breaks, subject] = HEADER.exec(header) ?? []
  const kind = kindOf(type)
  const more = TELLING.test(message) && message.trim() !== '' ? parser.parse(message) : null
  const note = more?.notes[0]?.text.split('\n')[0]?.trim()
  const reverts = more?.revert?.['hash'] ?? null
  const release = more === null ? null : (TRAILER.exec(message)?.[1] ?? null)
  return {
    hash,
    kind: kind ?? (reverts !== null ? 'revert' : parents > 1 ? 'merge' : 'other'),
    scope: kind === null ? null : scope,
    subject: kind === null ? header : subject!.trim(),
    breaking: note ?? (breaks === undefined ? null : subject!.trim()),
    reverts,
    release,
  }
}

function kindOf(type: string | undefined): Kind | null {
  const lower = type?.toLowerCase()
  return KINDS.find((kind) => kind === lower) ?? null
}

/** What a history comes to. */
export type Told = {
  /** All commits, and how many there are of each kind that there is, in a fixed order. */
  readonly total: number
  readonly byKind: Partial<Record<Kind, number>>
  /** Newest first: what users notice, and the commits of releases. What another one took back is not among them, nor that which took it back. */
  readonly changes: readonly Change[]
}

/** Takes commits newest first, part by part, and keeps only what matters: a history may be long. */
export function createReading(): { readonly add: (commits: readonly Commit[]) => void; readonly told: () => Told } {
  let total = 0
  const counts = new Map<Kind, number>()
  const changes: Change[] = []
  /** What was taken back, as it is named by who did. That one stands only if it is never found. */
  const takenBack = new Map<string, Change>()
  const settled = new Set<Change>()
  const add = (commit: Commit) => {
    const change = readCommit(commit)
    const { kind, reverts } = change
    total += 1
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const by = takenBack.size === 0 ? undefined : namedIn(takenBack, commit.hash)
    if (by !== undefined) settled.add(takenBack.get(by)!)
    if (by !== undefined) takenBack.delete(by)
    else if (reverts !== null) takenBack.set(reverts, change)
    if (by === undefined && matters(change)) changes.push(change)
  }
  return {
    add: (commits) => commits.forEach(add),
    told: () => ({
      total,
      byKind: Object.fromEntries(
        [...KINDS, 'other' as const, 'merge' as const].flatMap((kind) => {
          const count = counts.get(kind)
          return count === undefined ? [] : [[kind, count]]
        }),
      ),
      changes: settled.size === 0 ? changes : changes.filter((change) => !settled.has(change)),
    }),
  }
}

/** The name, whole or its first digits, under which a commit is known. */
function namedIn(names: ReadonlyMap<string, unknown>, hash: string): string | undefined {
  if (names.has(hash)) return hash
  for (const name of names.keys()) if (hash.startsWith(name)) return name
  return undefined
}

/** By how much a version is raised by what users notice. */
export const RAISES: Readonly<Partial<Record<Kind, 'minor' | 'patch'>>> = {
  feat: 'minor',
  fix: 'patch',
  perf: 'patch',
  revert: 'patch',
}

export function isNoticed({ kind, breaking }: Change): boolean {
  return breaking !== null || kind in RAISES
}

function matters(change: Change): boolean {
  return isNoticed(change) || change.release !== null
}
