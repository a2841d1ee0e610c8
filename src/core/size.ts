// Sizes of memory as people write them: 128m, 1.5g, 512k, 64b. Powers of 1024, as Docker counts them.
// Invariant: parseSize(formatSize(bytes)) is bytes for every whole number of bytes that is safe.

const UNITS = ['b', 'k', 'm', 'g', 't'] as const
const KIB = 1024

/** `128m`, `128mb`, `128MiB` are the same. A number without a unit is not taken: too many mean megabytes by it. */
export const SIZE_PATTERN = /^(\d+(?:\.\d+)?)\s?(?:([bB])|([kKmMgGtT])(?:i?[bB]|i)?)$/

/** Bytes, rounded to a whole one; `null` when the text is no size or is too large to count. */
export function parseSize(text: string): number | null {
  const match = SIZE_PATTERN.exec(text)
  if (match === null) return null
  const unit = (match[2] ?? match[3] ?? 'b').toLowerCase()
  const total = Math.round(Number(match[1]) * KIB ** UNITS.findIndex((known) => known === unit))
  return Number.isSafeInteger(total) ? total : null
}

/** Exact: the largest unit that divides the size. */
export function formatSize(bytes: number): string {
  if (!(Number.isSafeInteger(bytes) && bytes >= 0)) throw new RangeError(`no size: ${bytes}`)
  let rest = bytes
  let power = 0
  while (rest > 0 && rest % KIB === 0 && power < UNITS.length - 1) {
    rest /= KIB
    power += 1
  }
  return `${rest}${UNITS[power]}`
}

const SHOWN_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const
const KILO = 1000

/** For people, as Docker shows images: `14.2 MB`. */
export function shownSize(bytes: number): string {
  let value = bytes
  let power = 0
  while (Math.abs(value) >= KILO - 0.5 && power < SHOWN_UNITS.length - 1) {
    value /= KILO
    power += 1
  }
  return `${Number(value.toPrecision(3))} ${SHOWN_UNITS[power]}`
}
