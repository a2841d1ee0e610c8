// A value that must not be seen. Whatever turns it into text (templates, JSON, an inspector, a log) gets [redacted].
// Invariant: only reveal() gives the value away.

const REDACTED = '[redacted]'

export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The value itself, for the moment in which it is handed to what needs it. */
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return REDACTED
  }
  toJSON(): string {
    return REDACTED
  }
  [Symbol.toPrimitive](): string {
    return REDACTED
  }
  // What node:util's inspect and therefore console.log ask for; spelled out, since core imports nothing.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}
