// What is said of a release that needs more and more memory. Pure. Megabytes are of 1,024 · 1,024 bytes, as memory limits count.
import type { MemoryFinding } from './memory-finding.ts'

const MIB = 1_048_576
const KIB = 1_024
/** Below this part of the candidate's growth the stable release is said not to grow. */
const HARDLY = 0.05
const ROUND_ABOVE = 10

/** `r42 grows by 4.1 MB/s and would be killed for lack of memory in about 14 s (22:14:05 UTC, limit 128 MB); r41 does not grow` */
export function memorySentence(
  { slope, deathAt, limitBytes, stableSlope }: MemoryFinding,
  names: { readonly candidate: string; readonly stable: string | null },
  nowAt: number,
): string {
  const growth = `${names.candidate} grows by ${rate(slope.estimate)}`
  const death = `would be killed for lack of memory in about ${length(deathAt.likely - nowAt)}`
  const details = `(${time(deathAt.likely, nowAt)} UTC, limit ${number(limitBytes / MIB)} MB)`
  return `${growth} and ${death} ${details}${besides(names.stable, stableSlope, slope.estimate)}`
}

function besides(name: string | null, stableSlope: number | null, slope: number): string {
  if (name === null || stableSlope === null) return ''
  return stableSlope <= HARDLY * slope ? `; ${name} does not grow` : `; ${name} grows by ${rate(stableSlope)}`
}

function rate(bytesPerS: number): string {
  const units = [
    { per: 's', s: 1 },
    { per: 'min', s: 60 },
    { per: 'h', s: 3_600 },
  ]
  const unit = units.find(({ s }) => bytesPerS * s >= MIB / 10)
  if (unit === undefined) return `${number((bytesPerS * 3_600) / KIB)} KB/h`
  return `${number((bytesPerS * unit.s) / MIB)} MB/${unit.per}`
}

/** Two digits, or all before the point. */
function number(value: number): string {
  return value >= ROUND_ABOVE ? String(Math.round(value)) : String(Number(value.toFixed(1)))
}

function length(ms: number): string {
  const s = Math.max(0, ms / 1_000)
  if (s < 100) return `${Math.round(s)} s`
  if (s < 100 * 60) return `${Math.round(s / 60)} min`
  return `${Math.round(s / 3_600)} h`
}

/** `22:14:05`; with its day when that is another. */
function time(at: number, nowAt: number): string {
  const [day, clock] = new Date(at).toISOString().slice(0, 19).split('T')
  return day === new Date(nowAt).toISOString().slice(0, 10) ? clock! : `${day} ${clock}`
}
