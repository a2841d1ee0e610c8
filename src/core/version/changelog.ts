// CHANGELOG.md after Keep a Changelog (https://keepachangelog.com/en/1.1.0/): the newest version on top, and what people wrote stays.
import type { Change } from './commits.ts'

export const CHANGELOG = 'CHANGELOG.md'

/** Entries under one heading; of more only the number is told. */
const MAX_ENTRIES = 200
const SHORT_HASH = 7

const PREAMBLE = `# Changelog

All notable changes, newest first, after [Keep a Changelog](https://keepachangelog.com/en/1.1.0/). Versions follow [SemVer](https://semver.org/).
`

const HEADINGS: readonly { readonly title: string; readonly of: (change: Change) => boolean }[] = [
  { title: 'Breaking', of: ({ breaking }) => breaking !== null },
  { title: 'Added', of: ({ kind }) => kind === 'feat' },
  { title: 'Fixed', of: ({ kind }) => kind === 'fix' },
  { title: 'Changed', of: ({ kind }) => kind === 'perf' },
  { title: 'Removed', of: ({ kind }) => kind === 'revert' },
]

export type Entry = {
  readonly version: string
  /** `2026-04-05` */
  readonly date: string
  readonly changes: readonly Change[]
  /** Where everything since the version before it can be seen. */
  readonly compareUrl: string | null
}

/** The headings below a version's own, with their entries. */
export function sectionsOf(changes: readonly Change[]): string {
  const sections = HEADINGS.flatMap(({ title, of }) => {
    const here = changes.filter(of)
    if (here.length === 0) return []
    const shown = here.slice(0, MAX_ENTRIES).map((change) => lineOf(change, title === 'Breaking'))
    const more = here.length - shown.length
    return [`### ${title}\n\n${[...shown, ...(more === 0 ? [] : [`- and ${more} more`])].join('\n')}\n`]
  })
  return sections.length === 0 ? '- No change that users would notice.\n' : sections.join('\n')
}

function lineOf({ hash, scope, subject, breaking }: Change, breaks: boolean): string {
  const said = breaks ? breaking! : subject
  const text = said.replaceAll(/\p{Cc}/gu, ' ').trim()
  return `- ${scope === null ? '' : `**${scope}:** `}${text} (${hash.slice(0, SHORT_HASH)})`
}

/** With the entry on top of the other versions, below what stands before them; as it is, where the version has an entry already. */
export function withEntry(text: string | null, entry: Entry): string {
  const known = text === null || text.trim() === '' ? PREAMBLE : text
  if (hasEntry(known, entry.version)) return known
  const eol = known.includes('\r\n') ? '\r\n' : '\n'
  const lines = known.split(/\r?\n/)
  const heading = `## [${entry.version}]${entry.compareUrl === null ? '' : `(${entry.compareUrl})`} - ${entry.date}`
  const block = `${heading}\n\n${sectionsOf(entry.changes)}`.split('\n')
  const at = firstVersion(lines)
  const above = lines.slice(0, at)
  while (above.at(-1)?.trim() === '') above.pop()
  return [...above, '', ...block, ...lines.slice(at)].join(eol)
}

export function hasEntry(text: string, version: string): boolean {
  return text.split(/\r?\n/).some((line) => headingVersion(line) === version)
}

/** Where the first version's heading stands; past the end where there is none. Links at the end of the file are no version. */
function firstVersion(lines: readonly string[]): number {
  const at = lines.findIndex((line) => line.startsWith('## ') && !/^## \[?unreleased\b/i.test(line))
  if (at >= 0) return at
  const links = lines.findIndex((line) => /^\[[^\]]+\]: /.test(line))
  return links >= 0 ? links : lines.length
}

function headingVersion(line: string): string | null {
  return /^##? +\[?v?(\d+\.\d+\.\d+[\w.+-]*)\]?/.exec(line)?.[1] ?? null
}

/** The same but for the days on which its versions were made. */
export function sameButDates(one: string, other: string): boolean {
  const undated = (text: string) => text.replaceAll(/^(## .*) - \d{4}-\d\d-\d\d$/gm, '$1')
  return undated(one) === undated(other)
}
