// Rows as a table for people: names on the left, numbers on the right.
import type { Spread } from './statistics.ts'

export type Cell = string | number | boolean | null | Spread

export function table(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const [first] = rows
  if (first === undefined) return ''
  const columns = Object.keys(first)
  const texts = rows.map((row) => columns.map((column) => cellText(row[column] ?? null)))
  const widths = columns.map((column, index) => Math.max(column.length, ...texts.map((row) => row[index]!.length)))
  const right = columns.map((_, index) => rows.every((row) => !isText(row[columns[index]!] ?? null)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => (right[index] ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)))
      .join('  ')
      .trimEnd()
  return [line(columns), line(widths.map((width) => '─'.repeat(width))), ...texts.map(line)].join('\n')
}

/** `p50 / p99` for what was measured often. */
export function cellText(cell: Cell): string {
  if (cell === null) return '–'
  if (typeof cell === 'object') return `${numberText(cell.p50)} / ${numberText(cell.p99)}`
  return typeof cell === 'number' ? numberText(cell) : String(cell)
}

function numberText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0)
}

function isText(cell: Cell): boolean {
  return typeof cell === 'string' || typeof cell === 'boolean'
}
