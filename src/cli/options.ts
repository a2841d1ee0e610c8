// Values of options that need reading.
import { formatDuration, parseDuration } from '../core/duration.ts'
import { fail } from '../core/errors.ts'
import type { Force } from '../core/plan-rollback.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'

const FORCES: readonly Force[] = ['quarantine', 'hold', 'outdated', 'freeze', 'schema']

const MAX_RAMP_MS = 3_600_000

/** `--force=quarantine,hold`. Error: USAGE. */
export function parseForce(context: Context, args: Arguments): ReadonlySet<Force> {
  const words = (args.text('force') ?? '').split(',').filter((word) => word !== '')
  const unknown = words.find((word) => !FORCES.some((force) => force === word))
  if (unknown !== undefined) {
    const problem = context.t('force_unknown', { known: FORCES.join(', '), value: unknown })
    throw fail('USAGE', { problem, command: args.command })
  }
  return new Set(FORCES.filter((force) => words.includes(force)))
}

const TAG = /^(sha256:[0-9a-f]{64}|\w[\w.-]{0,127})$/

/** A tag, or a digest. Error: USAGE. */
export function parseTag(context: Context, text: string): string {
  if (TAG.test(text)) return text
  const problem = context.t('value_invalid', { name: 'TAG', expected: 'v1.2.3', value: text })
  throw fail('USAGE', { problem, command: 'deploy' })
}

/** `--ramp 30s`. Error: USAGE. */
export function parseRamp(context: Context, args: Arguments): { readonly rampMs?: number } {
  const text = args.text('ramp')
  if (text === null) return {}
  const rampMs = parseDuration(text)
  if (rampMs !== null && rampMs > 0 && rampMs <= MAX_RAMP_MS) return { rampMs }
  const expected = context.t('ramp_expected', { max: formatDuration(MAX_RAMP_MS) })
  throw fail('USAGE', {
    problem: context.t('value_invalid', { name: 'ramp', expected, value: text }),
    command: args.command,
  })
}

/** A whole number from 1 up. Error: USAGE. */
export function parseCount(context: Context, args: Arguments, name: string, otherwise: number): number {
  const text = args.text(name)
  if (text === null) return otherwise
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw fail('USAGE', {
    problem: context.t('value_invalid', { name, expected: '1, 2, 3 …', value: text }),
    command: args.command,
  })
}
