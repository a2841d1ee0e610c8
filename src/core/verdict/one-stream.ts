// The evidence that a release alone fails more often than it may, where there is nothing to compare it with. It cannot tell a bad release from a bad
// dependency: who asks must hold when the release before was failing already.

/** Multiples of the rate that is allowed, each bet on with an equal part of the stake. */
const MULTIPLES = [2, 3, 5, 10, 30, 100] as const
const HIGHEST_RATE = 0.99
/** A rate that is allowed is never so high that nothing is left to bet on. */
const HIGHEST_ALLOWED = 0.9

export const ONE_STREAM_BETS = MULTIPLES.length

/** x ln(q/p0) + (n − x) ln[(1 − q)/(1 − p0)] for q of p0 times each multiple. `allowed` is p0, above 0. */
export function oneStreamLogs(failed: number, answered: number, allowed: number): number[] {
  const p0 = Math.min(allowed, HIGHEST_ALLOWED)
  return MULTIPLES.map((multiple) => {
    const q = Math.min(p0 * multiple, HIGHEST_RATE)
    return failed * Math.log(q / p0) + (answered - failed) * (Math.log1p(-q) - Math.log1p(-p0))
  })
}

/** What a single failure says. */
export function oneStreamSingles(allowed: number): number[] {
  return oneStreamLogs(1, 1, allowed)
}
