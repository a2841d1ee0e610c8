// What astern.yaml may hold of trials: canary, bake, failure, verdict, autopilot. What one key means for another is checked in trial.ts.
import { z } from 'zod'
import { DURATION_PATTERN, formatDuration, parseDuration } from '../core/duration.ts'
import { WHOLE_SHARE } from '../core/trial.ts'
import { formatShare, parseShare } from '../core/share.ts'
import { DEFAULTS } from './defaults.ts'
import { parseNetwork } from './network.ts'
import type { Parsed } from './problems.ts'
import { duration, integer, list, mapping, matching, oneOf, parsed, percentage, trueOrFalse } from './schema-fields.ts'

const DAY_MS = 86_400_000
/** One request in ten thousand. */
const LEAST_SHARE = 1
const MOST_SHARE = WHOLE_SHARE - 1
const MOST_HOLDBACK = WHOLE_SHARE / 2 - 1
/** A 95th percentile may be many times what it was. */
const MOST_SHIFT = 10 * WHOLE_SHARE
const LEAST_STEP_MS = 100
const MOST_STEP_MS = 7 * DAY_MS
const LEAST_BAKE_MS = 100
const MOST_BAKE_MS = 30 * DAY_MS
const MOST_REQUESTS = 1_000_000
const LEAST_ALPHA = 0.000_001
const MOST_ALPHA = 0.5
const ALPHA_RULE = `expected a number from ${LEAST_ALPHA} to ${MOST_ALPHA}, as in 0.001`
const FIRST_STATUS = 200
const LAST_STATUS = 499
const STATUS_RULE = `expected a status from ${FIRST_STATUS} to ${LAST_STATUS} (5xx is a failure in any case)`
const MOST_LATENCY_MS = 3_600_000

/** A token of RFC 9110, as RFC 6265 wants it of a cookie too, without what means something in a proxy's configuration file. */
const TOKEN_PATTERN = /^[A-Za-z0-9!&*+.^_|~-]{1,100}$/
const TOKEN_RULE = 'letters, digits and !&*+.^_|~-, 100 at most, in the name of a'

const off = (meaning: string) => z.literal('off').meta({ description: meaning })

const longStep = mapping(
  {
    share: percentage(LEAST_SHARE, MOST_SHARE, { description: 'The part of the requests that the new release gets.' }),
    for: duration(LEAST_STEP_MS, MOST_STEP_MS, { description: 'How long.' }),
    at_most: duration(LEAST_STEP_MS, 2 * MOST_STEP_MS, {
      description:
        'When too few requests came by then, or nothing can be said, the step lasts longer, up to this; then `undecided` of `verdict` says what happens. When absent, twice `for`, and 10s at least.',
    }).optional(),
    gate: oneOf(['auto', 'manual'], {
      description: 'With `manual` it goes on only when somebody says so (`astern promote`).',
      default: 'auto',
    }).optional(),
  },
  { description: 'A step in its long form.' },
)
type StepConfig = Omit<z.output<typeof longStep>, 'for'> & {
  /** `null`: the whole, which is the end. */
  readonly for: number | null
}

function parseStep(text: string): Parsed<StepConfig> {
  const problem = 'expected a share and a length of time, as in 5% 1m'
  const [percent = '', time, ...rest] = text.trim().split(/\s+/)
  const share = parseShare(percent)
  if (share === null || rest.length > 0) return { problem }
  if (share === WHOLE_SHARE) {
    return time === undefined
      ? { value: { share, for: null } }
      : { problem: '100% comes after the last step and lasts; write it without a time, or not at all' }
  }
  if (share < LEAST_SHARE || share > MOST_SHARE) {
    return { problem: `expected a share from ${formatShare(LEAST_SHARE)} to ${formatShare(MOST_SHARE)}` }
  }
  if (time === undefined) return { problem }
  const ms = DURATION_PATTERN.test(time) ? parseDuration(time) : null
  if (ms === null || ms < LEAST_STEP_MS || ms > MOST_STEP_MS) {
    const range = `${formatDuration(LEAST_STEP_MS)} to ${formatDuration(MOST_STEP_MS)}`
    return { problem: `expected a length of time from ${range} behind the share, as in 5% 1m` }
  }
  return { value: { share, for: ms } }
}

const step = z.union(
  [
    parsed(parseStep, {
      description: '`SHARE TIME`, as in `5% 1m`. A `100%` at the end may be written, but goes without saying.',
    }),
    longStep,
  ],
  { error: 'expected a step as in 5% 1m, or a mapping with share and for' },
)

const steps = list(step, {
  description: 'Growing shares of the requests, one after the other; then the new release gets them all.',
  default: DEFAULTS.canary.steps,
})
export type StepsConfig = z.output<typeof steps>

