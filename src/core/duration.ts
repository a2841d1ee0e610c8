// Lengths of time as people write them: 500ms, 30s, 1m30s, 24h, 7d.
// Invariant: parseDuration(formatDuration(ms)) is ms for every whole number of milliseconds that is safe.

const MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
const NUMBER = String.raw`\d+(?:\.\d+)?`

/** Units in falling order, each at most once. Only milliseconds take no fraction. */
export const DURATION_PATTERN = new RegExp(
  `^(?=\\d)(?:(${NUMBER})d)?(?:(${NUMBER})h)?(?:(${NUMBER})m(?!s))?(?:(${NUMBER})s)?(?:(\\d+)ms)?$`,
)

/** Milliseconds, rounded to a whole one; `null` when the text is no length of time or is too long to count. */
export function parseDuration(text: string): number | null {
  const match = DURATION_PATTERN.exec(text)
  if (match === null) return null
  const [, d, h, m, s, ms] = match
  const total = Math.round(
    Number(d ?? 0) * MS.d + Number(h ?? 0) * MS.h + Number(m ?? 0) * MS.m + Number(s ?? 0) * MS.s + Number(ms ?? 0),
  )
  return Number.isSafeInteger(total) ? total : null
}

/** Days are used from two days on, so that 24h stays 24h. A fraction of a millisecond is rounded away. */
export function formatDuration(durationMs: number): string {
  if (!(durationMs >= 0 && durationMs <= Number.MAX_SAFE_INTEGER)) throw new RangeError(`no duration: ${durationMs}`)
  let rest = Math.round(durationMs)
  if (rest < MS.s) return rest === 0 ? '0s' : `${rest}ms`
  let text = ''
  if (rest >= 2 * MS.d) {
    text += `${Math.floor(rest / MS.d)}d`
    rest %= MS.d
  }
  for (const unit of ['h', 'm'] as const) {
    if (rest >= MS[unit]) text += `${Math.floor(rest / MS[unit])}${unit}`
    rest %= MS[unit]
  }
  if (rest === 0) return text
  const seconds = Math.floor(rest / MS.s)
  const thousandths = String(rest % MS.s)
    .padStart(3, '0')
    .replace(/0+$/, '')
  return `${text}${seconds}${thousandths === '' ? '' : `.${thousandths}`}s`
}
