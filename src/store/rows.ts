// Reading values out of rows.
import type { Row } from './database.ts'

export function numberOrNull(value: Row[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}

export function textOrNull(value: Row[string] | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}

/** More texts than a busy installation has at once. */
const MOST_REMEMBERED = 5_000

/** Reads a text once, as long as it stays what it was: the same ones are read again and again. What it gives back is shared. */
export function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    if (known.size >= MOST_REMEMBERED) known.clear()
    const value = read(text)
    known.set(text, value)
    return value
  }
}
