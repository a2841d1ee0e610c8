// Wall-clock time with fractions of a millisecond, to compare what happens here with the load generator's time stamps.

let offsetMs = 0

/** Milliseconds since the Unix epoch. Good to some microseconds for minutes after `alignClock`. */
export function wallMs(): number {
  return performance.now() + offsetMs
}

/** `Date.now` counts whole milliseconds: the moment at which it ticks tells the fraction. Takes up to 1 ms. */
export function alignClock(): void {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  offsetMs = now - performance.now()
}

alignClock()
