// Sizes of images as Docker shows them: 14.5 MB.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const
const STEP = 1_000

/** Three digits at most, in powers of 1,000. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / Math.log10(STEP)))
  const value = bytes / STEP ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${UNITS[power]}`
}
