// Reads what wrk.lua has noted: spans of one version per thread, and the sums.
import type { Span, Traffic } from './answers.ts'

const SUMS = ['requests', 'connect', 'read', 'write', 'status', 'timeout'] as const

/** A span without an end goes on until `endedAt`. */
export function readNotes(text: string, endedAt: number): Span[] {
  const spans: Span[] = []
  let begun: { version: string; firstAt: number } | null = null
  for (const line of text.split('\n')) {
    const [kind, version, time] = line.split(' ')
    if (version === undefined || time === undefined) continue
    if (kind === 'S') begun = { version, firstAt: Number(time) }
    else if (begun?.version === version) {
      spans.push({ ...begun, lastAt: Number(time) })
      begun = null
    }
  }
  if (begun !== null) spans.push({ ...begun, lastAt: endedAt })
  return spans
}

/** The line of sums in what wrk prints. Throws when it is not there. */
export function readSums(stdout: string): Omit<Traffic, 'spans'> {
  const line = stdout.split('\n').find((each) => each.startsWith('{"requests":'))
  if (line === undefined) throw new Error(`wrk printed no sums:\n${stdout}`)
  const sums = JSON.parse(line) as Record<(typeof SUMS)[number], number>
  const reasons = SUMS.filter((name) => name !== 'requests' && sums[name] > 0)
  return {
    // an answer with a bad status is among the requests, a broken connection is not
    sent: sums.requests + sums.connect + sums.read + sums.write,
    failed: reasons.reduce((sum, name) => sum + sums[name], 0),
    failures: Object.fromEntries(reasons.map((name) => [`wrk: ${name}`, sums[name]])),
  }
}
