// Reads files of NAME=value (or NAME: value) lines as `docker compose` does: comments, `export`, quotes (also over several
// lines), escapes in them. Nothing is interpolated: a `$` in a password stays one.
// Invariant: no problem quotes a value.

export type EnvFileEntry = {
  readonly name: string
  readonly value: string
  readonly line: number
  readonly quote: 'none' | 'single' | 'double'
}
export type EnvFileProblem = { readonly line: number; readonly column: number; readonly message: string }
export type EnvFile = { readonly entries: readonly EnvFileEntry[]; readonly problems: readonly EnvFileProblem[] }

/** What a name of a variable may be. */
export const VARIABLE_NAME_PATTERN = /^\w[\w.-]*$/

const LINE = /^(\s*(?:export\s+)?)([^\s=:#]+)\s*[=:][ \t]*/
const SINGLE_ESCAPES: Readonly<Record<string, string>> = { "'": "'" }
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' }

/** A name that stands twice has its last value. */
export function parseEnvFile(text: string): EnvFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const entries = new Map<string, EnvFileEntry>()
  const problems: EnvFileProblem[] = []
  let at = 0
  while (at < lines.length) {
    const start = at
    const source = lines[at] ?? ''
    at += 1
    if (/^\s*(#|$)/.test(source)) continue
    const head = LINE.exec(source)
    const name = head?.[2] ?? ''
    if (head === null || !VARIABLE_NAME_PATTERN.test(name)) {
      problems.push({ line: start + 1, column: source.search(/\S/) + 1, message: 'expected NAME=value' })
      continue
    }
    const rest = source.slice(head[0].length)
    const quote = rest[0]
    if (quote !== '"' && quote !== "'") {
      entries.set(name, { name, value: unquoted(rest), line: start + 1, quote: 'none' })
      continue
    }
    const column = head[0].length + 1
    const closed = quoted(lines, { start, from: head[0].length + 1 }, quote)
    if (closed === null) {
      problems.push({ line: start + 1, column, message: `the quote that ${name} opens is never closed` })
      break
    }
    at = closed.next
    if (!/^\s*(#.*)?$/.test(closed.after)) {
      problems.push({ line: at, column: 1, message: `expected nothing after the closing quote of ${name}` })
      continue
    }
    entries.set(name, { name, value: closed.value, line: start + 1, quote: quote === '"' ? 'double' : 'single' })
  }
  return { entries: [...entries.values()], problems }
}

/** A comment begins at a `#` with white space before it, but not where the value begins. */
function unquoted(rest: string): string {
  return rest.replace(/\s#.*$/, '').trim()
}

/** `null` when the quote is never closed; else the value, what follows it in its last line, and the line after that. */
function quoted(
  lines: readonly string[],
  { start, from }: { readonly start: number; readonly from: number },
  quote: string,
): { readonly value: string; readonly after: string; readonly next: number } | null {
  const escapes = quote === '"' ? ESCAPES : SINGLE_ESCAPES
  let value = ''
  for (let row = start; row < lines.length; row += 1) {
    const line = lines[row] ?? ''
    for (let at = row === start ? from : 0; at < line.length; at += 1) {
      const char = line[at] ?? ''
      if (char === quote) return { value, after: line.slice(at + 1), next: row + 1 }
      if (char !== '\\') {
        value += char
        continue
      }
      at += 1
      const escaped = line[at] ?? ''
      value += escapes[escaped] ?? `\\${escaped}`
    }
    value += '\n'
  }
  return null
}
