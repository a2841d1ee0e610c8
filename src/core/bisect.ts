// Halves the releases between a good and a bad one until it is known which was the first bad one. Pure.

/** `skipped`: nobody can say. */
export type Mark = 'good' | 'bad' | 'skipped'

export type Bisection = {
  /** The release to try next; `null`: there is nothing left to try. */
  readonly next: number | null
  /** The newest that is known to be good, and the oldest that is known to be bad. */
  readonly good: number
  readonly bad: number
  /** Releases between the two of which nobody can say. */
  readonly unknown: readonly number[]
  /** How many are left to try, and how often that takes at most. */
  readonly left: number
  readonly tries: number
}

/** `between`: numbers of the releases after `good` and before `bad`, in any order. What is good says that everything before it is. */
export function bisect(
  good: number,
  bad: number,
  between: readonly number[],
  marks: ReadonlyMap<number, Mark>,
): Bisection {
  const marked = (mark: Mark) => between.filter((release) => marks.get(release) === mark)
  const newestGood = Math.max(good, ...marked('good').filter((release) => release < bad))
  const oldestBad = Math.min(bad, ...marked('bad').filter((release) => release > newestGood))
  const inside = between.filter((release) => release > newestGood && release < oldestBad).sort((a, b) => a - b)
  const open = inside.filter((release) => !marks.has(release))
  return {
    next: open[Math.floor((open.length - 1) / 2)] ?? null,
    good: newestGood,
    bad: oldestBad,
    unknown: inside.filter((release) => marks.get(release) === 'skipped'),
    left: open.length,
    tries: Math.ceil(Math.log2(open.length + 1)),
  }
}
