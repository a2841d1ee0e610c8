// What `signals` of a service may hold. That one source is named, with a threshold where it needs one, is checked in signals.ts.
import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { parseHttpAddress } from './http-address.ts'
import { argv, duration, mapping, NAME_PATTERN, parsed } from './schema-fields.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MAX_QUERY_LENGTH = 4_096
const QUERY_RULE = `expected a query of PromQL, ${MAX_QUERY_LENGTH} characters at most`

const address = (example: string, description: string) =>
  parsed((text) => parseHttpAddress(text, example, 'a password does not belong here: addresses are stored and shown'), {
    description,
    examples: [example],
  })

const threshold = (description: string) => z.number({ error: 'expected a number' }).meta({ description })

const signal = mapping(
  {
    prometheus: address(
      'http://127.0.0.1:9090',
      'The address of a Prometheus. `query` says what it is asked.',
    ).optional(),
    query: z
      .string({ error: QUERY_RULE })
      .min(1, { error: QUERY_RULE })
      .max(MAX_QUERY_LENGTH, { error: QUERY_RULE })
      .meta({ description: 'What Prometheus is asked: PromQL whose answer is one number.' })
      .optional(),
    http: address(
      'http://127.0.0.1:8000/ok',
      'An address that is asked by GET: 2xx and 3xx are 0, anything else, and no answer, is 1.',
    ).optional(),
    command: argv({
      description:
        'A program on the host, without a shell, in the folder of this file. Exit 0 is the number that it prints, or 0 when it prints none; any other exit is 1.',
      examples: [['./queue-length']],
    }).optional(),
    above: threshold(
      'It speaks against the release while its value is above this. For `http` and `command` 0 when absent.',
    ).optional(),
    below: threshold('It speaks against the release while its value is below this.').optional(),
    for: duration(0, DAY_MS, {
      description: 'How long without a break it must do so.',
      default: DEFAULTS.signals.for,
    }).optional(),
    every: duration(100, HOUR_MS, {
      description: 'How often it is asked.',
      default: DEFAULTS.signals.every,
    }).optional(),
    timeout: duration(100, HOUR_MS, {
      description: 'An answer that takes longer is none.',
      default: DEFAULTS.signals.timeout,
    }).optional(),
  },
  { description: 'One of `prometheus`, `http` and `command`.' },
)
export type SignalConfig = z.output<typeof signal>

export const signals = z
  .record(z.string().meta({ pattern: NAME_PATTERN.source }), signal, { error: 'expected a mapping of signals' })
  .meta({
    description: 'What the proxy cannot see, by name: a reason to go back while a release is on trial.',
    examples: [{ partner: { http: 'http://127.0.0.1:8000/ok', for: '30s' } }],
  })
export type SignalsConfig = z.output<typeof signals>
