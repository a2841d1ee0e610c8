// A judgement in one sentence that a person understands: what was seen, how sure that is, and what would have been enough. English.
import { WHOLE_SHARE } from '../trial.ts'
import { LATENCY_EDGES_MS } from './counts.ts'
import type { Evidence } from './evidence.ts'
import type { Judgement, Names, StreamReport } from './judgement.ts'

/** What a stream counts, after the name of a release. */
const VERBS: Readonly<Record<Exclude<StreamReport['rule'], 'latency'>, string>> = {
  failures: 'fails',
  client_errors: 'answers 4xx to',
  declared: 'declares as failed',
  missing_success: 'does not answer 2xx or 3xx to',
  probes: 'fails',
}

export function sentenceFor(judged: Omit<Judgement, 'sentence'>, evidence: Evidence, names: Names): string {
  return `${capital(parts(judged, evidence, names))}.`
}

function parts(judged: Omit<Judgement, 'sentence'>, evidence: Evidence, names: Names): string {
  const { rule, verdict, held, streams, requests } = judged
  const stream = streams.find((one) => one.rule === rule)
  if (stream !== undefined) {
    const alone = rule === 'probes'
    const [reached, enough] = alone ? [stream.maximum, stream.threshold] : [judged.maximum, judged.threshold]
    return `${seen(stream, evidence, names)}; the evidence is ${odds(reached)} and ${odds(enough)} is enough`
  }
  if (held !== null) return heldBecause(held, evidence, names)
  const few = tooFew(requests, evidence, names)
  if (few !== null) return few
  const failures = seen(
    streams.find((one) => one.rule === 'failures')!,
    evidence,
    names,
  )
  const against = `the evidence against it is ${odds(judged.evidence)}`
  if (verdict === 'pass') return `${failures}; ${against}, and ${odds(judged.threshold)} would be needed`
  const peak = judged.maximum >= judged.threshold
  if (peak) return `${failures}; ${against}, but too small a difference, or too few failures, to go back`
  return `${failures}; ${against}: too much to go on, and less than the ${odds(judged.threshold)} that is enough to go back`
}

function seen(stream: StreamReport, { allowedRate, slowness }: Evidence, { candidate, stable }: Names): string {
  const other = stable ?? 'what is allowed'
  if (stream.rule === 'latency' && slowness !== null && stream.p95Ms !== null) {
    const { p95Ms } = stream
    return `${candidate} takes up to ${ms(p95Ms.candidate)} for 95 % of its requests, ${other} up to ${ms(p95Ms.stable)}`
  }
  if (stream.rule === 'latency') return `${candidate} has answered nothing yet`
  const { low, high } = stream.interval
  const rate = `${percent(stream.rate ?? 0)} % of its ${stream.rule === 'probes' ? 'probes' : 'requests'}`
  const theirs =
    stream.stable === null
      ? `${percent(allowedRate)} % is allowed`
      : `${other} ${percent(stream.stable.n === 0 ? 0 : stream.stable.e / stream.stable.n)} %`
  return `${candidate} ${VERBS[stream.rule]} ${rate} (95 % interval ${percent(low)}–${percent(high)} %), ${theirs}`
}

function heldBecause(
  held: NonNullable<Judgement['held']>,
  { split, recent, sides, allowedRate, phi }: Evidence,
  { candidate, stable }: Names,
): string {
  const other = stable ?? 'the stable release'
  switch (held) {
    case 'split': {
      const part = split.candidate / Math.max(1, split.candidate + split.stable)
      return `${candidate} gets ${percent(part)} % of the requests and should get ${percent((split.share ?? 0) / WHOLE_SHARE)} %: something other than chance decides who goes where, so nothing can be compared`
    }
    case 'placebo':
      return `one server of ${other} differs from its others as a bad release would, so ${candidate} cannot be compared with them; failures are now taken to come in bursts of ${phi.toFixed(1)}`
    case 'stable_failing':
      return sides === 'one'
        ? `${other} failed as many as ${percent(allowedRate)} % of its requests before, so nothing can be said of ${candidate} alone`
        : `${other} itself fails ${percent(recent.e / recent.n)} % of its requests at present, so it is no measure for ${candidate}`
  }
}

function tooFew(
  { candidate, stable }: Judgement['requests'],
  { leastRequests, sides }: Evidence,
  names: Names,
): string | null {
  const least = Math.max(1, leastRequests)
  const lines = [
    ...(candidate < least ? [`${names.candidate} has had ${grouped(candidate)}`] : []),
    ...(sides === 'two' && stable < least
      ? [`${names.stable ?? 'the stable release'} has had ${grouped(stable)}`]
      : []),
  ]
  return lines.length === 0 ? null : `${lines.join(' and ')} of the ${grouped(least)} requests that a verdict needs`
}

/** Rates of 0–1 as percents: one digit, two below 0.1 %. */
function percent(rate: number): string {
  const value = rate * 100
  return value > 0 && value < 0.095 ? value.toFixed(2) : value.toFixed(1)
}

function odds(evidence: number): string {
  if (evidence >= 1e9) return `10^${Math.floor(Math.log10(evidence))} to 1`
  return `${evidence < 10 ? evidence.toFixed(1) : grouped(Math.round(evidence))} to 1`
}

/** Beyond the last edge nobody knows how much. */
function ms(value: number): string {
  return value >= LATENCY_EDGES_MS.at(-1)!
    ? `more than ${grouped(LATENCY_EDGES_MS.at(-1)!)} ms`
    : `${grouped(Math.round(value))} ms`
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

function capital(text: string): string {
  return text.startsWith('the ') || text.startsWith('one ') ? text[0]!.toUpperCase() + text.slice(1) : text
}
