// Checks values against a schema and turns its issues into problems with positions. What is sound comes back even when the rest
// is not, so that the checks that follow (files, addresses) find their problems in the same run.
// Invariant: values under `secrets`, `env`, `headers` and `token` are never quoted.
import { z } from 'zod'
import type { Path, Place, Problems } from './problems.ts'
import { didYouMean } from './suggest.ts'
import type { YamlDocument } from './yaml-document.ts'

const MAX_QUOTED_LENGTH = 60
/** Below these keys a wrong value may be a password that went astray. */
const CONFIDENTIAL = new Set<string | number>(['secrets', 'env', 'environment', 'headers', 'webhook', 'token'])

type Issue = z.core.$ZodIssue

export type ValidateOptions = {
  /** What `value` was read from. */
  readonly document: YamlDocument
  readonly path: Path
  readonly problems: Problems
  /** Says more of an unknown key than that it is unknown. */
  readonly hint?: (key: string) => string | undefined
}

/** What is valid of `value`; `null` when nothing is. Everything else is added to the problems. */
export function validate<T extends z.ZodType>(schema: T, value: unknown, options: ValidateOptions): z.output<T> | null {
  const first = schema.safeParse(value)
  if (first.success) return first.data
  const issues = flatten(first.error.issues, [])
  for (const issue of issues) report(schema, value, issue, options)
  const rest = withoutFaults(value, issues)
  const second = schema.safeParse(rest)
  return second.success ? second.data : null
}

/** Issues of a union are those of the one branch that the value was meant for, if that can be told. */
function flatten(issues: readonly Issue[], prefix: Path): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
    if (issue.code === 'invalid_union') {
      const meant = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0 || !isTypeIssue(inner)))
      if (meant !== undefined) return flatten(meant, path)
    }
    return [{ ...issue, path }]
  })
}

function isTypeIssue(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union'
}

function report(schema: z.ZodType, root: unknown, issue: Issue, options: ValidateOptions): void {
  const { document, problems } = options
  const within = issue.path as Path
  const place: Place = { document, path: [...options.path, ...within] }
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, within)
    for (const key of issue.keys) {
      const hint = options.hint?.(key)
      const message = hint ?? `unknown field${didYouMean(key, known)}`
      problems.atKey({ document, path: [...place.path, key] }, message)
    }
    return
  }
  if (issue.code === 'invalid_key') {
    const rule = issue.issues[0]?.message ?? issue.message
    problems.atKey(place, `${rule}, got ${shown(within.at(-1))}`)
    return
  }
  const value = valueAt(root, within)
  if (value === undefined) {
    problems.missing(place, `is missing; ${issue.message}`)
    return
  }
  const confidential = place.path.some((part) => CONFIDENTIAL.has(part))
  const got = issue.message.startsWith('expected') ? `, got ${confidential ? kindOf(value) : shown(value)}` : ''
  const suggestion =
    issue.code === 'invalid_value' && typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : ''
  problems.at(place, `${issue.message}${got}${suggestion}`)
}

/** A copy without what was found to be wrong. An item of a list takes the list with it: what follows it would move. */
function withoutFaults(value: unknown, issues: readonly Issue[]): unknown {
  const copy: unknown = structuredClone(value)
  for (const issue of issues) {
    const index = issue.path.findIndex((part) => typeof part === 'number')
    const path = (index === -1 ? issue.path : issue.path.slice(0, index)) as Path
    if (issue.code === 'unrecognized_keys' && index === -1) for (const key of issue.keys) remove(copy, [...path, key])
    else remove(copy, path)
  }
  return copy
}

function remove(root: unknown, path: Path): void {
  const parent = valueAt(root, path.slice(0, -1))
  const key = path.at(-1)
  if (key !== undefined && isRecord(parent)) delete parent[String(key)]
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The keys that a schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let candidates = objectsIn(schema)
  for (const part of path) {
    candidates = candidates.flatMap((candidate) => {
      if (candidate instanceof z.ZodObject) {
        const field = (candidate.shape as Record<string, z.ZodType>)[String(part)]
        return field === undefined ? [] : objectsIn(field)
      }
      if (candidate instanceof z.ZodRecord) return objectsIn(candidate.valueType as z.ZodType)
      return candidate instanceof z.ZodArray ? objectsIn(candidate.element as z.ZodType) : []
    })
  }
  return candidates.flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []))
}

/** Looks through what only wraps: optional, union, transformed. */
function objectsIn(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return objectsIn(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodPipe) return objectsIn(schema.in as z.ZodType)
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap((option) => objectsIn(option))
  return [schema]
}

/** A value as a message quotes it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > MAX_QUOTED_LENGTH ? `${value.slice(0, MAX_QUOTED_LENGTH)}…` : value
    return JSON.stringify(cut)
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value === 'string' ? 'text' : typeof value}`
}
