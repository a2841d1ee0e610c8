// Splits a command line into words as `docker compose` does: quotes and backslashes, no variables, no shell.
import type { Parsed } from './problems.ts'

/** Outside quotes these mean something to a shell alone. */
const OPERATORS = new Set([';', '&', '|', '<', '>', '`', '(', ')'])

export function splitWords(text: string): Parsed<readonly string[]> {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote !== null) {
      if (char === quote) quote = null
      else if (char === '\\' && quote === '"') word = (word ?? '') + (text[(at += 1)] ?? '')
      else word = (word ?? '') + char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (char === '\\') {
      word = (word ?? '') + (text[(at += 1)] ?? '')
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else if (OPERATORS.has(char)) {
      return { problem: `"${char}" needs a shell; write the command as a list, as in [sh, -c, "…"]` }
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote !== null) return { problem: `the quote ${quote} is never closed` }
  if (word !== null) words.push(word)
  return { value: words }
}
