// Numbers as people read them. Nothing is rounded into looking better than it was.

const whole = new Intl.NumberFormat('en')

export function count(value: number): string {
  return whole.format(value)
}

/** `0.94 ms`, `47.8 ms`, `152 ms`, `1,204 ms`: three digits, which is what a measurement here is worth. */
export function milliseconds(value: number | null): string {
  if (value === null) return '–'
  if (value < 9.995) return `${value.toFixed(2)} ms`
  return `${value < 99.95 ? value.toFixed(1) : count(Math.round(value))} ms`
}

/** `100 %` only of all; else rounded down: `99.99 %`, `76.1 %`. */
export function percent(share: number | null): string {
  if (share === null) return '–'
  if (share === 1) return '100 %'
  const digits = share > 0.99 ? 2 : 1
  const scale = 10 ** digits
  // A hair on top, against what floating point does to 0.761 × 1000.
  return `${(Math.floor(share * 100 * scale + 1e-9) / scale).toFixed(digits)} %`
}

/** `3.2 s`, `1 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
