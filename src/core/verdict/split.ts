// Whether the candidate gets the part of the requests that was configured: when it does not, something other than chance decides who goes where, and
// no comparison is worth anything. Lindon & Malek (2022): a Dirichlet mixture, here of two sides, with 100 pseudo-counts as configured.
// Invariant: each stretch of one share is a test of its own; their product is an e-process.
import { WHOLE_SHARE } from '../trial.ts'
import { logGamma } from './log-gamma.ts'

const PSEUDO_COUNTS = 100

/** ln of the Bayes factor against "the first side gets `share`" (0–1, exclusive). Its inverse, at most 1, is a p-value that is valid at any time. */
export function splitLog([first, second]: readonly [number, number], share: number): number {
  const [a, b] = [PSEUDO_COUNTS * share, PSEUDO_COUNTS * (1 - share)]
  const beta = (x: number, y: number) => logGamma(x) + logGamma(y) - logGamma(x + y)
  return beta(a + first, b + second) - beta(a, b) - first * Math.log(share) - second * Math.log1p(-share)
}

export type Split = {
  /** Of 10,000; `null`: none yet. */
  readonly share: number | null
  readonly candidate: number
  readonly stable: number
  /** ln E of the stretches before. */
  readonly before: number
  readonly maximum: number
}

export const NO_SPLIT: Split = { share: null, candidate: 0, stable: 0, before: 0, maximum: 0 }

/** `share` is of 10,000. */
export function withDrawn(split: Split, share: number, candidate: number, stable: number): Split {
  if (share <= 0 || share >= WHOLE_SHARE || candidate + stable === 0) return split
  const same = share === split.share
  const next = {
    share,
    candidate: candidate + (same ? split.candidate : 0),
    stable: stable + (same ? split.stable : 0),
    before: same ? split.before : splitNow(split),
  }
  return { ...next, maximum: Math.max(split.maximum, splitNow(next)) }
}

/** ln E */
function splitNow({ share, candidate, stable, before }: Omit<Split, 'maximum'>): number {
  return share === null ? before : before + splitLog([candidate, stable], share / WHOLE_SHARE)
}
