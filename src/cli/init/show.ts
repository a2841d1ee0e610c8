// What `astern init` says: what was found and where it stands, what becomes of each file, what differs, and what comes next.
import type { PlannedFile } from '../../core/init/plan-init.ts'
import type { Finding, Note } from '../../core/init/seen.ts'
import { unifiedDiff } from '../../core/unified-diff.ts'
import type { Context } from '../context.ts'
import { labelledLines, table } from '../format.ts'
import { type Colour, paint } from '../paint.ts'

const MARKS = { written: ['+', 'green'], kept: ['=', 'dim'], differs: ['≠', 'yellow'] } as const

export function findingLines(context: Context, findings: readonly Finding[]): string[] {
  const { t } = context
  const rows = findings.map(({ kind, value, at }) => [
    t(`init_found_${kind}`),
    value,
    at === null
      ? paint(context, 'dim', t('init_assumed'))
      : paint(context, 'dim', `${at.file}:${at.line}${at.text === '' ? '' : `  ${excerpt(at.text)}`}`),
  ])
  return labelledLines(t('init_found'), table(rows))
}

const EXCERPT = 60

function excerpt(text: string): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, ' ')
  return plain.length > EXCERPT ? `${plain.slice(0, EXCERPT - 1)}…` : plain
}

export function noteText(context: Context, { code, details }: Note): string {
  return context.t(`init_note_${code}`, details)
}

export function fileLines(context: Context, files: readonly PlannedFile[]): string[] {
  const rows = files.map(({ path, action, why }) => {
    const [mark, colour] = MARKS[action]
    return [
      `${paint(context, colour, mark)} ${path}`,
      context.t(`init_${action}`),
      paint(context, 'dim', context.t(`init_why_${why}`)),
    ]
  })
  return labelledLines(context.t('init_files'), table(rows))
}

const DIFF_COLOURS: Readonly<Record<string, Colour>> = { '+': 'green', '-': 'red', '@': 'cyan' }

/** The schema is written by a machine for machines: that it differs is enough. */
export function diffLines(context: Context, files: readonly PlannedFile[]): string[] {
  return files.flatMap(({ path, action, why, existing, text }) => {
    if (action !== 'differs' || existing === null) return []
    if (why === 'schema') return ['', context.t('init_schema_differs', { path })]
    const lines = unifiedDiff(path, existing, text)
    return [
      '',
      ...lines.map((line, index) => paint(context, index < 2 ? 'bold' : (DIFF_COLOURS[line[0]!] ?? 'none'), line)),
    ]
  })
}
