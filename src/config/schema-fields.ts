// The kinds of fields that astern.yaml is made of. Each says what it expects in one sentence, with which every fault is reported.
// Convention: a message that begins with "expected" gets ", got …" appended where it is reported.
import { z } from 'zod'
import { DURATION_PATTERN, formatDuration, parseDuration } from '../core/duration.ts'
import { VARIABLE_NAME_PATTERN } from '../core/env-file.ts'
import { SHARE_PATTERN, formatShare, parseShare } from '../core/share.ts'
import { SIZE_PATTERN, formatSize, parseSize } from '../core/size.ts'
import type { Parsed } from './problems.ts'

/** Docker takes no less. */
const MIN_MEMORY_BYTES = 6 * 1_024 * 1_024

/** Lower-case letters, digits and dashes: it becomes part of container and proxy names, where a dot separates. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/

type Meta = { readonly description: string; readonly [key: string]: unknown }

/** A text with a parser of its own: the editor sees a string, the program what was parsed. */
export function parsed<T>(parse: (text: string) => Parsed<T>, meta: Meta) {
  return z
    .string({ error: 'expected a text' })
    .transform((text, context): T => {
      const result = parse(text)
      if ('value' in result) return result.value
      context.issues.push({ code: 'custom', message: result.problem, input: text })
      return z.NEVER
    })
    .meta(meta)
}

export function matching(pattern: RegExp, expected: string, meta: Meta) {
  return z
    .string({ error: `expected ${expected}` })
    .regex(pattern, { error: `expected ${expected}` })
    .meta(meta)
}

export function integer(min: number, max: number, meta: Meta) {
  const error = `expected an integer from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error }).meta(meta)
}

/** `or`: what else may stand there. */
export function duration(minMs: number, maxMs: number, meta: Meta, or = '') {
  const error = `expected ${or}a length of time from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, as in 500ms, 30s, 5m or 1h`
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error })
    .transform((text, context): number => {
      const ms = parseDuration(text)
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms
      context.issues.push({ code: 'custom', message: error, input: text })
      return z.NEVER
    })
    .meta(meta)
}

/** Parts of 10,000. */
export function percentage(min: number, max: number, meta: Meta) {
  const error = `expected a percentage from ${formatShare(min)} to ${formatShare(max)}, as in 1% or 0.5%`
  return z
    .string({ error })
    .regex(SHARE_PATTERN, { error })
    .transform((text, context): number => {
      const share = parseShare(text)
      if (share !== null && share >= min && share <= max) return share
      context.issues.push({ code: 'custom', message: error, input: text })
      return z.NEVER
    })
    .meta(meta)
}

export function trueOrFalse(meta: Meta) {
  return z.boolean({ error: 'expected true or false' }).meta(meta)
}

export function memorySize(meta: Meta) {
  const error = `expected a size of at least ${formatSize(MIN_MEMORY_BYTES)}, as in 128m or 1g`
  return z
    .string({ error })
    .regex(SIZE_PATTERN, { error })
    .transform((text, context): number => {
      const bytes = parseSize(text)
      if (bytes !== null && bytes >= MIN_MEMORY_BYTES) return bytes
      context.issues.push({ code: 'custom', message: error, input: text })
      return z.NEVER
    })
    .meta(meta)
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T, meta: Meta) {
  return z.enum(values, { error: `expected ${values.slice(0, -1).join(', ')} or ${values.at(-1)}` }).meta(meta)
}

export function mapping<T extends z.ZodRawShape>(shape: T, meta: Meta, error = 'expected a mapping') {
  return z.strictObject(shape, { error }).meta(meta)
}

export function list<T extends z.ZodType>(item: T, meta: Meta) {
  return z.array(item, { error: 'expected a list' }).meta(meta)
}

/** What becomes a text as it was written: `8080`, `1.10`, `true`. */
const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number, true or false' })

export const variableName = z.string().regex(VARIABLE_NAME_PATTERN, { error: 'expected the name of a variable' })

export function variables(meta: Meta) {
  return z.record(variableName, scalar, { error: 'expected a mapping of names to values' }).meta(meta)
}

export function argv(meta: Meta) {
  const error = 'expected a list of words, as in [/app, serve]'
  return z.array(scalar, { error }).min(1, { error }).meta(meta)
}

/** Where something confidential is read from; `what` it is. */
export function valueSource(what: string, more = '') {
  return mapping(
    {
      env: matching(VARIABLE_NAME_PATTERN, 'the name of a variable', {
        description: 'A variable in the environment of Astern.',
      }).optional(),
      file: z
        .string({ error: 'expected the path of a file' })
        .min(1, { error: 'expected the path of a file' })
        .meta({ description: `A file that holds the ${what} and nothing else.` })
        .optional(),
    },
    { description: `Either \`env\` or \`file\`.${more}` },
    `expected { env: … } or { file: … }, never the ${what} itself`,
  )
}
