// What differs between two texts, as `diff -u` shows it.

const CONTEXT_LINES = 3
/** Longer texts are compared as a whole: the table below grows with the product of both. */
const MAX_LINES = 2_000

type Edit = { readonly sign: ' ' | '-' | '+'; readonly line: string }

/** Lines of a unified diff from `before` to `after`; none where both are the same. */
export function unifiedDiff(path: string, before: string, after: string): string[] {
  if (before === after) return []
  const edits = editsOf(linesOf(before), linesOf(after))
  const changed = edits.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]))
  const hunks: { from: number; to: number }[] = []
  for (const index of changed) {
    const last = hunks.at(-1)
    if (last !== undefined && index - last.to <= 2 * CONTEXT_LINES) last.to = index
    else hunks.push({ from: index, to: index })
  }
  return [`--- ${path}`, `+++ ${path} (astern init)`, ...hunks.flatMap(({ from, to }) => hunk(edits, from, to))]
}

function hunk(edits: readonly Edit[], firstChange: number, lastChange: number): string[] {
  const from = Math.max(0, firstChange - CONTEXT_LINES)
  const shown = edits.slice(from, lastChange + CONTEXT_LINES + 1)
  const count = (list: readonly Edit[], other: '-' | '+') => list.filter(({ sign }) => sign !== other).length
  const range = (other: '-' | '+') => {
    const length = count(shown, other)
    return `${count(edits.slice(0, from), other) + (length === 0 ? 0 : 1)},${length}`
  }
  return [`@@ -${range('+')} +${range('-')} @@`, ...shown.map(({ sign, line }) => `${sign}${line}`)]
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') return lines.slice(0, -1)
  return [...lines.slice(0, -1), `${lines.at(-1)} (no end of line)`]
}

/** By the longest common subsequence: what both have in the same order stays. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  if (before.length > MAX_LINES || after.length > MAX_LINES) {
    return [
      ...before.map((line) => ({ sign: '-' as const, line })),
      ...after.map((line) => ({ sign: '+' as const, line })),
    ]
  }
  const wide = after.length + 1
  const lengths = new Uint16Array((before.length + 1) * wide)
  for (let left = before.length - 1; left >= 0; left -= 1) {
    for (let right = after.length - 1; right >= 0; right -= 1) {
      lengths[left * wide + right] =
        before[left] === after[right]
          ? lengths[(left + 1) * wide + right + 1]! + 1
          : Math.max(lengths[(left + 1) * wide + right]!, lengths[left * wide + right + 1]!)
    }
  }
  const edits: Edit[] = []
  let left = 0
  let right = 0
  while (left < before.length || right < after.length) {
    if (left < before.length && right < after.length && before[left] === after[right]) {
      edits.push({ sign: ' ', line: before[left]! })
      left += 1
      right += 1
    } else if (
      right >= after.length ||
      (left < before.length && lengths[(left + 1) * wide + right]! >= lengths[left * wide + right + 1]!)
    ) {
      edits.push({ sign: '-', line: before[left]! })
      left += 1
    } else {
      edits.push({ sign: '+', line: after[right]! })
      right += 1
    }
  }
  return edits
}
