// How others decide, on the same ticks: each is asked after every tick, as an autopilot would, and answers whether it goes back.
import type { ArmCounts, Tick } from '../../src/core/verdict/counts.ts'
import { TICK_SECONDS } from './world.ts'

export type Rival = { readonly name: string; readonly start: () => (tick: Tick) => boolean }

/** Of the normal distribution, one-sided, for α = 0.001. */
const Z = 3.090_232
/** Kayenta calls two samples different with a confidence of 98 %; here only when the candidate is the worse. */
const KAYENTA_Z = 2.326_348
const LEAST_SAMPLES = 5
const LEAST_REQUESTS = 100
const WINDOW_TICKS = Math.ceil(60 / TICK_SECONDS)
const CHECK_EVERY_TICKS = Math.ceil(10 / TICK_SECONDS)
const SHORT_WINDOW_TICKS = Math.ceil(30 / TICK_SECONDS)

export const RIVALS: readonly Rival[] = [
  {
    name: 'Kayenta (Mann-Whitney 98 %), failures',
    start: () => mannWhitney(({ failed, answered }) => failed / answered),
  },
  { name: 'Kayenta (Mann-Whitney 98 %), latency', start: () => mannWhitney(meanBucket) },
  { name: 'z-test', start: zTest },
  { name: 'Flagger (success < 99 %, 5 checks)', start: () => threshold(0.01, 5) },
  { name: 'Argo Rollouts (success < 95 %, over 3 checks)', start: () => threshold(0.05, 4) },
  { name: 'burn rate 14.4', start: burnRate },
]

function meanBucket({ latency }: ArmCounts): number {
  const n = latency.reduce((sum, count) => sum + count, 0)
  return n === 0 ? 0 : latency.reduce((sum, count, bucket) => sum + count * bucket, 0) / n
}

function mannWhitney(valueOf: (arm: ArmCounts) => number): (tick: Tick) => boolean {
  const samples: { value: number; candidate: boolean }[] = []
  return ({ candidate, stable }) => {
    if (candidate.answered === 0 || stable === null || stable.answered === 0) return false
    samples.push({ value: valueOf(candidate), candidate: true }, { value: valueOf(stable), candidate: false })
    return samples.length >= 2 * LEAST_SAMPLES && rankScore(samples) > KAYENTA_Z
  }
}

/** The normal score of the candidate's rank sum, with ties. */
function rankScore(samples: { value: number; candidate: boolean }[]): number {
  samples.sort((a, b) => a.value - b.value)
  const n = samples.length / 2
  let [sum, ties] = [0, 0]
  for (let from = 0; from < samples.length;) {
    let to = from
    while (to < samples.length && samples[to]!.value === samples[from]!.value) to++
    const tied = to - from
    ties += tied ** 3 - tied
    for (let place = from; place < to; place++) if (samples[place]!.candidate) sum += (from + to + 1) / 2
    from = to
  }
  const all = 2 * n
  const variance = ((n * n) / 12) * (all + 1 - ties / (all * (all - 1)))
  return variance === 0 ? 0 : (sum - (n * (all + 1)) / 2) / Math.sqrt(variance)
}

function zTest(): (tick: Tick) => boolean {
  const [c, s] = [
    { n: 0, e: 0 },
    { n: 0, e: 0 },
  ]
  return ({ candidate, stable }) => {
    c.n += candidate.answered
    c.e += candidate.failed
    s.n += stable?.answered ?? 0
    s.e += stable?.failed ?? 0
    if (c.n < LEAST_REQUESTS || s.n < LEAST_REQUESTS || c.e + s.e === 0) return false
    const pooled = (c.e + s.e) / (c.n + s.n)
    return (c.e / c.n - s.e / s.n) / Math.sqrt(pooled * (1 - pooled) * (1 / c.n + 1 / s.n)) > Z
  }
}

/** Failed checks of the candidate's last minute; they are counted, in a row or not, as both tools do. */
function threshold(rate: number, limit: number): (tick: Tick) => boolean {
  const last: ArmCounts[] = []
  let [ticks, failed] = [0, 0]
  return ({ candidate }) => {
    last.push(candidate)
    if (last.length > WINDOW_TICKS) last.shift()
    if (++ticks % CHECK_EVERY_TICKS === 0 && failureRate(last) > rate) failed++
    return failed >= limit
  }
}

function burnRate(): (tick: Tick) => boolean {
  const seen: ArmCounts[] = []
  const burning = 14.4 * 0.001
  return ({ candidate }) => {
    seen.push(candidate)
    const answered = seen.reduce((sum, arm) => sum + arm.answered, 0)
    if (answered < LEAST_REQUESTS) return false
    return failureRate(seen) > burning && failureRate(seen.slice(-SHORT_WINDOW_TICKS)) > burning
  }
}

function failureRate(arms: readonly ArmCounts[]): number {
  let [n, e] = [0, 0]
  for (const { answered, failed } of arms) {
    n += answered
    e += failed
  }
  return n === 0 ? 0 : e / n
}
