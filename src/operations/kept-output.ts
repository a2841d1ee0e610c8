// What a command writes, line by line and without secrets, and its last lines for whoever asks why it failed; and how its end is put into words.
import { createLineReader, type LineReader, type OutputLine } from '../core/output-lines.ts'
import type { CommandEnd } from '../ports/session.ts'

const LINES_KEPT = 20
const CHARACTERS_KEPT = 4_000

/** `end` gives out what has no line's end, and returns the last lines. */
export function keepOutput(
  hide: (text: string) => string,
  onLine: (line: OutputLine) => void,
): { readonly read: LineReader['read']; readonly end: () => readonly string[] } {
  const lines: string[] = []
  const reader = createLineReader(({ stream, text }) => {
    const shown = hide(text)
    lines.push(shown)
    if (lines.length > LINES_KEPT) lines.shift()
    onLine({ stream, text: shown })
  })
  return {
    read: reader.read,
    end() {
      reader.end()
      return shortened(lines)
    },
  }
}

/** The last lines, as many as fit. */
function shortened(lines: readonly string[]): string[] {
  let left = CHARACTERS_KEPT
  const kept = lines.toReversed().map((line) => {
    const shown = line.slice(0, Math.max(0, left))
    left -= shown.length
    return shown
  })
  return kept.toReversed().filter((line) => line !== '')
}

/** `null`: it did what it should. */
export function problemOf({ exitCode, oomKilled, timedOut }: CommandEnd, timeoutMs: number): string | null {
  if (timedOut) return `it did not end within ${timeoutMs / 1_000} s`
  if (oomKilled) return 'it ran out of memory and was killed'
  return exitCode === 0 ? null : `it ended with exit code ${exitCode}`
}