const sticky = z
  .union(
    [
      off('Each request by chance.'),
      mapping(
        {
          cookie: matching(TOKEN_PATTERN, `${TOKEN_RULE} cookie`, {
            description: 'The name of a cookie that the proxy sets.',
            examples: ['astern'],
          }).optional(),
          header: matching(TOKEN_PATTERN, `${TOKEN_RULE} header`, {
            description: 'The name of a header that clients send, the same for the same user.',
            examples: ['X-User'],
          }).optional(),
        },
        { description: 'Either `cookie` or `header`.' },
      ),
    ],
    { error: 'expected off, { cookie: … } or { header: … }' },
  )
  .meta({
    description:
      'By what a client is known, so that it stays on the side it was given. When absent, each request by chance.',
  })

const longCanary = mapping(
  {
    steps: steps.optional(),
    requests: integer(1, MOST_REQUESTS, {
      description: 'Requests that each side must have answered before a step can be passed.',
      default: DEFAULTS.canary.requests,
    }).optional(),
    shield: trueOrFalse({
      description:
        'Idempotent requests that fail on the new release are answered by the old one instead, and count as failures of the new one.',
      default: DEFAULTS.canary.shield,
    }).optional(),
    sticky: sticky.optional(),
  },
  { description: 'A canary with all that can be said of it.' },
)

const canary = z
  .union([off('The new release gets everything at once.'), longCanary, steps], {
    error: 'expected off, steps as in [1% 30s, 5% 1m], or a mapping with steps, requests, shield, sticky',
  })
  .meta({
    description:
      'A new release gets a small share of the requests first, and more as long as nothing speaks against it. `off`, its steps, or a mapping. Not for the first release. What an environment leaves unsaid is as the service says it.',
    default: DEFAULTS.canary.steps,
    examples: ['off', ['1% 30s', '5% 1m', '25% 2m']],
  })
export type CanaryConfig = z.output<typeof canary>

const bakeFor = (or: string) =>
  duration(LEAST_BAKE_MS, MOST_BAKE_MS, { description: 'How long.', default: DEFAULTS.bake.for }, or)

const bake = z
  .union(
    [
      off('A release is stable as soon as its deploy has succeeded.'),
      bakeFor('off, or '),
      mapping(
        {
          for: bakeFor('').optional(),
          holdback: percentage(0, MOST_HOLDBACK, {
            description:
              'The part of the requests that the old release goes on to get meanwhile, so that there is something to compare with.',
            default: DEFAULTS.bake.holdback,
          }).optional(),
        },
        { description: 'A bake with all that can be said of it.' },
      ),
    ],
    { error: 'expected off, a length of time as in 15m, or a mapping with for and holdback' },
  )
  .meta({
    description:
      'How long a release that has all requests can still be judged; when it survives that, it is stable. `off`, a length of time, or a mapping.',
    default: DEFAULTS.bake.for,
    examples: ['off', '15m'],
  })

export const failure = mapping(
  {
    header: matching(TOKEN_PATTERN, `${TOKEN_RULE} header`, {
      description: 'An answer with this header has failed.',
      examples: ['X-Failed'],
    }).optional(),
    statuses: list(
      z
        .int({ error: STATUS_RULE })
        .min(FIRST_STATUS, { error: STATUS_RULE })
        .max(LAST_STATUS, { error: STATUS_RULE })
        .meta({ description: 'A status.' }),
      { description: 'Statuses that are failures.', examples: [[429]] },
    ).optional(),
    grpc: trueOrFalse({
      description: 'An answer of gRPC whose `grpc-status` is not 0 has failed.',
      default: DEFAULTS.failure.grpc,
    }).optional(),
  },
  { description: 'What the service itself declares to be a failure, beside 5xx.' },
)
export type FailureConfig = z.output<typeof failure>

