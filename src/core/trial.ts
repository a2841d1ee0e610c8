// How a release is tried: which part of the requests it gets for how long, and by what it is judged. Pure types.
// Shares are parts of 10,000 requests.

export const WHOLE_SHARE = 10_000

export type CanaryStep = {
  readonly share: number
  readonly forMs: number
  /** After so long it goes on although it saw too few requests, or nothing can be said. */
  readonly atMostMs: number
  /** It goes on only when somebody says so. */
  readonly manual: boolean
}

/** By what a client is known, so that it stays on the side that it was given. */
export type Sticky = { readonly kind: 'cookie' | 'header'; readonly name: string }

/** What the service itself declares to be a failure, beside 5xx. */
export type FailureRule = {
  /** An answer that has this header has failed. */
  readonly header: string | null
  readonly statuses: readonly number[]
  /** `grpc-status` other than 0, in a header of the answer to a POST, which every call of gRPC is. */
  readonly grpc: boolean
}

export type SignalSource =
  | { readonly kind: 'prometheus'; readonly url: string; readonly query: string }
  /** 2xx and 3xx are 0, anything else, and no answer, is 1. */
  | { readonly kind: 'http'; readonly url: string }
  /** Exit 0 is what it prints, a number, or 0 when it prints none; any other exit is 1. Without a shell. */
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly cwd: string }

/** Something that the proxy cannot see. It speaks against the release when its value has been beyond the threshold for that long without a break. */
export type Signal = {
  readonly name: string
  readonly source: SignalSource
  readonly when: 'above' | 'below'
  readonly threshold: number
  readonly forMs: number
  readonly everyMs: number
  readonly timeoutMs: number
}

export type VerdictSettings = {
  /** How often, at most, a good release may be taken back. */
  readonly alpha: number
  /** A share of failed requests that is no reason to go back where there is nothing to compare with. */
  readonly errorRate: number
  /** A release is slower when its 95th percentile is slower by this part (0.2 = 20 %) and by so many milliseconds. */
  readonly latency: { readonly shift: number; readonly atLeastMs: number } | null
  readonly memory: boolean
  /** What happens at the end of a canary about which nothing can be said. */
  readonly undecided: 'go_on' | 'go_back'
}

export type Autopilot = 'advise' | 'ask' | 'act'

/** What the configuration says of trials, of one service in one environment. No part of a release. */
export type TrialPolicy = {
  /** Empty: a new release gets everything at once. */
  readonly steps: readonly CanaryStep[]
  /** Of each side, before a step can be passed. */
  readonly leastRequests: number
  readonly shield: boolean
  readonly sticky: Sticky | null
  readonly failure: FailureRule
  /** `null`: a release is stable as soon as its deploy succeeded. */
  readonly bake: { readonly forMs: number; readonly holdback: number } | null
  readonly verdict: VerdictSettings
  readonly signals: readonly Signal[]
  readonly autopilot: Autopilot
  /** Networks (CIDR) from which a release may be reached on purpose by header or host name. */
  readonly previewFrom: readonly string[]
}

/** Everything at once, and stable at once: what holds for a definition that was stored before there were trials. */
export const PLAIN_TRIAL: TrialPolicy = {
  steps: [],
  leastRequests: 100,
  shield: true,
  sticky: null,
  failure: { header: null, statuses: [], grpc: true },
  bake: null,
  verdict: {
    alpha: 0.001,
    errorRate: 0.01,
    latency: { shift: 0.2, atLeastMs: 50 },
    memory: true,
    undecided: 'go_on',
  },
  signals: [],
  autopilot: 'act',
  previewFrom: ['127.0.0.0/8', '::1/128'],
}
