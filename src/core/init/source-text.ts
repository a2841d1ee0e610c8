// Sources as text: what stands in comments is blanked out, so that what is found is what runs. Go, JavaScript and Java agree on comments and quotes.
import type { At } from './seen.ts'

/** Comments become spaces; lines and positions stay as they are. */
export function withoutComments(text: string): string {
  return text.replaceAll(
    // a text in quotes, which may hold what looks like a comment · a comment
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (whole) => (/^\/[/*]/.test(whole) ? whole.replaceAll(/[^\n]/g, ' ') : whole),
  )
}

/** The line around a position. */
export function lineAt(file: string, text: string, index: number): At {
  const line = text.slice(0, index).split('\n').length
  return { file, line, text: (text.split('\n')[line - 1] ?? '').trim() }
}

export type Match = {
  readonly file: string
  readonly at: At
  readonly groups: readonly (string | undefined)[]
  readonly index: number
}

/** Every match of a pattern (with the flag `g`) in files, in their order. */
export function matchesIn(
  files: readonly { readonly path: string; readonly text: string }[],
  pattern: RegExp,
): Match[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({
      file: path,
      at: lineAt(path, text, match.index + leadingBlank(match[0])),
      groups: match.slice(1),
      index: match.index,
    })),
  )
}

/** A pattern may begin with the end of the line before. */
function leadingBlank(text: string): number {
  return text.length - text.trimStart().length
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536
}
