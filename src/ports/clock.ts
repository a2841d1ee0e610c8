// Time and chance, injected so that tests own them.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds with fractions from an arbitrary start, never going back. */
  monotonic(): number
  /** Resolves after `ms`, or rejects with the signal's reason as soon as that aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** `bytes` random bytes, as lower-case hex. */
  hex(bytes: number): string
}
