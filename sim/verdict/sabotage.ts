// The verdict on failures, spoilt on purpose in one place, from the parts that the real one is made of. If the simulation did not notice, it would
// prove nothing.
import type { Tick } from '../../src/core/verdict/counts.ts'
import { ALPHA_SHARES, thresholdLog } from '../../src/core/verdict/evidence.ts'
import { mixed, pairLogs } from '../../src/core/verdict/mixture.ts'
import { comparedRates, noStream, type Stream, withPair } from '../../src/core/verdict/stream.ts'
import { SETTINGS } from './one-deploy.ts'

/** `none`: tempered as it should be, to compare with `eta`. */
export type Spoilt = 'eta' | 'none' | 'share' | 'ramp' | 'sticky'

const THRESHOLD = thresholdLog(SETTINGS.alpha, ALPHA_SHARES.traffic * ALPHA_SHARES.streams.failures)
const GUARDS = { failures: 5, ticks: 2, difference: 0.005 }

/** Whether it goes back, and after how many requests of the candidate. `phi` is the calibrated one. */
export function runSpoilt(spoilt: Spoilt, phi: number, ticks: Iterable<Tick>): number | null {
  const eta = spoilt === 'eta' ? 1 : 1 / phi
  let stream = noStream('two')
  let share: number | null = null
  let requests = 0
  for (const tick of ticks) {
    if (tick.stable === null) continue
    if (spoilt === 'ramp' && tick.share !== share) stream = noStream('two')
    share = tick.share
    requests += tick.candidate.answered
    const [c, s] = [tick.candidate, tick.stable].map(({ answered, failed }) => ({ n: answered, e: failed }))
    stream = withPair(stream, c!, s!, eta, 1)
    if (logOf(stream, spoilt, eta) >= THRESHOLD && guarded(stream, spoilt)) return requests
  }
  return null
}

/** Without tempering, what the evidence alone says is looked at: the guards would hide half of it. */
function logOf(stream: Stream, spoilt: Spoilt, eta: number): number {
  if (spoilt === 'share') return pooledLog(stream, eta)
  return spoilt === 'ramp' ? stream.maximum : mixed(stream.mixture.logs)
}

/** All ticks in one pot, as if the share and the rate had always been what they were on average. */
function pooledLog({ candidate, stable }: Stream, eta: number): number {
  const all = candidate.e + stable!.e
  const logs = pairLogs({ failed: candidate.e, all, share: candidate.n / (candidate.n + stable!.n) })
  return mixed(logs.map((log) => eta * log))
}

function guarded(stream: Stream, spoilt: Spoilt): boolean {
  if (spoilt === 'eta' || spoilt === 'none') return true
  const { candidate, stable, failingTicks } = stream
  const pooled = { candidate: candidate.e / candidate.n, stable: stable!.e / stable!.n }
  const rates = spoilt === 'share' ? pooled : comparedRates(stream)
  if (rates === null || rates.candidate - rates.stable < GUARDS.difference) return false
  return candidate.e >= GUARDS.failures && failingTicks >= GUARDS.ticks
}
