// "Did you mean …?": the known word that is nearest to a misspelt one.

/** Longer words are not compared: nobody misspells them by a letter or two. */
const MAX_COMPARED_LENGTH = 64

/** The nearest of `known` when a third of the letters or less differ; `null` when none is near. */
export function closest(word: string, known: readonly string[]): string | null {
  if (word.length > MAX_COMPARED_LENGTH) return null
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Letters to insert, delete, replace, or swap with their neighbour (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return last[right.length] ?? 0
}

/** `; did you mean "port"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = closest(word, known)
  return near === null ? '' : `; did you mean "${near}"?`
}
