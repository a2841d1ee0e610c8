// What happens to deploys in which both releases are the same, so that every rollback is a false one.

/** How failures come: each alone, in bursts within one server, or alone with a rare blip of 8–15 in one server. */
export type Errors = 'alone' | 'bursts_1_5' | 'geometric_4' | 'blips'

export type Scenario = {
  readonly name: string
  /** Requests a second. */
  readonly rate: number
  /** Part of the requests that fail, of each side. */
  readonly errorRate: number
  readonly candidateErrorRate: number
  readonly errors: Errors
  /** Shares of 10,000, each for STEP_TICKS. */
  readonly ramp: readonly number[]
  /** Without it φ is the default. */
  readonly history: boolean
  /** Traffic swings by 80 %, failures with it. */
  readonly diurnal: boolean
  /** For a minute a fifth of all requests fails, on both sides. */
  readonly outage: boolean
  readonly sticky: boolean
  readonly missedTicks: boolean
  /** It is promoted already, and nothing is left to compare it with. */
  readonly alone: boolean
  readonly counterResets: boolean
  /** For a while both sides are slow, and now and then a server stalls. */
  readonly slow: boolean
  /** The candidate is slower all the time. */
  readonly slowCandidate: boolean
}

const PLAIN: Scenario = {
  name: 'ramp',
  rate: 200,
  errorRate: 0.001,
  candidateErrorRate: 0.001,
  errors: 'alone',
  ramp: [100, 500, 2_500, 5_000, 10_000],
  history: true,
  diurnal: false,
  outage: false,
  sticky: false,
  missedTicks: false,
  alone: false,
  counterResets: false,
  slow: false,
  slowCandidate: false,
}

export function scenario(part: Partial<Scenario> & { name: string }): Scenario {
  return { ...PLAIN, ...part }
}

export const SCENARIOS: readonly Scenario[] = [
  scenario({ name: 'ramp' }),
  scenario({ name: 'diurnal', diurnal: true }),
  scenario({ name: 'shared outage', outage: true }),
  scenario({ name: 'bursts of 1–5', errors: 'bursts_1_5' }),
  scenario({ name: 'bursts, geometric, mean 4', errors: 'geometric_4' }),
  scenario({ name: 'rare blips of 8–15', errors: 'blips' }),
  scenario({ name: 'many failures, 2 %', errorRate: 0.02, candidateErrorRate: 0.02 }),
  scenario({ name: 'sticky clients', sticky: true }),
  scenario({ name: 'missed ticks', missedTicks: true, diurnal: true, errors: 'bursts_1_5' }),
  scenario({ name: 'counter resets', counterResets: true, errors: 'bursts_1_5' }),
  scenario({ name: 'cold start, φ = 3', history: false, errors: 'bursts_1_5' }),
  scenario({
    name: 'alone, 1 % as allowed, bursts of 1–5',
    alone: true,
    errors: 'bursts_1_5',
    errorRate: 0.01,
    candidateErrorRate: 0.01,
    ramp: [10_000, 10_000, 10_000, 10_000],
  }),
  scenario({ name: 'slow for both, and stalls', slow: true }),
]
