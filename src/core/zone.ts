// Time zones: what a zone's own clock shows at a moment, and at which moment it shows a time. Pure: the zones are those that the runtime knows.

const DAY_MS = 86_400_000

/** The zone as it is written properly. */
export function zoneNamed(zone: string): string | null {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return null // a RangeError: there is no such zone
  }
}

/**
 * The moment at which a zone's clock shows `local`, a time counted as if it were UTC. A time that comes twice, as daylight saving ends, is its
 * `first` or its `last` one; a time that is left out, as it begins, is as much later.
 */
export function instantOf(zone: string, local: number, which: 'first' | 'last'): number {
  const shown = instantsOf(zone, local)
  if (shown.length === 0) return local - offsetMs(zone, local - DAY_MS)
  return which === 'first' ? Math.min(...shown) : Math.max(...shown)
}

/** Every moment at which a zone's clock shows `local`: one, none as daylight saving begins, two as it ends. In their order. */
export function instantsOf(zone: string, local: number): number[] {
  const candidates = [local - offsetMs(zone, local - DAY_MS), local - offsetMs(zone, local + DAY_MS)]
  const shown = candidates.filter((at) => at + offsetMs(zone, at) === local)
  return [...new Set(shown)].sort((a, b) => a - b)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** How far a zone's clock is ahead of UTC at a moment. */
export function offsetMs(zone: string, at: number): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  const shown = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? 0
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return local - Math.floor(at / 1_000) * 1_000
}
