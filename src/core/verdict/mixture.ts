// The evidence that one side fails more often than the other, as an e-process: whoever bets on "no difference" may look at it at every tick and stop
// at any, and still sees it reach 1/α with a probability of at most α. Lindon & Malek, Anytime-valid inference for multinomial count data, NeurIPS
// 2022; Turner, Ly & Grünwald, arXiv 2106.02693; Ville's inequality.
// Invariants: everything is a natural logarithm, so that millions of requests stay finite; what a tick is tempered with is known before the tick.

/** The odds ratios that are bet on, each with an equal part of the stake. */
export const RATIOS = [1.5, 2, 3, 5, 10, 30, 100, 1_000] as const

export type Pair = {
  /** Failures of the candidate. */
  readonly failed: number
  /** Failures of both sides. */
  readonly all: number
  /** Requests of the candidate ÷ requests of both sides, in this tick. */
  readonly share: number
}

/** What every bet has won, and the most that it won in one tick beyond what a single failure would have won. */
export type Mixture = { readonly logs: readonly number[]; readonly excess: readonly number[] }

export function noMixture(bets: number): Mixture {
  const zeros = Array.from({ length: bets }, () => 0)
  return { logs: zeros, excess: zeros }
}

/**
 * ln E_t(ω) = e_c ln(ω/ω0) − m ln[(1 − ρ + ρω) / (1 − ρ + ρω0)] for each of RATIOS. Given a tick's margins, e_c is hypergeometric when the sides are
 * alike; its generating function is bounded by the binomial one (Hoeffding 1963), so that each E_t has an expectation of at most 1, whatever rate
 * both have in that tick. `tolerance` is ω0: differences up to this odds ratio are none.
 */
export function pairLogs(pair: Pair, tolerance = 1): number[] {
  return logsOf(pair, stakes(pair.share, tolerance))
}

/** What each bet wins by a failure of the candidate, and pays for any failure, at this share. */
export type Stakes = { readonly wins: readonly number[]; readonly pays: readonly number[] }

export function stakes(share: number, tolerance: number): Stakes {
  const ofTolerance = Math.log1p(share * (tolerance - 1))
  return {
    wins: RATIOS.map((ratio) => Math.log(ratio / tolerance)),
    pays: RATIOS.map((ratio) => Math.log1p(share * (ratio - 1)) - ofTolerance),
  }
}

/** As `pairLogs`, with what depends on the share alone worked out before. */
export function logsOf({ failed, all, share }: Pair, { wins, pays }: Stakes): number[] {
  if (all === 0 || share <= 0 || share >= 1) return RATIOS.map(() => 0)
  return wins.map((win, bet) => failed * win - all * pays[bet]!)
}

/** What a single failure of the candidate wins for each bet, when nothing else fails in the tick. */
export function singles({ wins, pays }: Stakes): number[] {
  return wins.map((win, bet) => win - pays[bet]!)
}

/**
 * Adds a tick, tempered: E_t^η is an e-process still for η ≤ 1 ÷ the largest burst of failures within one side, by Jensen's inequality. `single` is
 * what one failure alone wins for each bet.
 */
export function withLogs(
  { logs, excess }: Mixture,
  tick: readonly number[],
  single: readonly number[],
  eta: number,
): Mixture {
  return {
    logs: logs.map((log, bet) => log + eta * tick[bet]!),
    excess: excess.map((most, bet) => Math.max(most, eta * (tick[bet]! - single[bet]!))),
  }
}

/** Takes back a part of what was won, never of what was lost: multiplying by at most 1 keeps an e-process one. */
export function cooled({ logs, excess }: Mixture, factor: number): Mixture {
  return { logs: logs.map((log) => Math.min(log, log * factor)), excess: excess.map((log) => log * factor) }
}

/** ln of the mean of all bets. */
export function mixed(logs: readonly number[]): number {
  let top = -Infinity
  for (const log of logs) if (log > top) top = log
  let sum = 0
  for (const log of logs) sum += Math.exp(log - top)
  return top + Math.log(sum / logs.length)
}

/**
 * ln E, but the tick in which a bet won most counts as one failure: a server that hiccups once on the candidate's side is not what the release is
 * like. It can only lower E, and costs one tick where a tick has many failures, and nothing where it has one.
 */
export function withoutBurst({ logs, excess }: Mixture): number {
  return mixed(logs.map((log, bet) => log - excess[bet]!))
}
