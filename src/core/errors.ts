// Errors that a user can act on, made from the catalogue. A programmer's error is not among them: it is an assertion and crashes.
import { catalogue } from './error-catalogue.ts'
import type { ExitCode } from './error-entry.ts'

export type ErrorCode = keyof typeof catalogue
export type Details = Readonly<Record<string, string | number>>

/** An error that a user can act on. `message` is English with its details filled in; `details` let another language fill in its own text. */
export class AsternError extends Error {
  override readonly name = 'AsternError'
  readonly code: ErrorCode
  readonly details: Details
  constructor(code: ErrorCode, details: Details, cause?: unknown) {
    super(fillIn(catalogue[code].message, details), cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }
  get hint(): string {
    return fillIn(catalogue[this.code].hint, this.details)
  }
  get exit(): ExitCode {
    return catalogue[this.code].exit
  }
  get retryable(): boolean {
    return catalogue[this.code].retryable
  }
}

/** `throw fail('IMAGE_NOT_FOUND', { image, reason })` */
export function fail(code: ErrorCode, details: Details = {}, cause?: unknown): AsternError {
  return new AsternError(code, details, cause)
}

export function isAsternError(error: unknown, code?: ErrorCode): error is AsternError {
  return error instanceof AsternError && (code === undefined || error.code === code)
}

/** Replaces `{name}` by the detail of that name; an unknown name stays as it is, so that a gap is seen. */
export function fillIn(text: string, details: Details): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (name in details ? String(details[name]) : whole))
}

/** One line that says what went wrong, for messages that quote a foreign error. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

/** For the last branch of an exhaustive switch. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
