// Tables for spreadsheets and other programs, as RFC 4180 has them: comma, quotes where needed, CR LF, a first row of names. Pure.
// What people wrote (reasons, names) stays as they wrote it, also where it begins with = + - or @: a value that was changed for the sake of one
// spreadsheet would be wrong for everything else. Who opens it in one imports those columns as text.

/** A column is a key, or a path into nested objects: `ended_by.actor` is headed `ended_by_actor`. Unknown is empty. */
export function csv(columns: readonly string[], rows: readonly object[]): string {
  const lines = [
    columns.map((column) => column.replaceAll('.', '_')),
    ...rows.map((row) => columns.map((column) => cell(row, column))),
  ]
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('')
}

function cell(row: object, column: string): string {
  const value = column
    .split('.')
    .reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : null),
      row,
    )
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