const verdict = mapping(
  {
    alpha: z
      .number({ error: ALPHA_RULE })
      .min(LEAST_ALPHA, { error: ALPHA_RULE })
      .max(MOST_ALPHA, { error: ALPHA_RULE })
      .meta({
        description: 'How often, at most, a good release may be taken back: 0.001 is once in 1,000 deploys.',
        default: DEFAULTS.verdict.alpha,
      })
      .optional(),
    error_rate: percentage(0, WHOLE_SHARE, {
      description: 'A share of failed requests that is no reason to go back where there is nothing to compare with.',
      default: DEFAULTS.verdict.error_rate,
    }).optional(),
    latency: z
      .union(
        [
          off('A slower release is no reason to go back.'),
          mapping(
            {
              shift: percentage(0, MOST_SHIFT, {
                description: 'By what part the 95th percentile must be slower.',
                default: DEFAULTS.verdict.latency.shift,
              }).optional(),
              at_least: duration(0, MOST_LATENCY_MS, {
                description: 'By how much it must be slower as well.',
                default: DEFAULTS.verdict.latency.at_least,
              }).optional(),
            },
            { description: 'When a release counts as slower.' },
          ),
        ],
        { error: 'expected off, or a mapping with shift and at_least' },
      )
      .meta({ description: 'When a release is slow enough to go back: `off`, or a mapping.' })
      .optional(),
    memory: trueOrFalse({
      description: 'Whether memory that only grows is a reason to go back.',
      default: DEFAULTS.verdict.memory,
    }).optional(),
    undecided: oneOf(['go_on', 'go_back'], {
      description: 'What happens at the end of a canary about which nothing can be said, as with too few requests.',
      default: DEFAULTS.verdict.undecided,
    }).optional(),
  },
  {
    description: 'When the evidence is enough to go back. What an environment leaves unsaid is as the service says it.',
  },
)

/** What a service says of its trials, and an environment anew. */
export const trial = { canary: canary.optional(), bake: bake.optional(), verdict: verdict.optional() }

/** What an environment alone says. */
export const trialHere = {
  autopilot: oneOf(['advise', 'ask', 'act'], {
    description:
      'What happens when a release on trial turns out bad. `advise`: only the journal says what would have been done. `ask`: the canary goes no further and waits for a person (`astern promote`, `astern abort`). `act`: it goes back by itself.',
    default: DEFAULTS.autopilot,
  }).optional(),
  preview_from: list(parsed(parseNetwork, { description: 'A network, or an address.' }), {
    description:
      'Networks from which a release may be reached on purpose, by header or host name, whatever its share. What is said here takes the place of this host alone.',
    default: DEFAULTS.previewFrom,
    examples: [['10.0.0.0/8']],
  }).optional(),
}

/** Keys of trials in the wrong place, and what people know by other names. */
export const TRIAL_HINTS: Readonly<Record<string, string>> = {
  canary: 'unknown field here; it belongs under a service or an environment',
  bake: 'unknown field here; it belongs under a service or an environment',
  verdict: 'unknown field here; it belongs under a service or an environment',
  failure: 'unknown field here; it belongs under a service',
  signals: 'unknown field here; it belongs under a service',
  preview_from: 'unknown field here; it belongs under environments',
  steps: 'unknown field here; it belongs under canary',
  requests: 'unknown field here; it belongs under canary',
  shield: 'unknown field here; it belongs under canary',
  sticky: 'unknown field here; it belongs under canary',
  share: 'unknown field here; it belongs to a step of canary',
  gate: 'unknown field here; it belongs to a step of canary',
  at_most: 'unknown field here; it belongs to a step of canary',
  holdback: 'unknown field here; it belongs under bake',
  statuses: 'unknown field here; it belongs under failure',
  grpc: 'unknown field here; it belongs under failure',
  alpha: 'unknown field here; it belongs under verdict',
  error_rate: 'unknown field here; it belongs under verdict',
  latency: 'unknown field here; it belongs under verdict',
  undecided: 'unknown field here; it belongs under verdict',
  prometheus: 'unknown field here; it belongs to a signal, under signals: { NAME: … }',
  query: 'unknown field here; it belongs to a signal, under signals: { NAME: … }',
  above: 'unknown field here; it belongs to a signal, under signals: { NAME: … }',
  below: 'unknown field here; it belongs to a signal, under signals: { NAME: … }',
  threshold: 'unknown field; did you mean "above" or "below"?',
  weight: 'unknown field; did you mean "share"?',
  setWeight: 'unknown field; did you mean a step of canary, as in 5% 1m?',
  stepWeight: 'unknown field; each step of canary names its share, as in [1% 30s, 5% 1m, 25% 2m]',
  stepWeights: 'unknown field; each step of canary names its share, as in [1% 30s, 5% 1m, 25% 2m]',
  maxWeight: 'unknown field; the share of the last step of canary is the largest, then come all requests',
  pause: 'unknown field; did you mean "gate: manual" of a step, or its "for"?',
  analysis: 'unknown field; did you mean "verdict", or for measurements of your own "signals"?',
  metrics: 'unknown field; did you mean "signals"?',
  progressDeadline: 'unknown field; did you mean "at_most" of a step, or "health: { start_period: … }"?',
  progressDeadlineSeconds: 'unknown field; did you mean "at_most" of a step, or "health: { start_period: … }"?',
  maxSurge: 'unknown field; a new release starts in full beside the old one, and canary says what it gets',
  maxUnavailable: 'unknown field; a new release starts in full beside the old one, so nothing is unavailable',
}
