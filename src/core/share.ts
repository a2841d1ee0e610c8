// Percentages as people write them: 1%, 0.5%, 12.25%. Counted in parts of 10,000, so that what was written is exact.
// Invariant: parseShare(formatShare(share)) is share for every whole number of parts.

const PARTS_OF_A_PERCENT = 100

/** At most two decimals. More than 100% is for callers to refuse: a shift may be larger than the whole. */
export const SHARE_PATTERN = /^(\d{1,5})(?:\.(\d{1,2}))?%$/

/** Parts of 10,000; `null` when the text is no percentage. */
export function parseShare(text: string): number | null {
  const match = SHARE_PATTERN.exec(text)
  if (match === null) return null
  const [, whole = '', hundredths = ''] = match
  return Number(whole) * PARTS_OF_A_PERCENT + Number(hundredths.padEnd(2, '0'))
}

export function formatShare(share: number): string {
  if (!(Number.isSafeInteger(share) && share >= 0)) throw new RangeError(`no share: ${share}`)
  const hundredths = String(share % PARTS_OF_A_PERCENT)
    .padStart(2, '0')
    .replace(/0+$/, '')
  return `${Math.floor(share / PARTS_OF_A_PERCENT)}${hundredths === '' ? '' : `.${hundredths}`}%`
}

/** 5 for 500 of 10,000. */
export function percentOf(share: number): number {
  return share / PARTS_OF_A_PERCENT
}
