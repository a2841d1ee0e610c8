// What Astern tells of a trial (`astern show R --verdict --json`), and the evidence tick by tick, folded again from its facts. Pure.
// Invariant: the line that is drawn is what the facts give, not what Astern says that it was; a check compares the two.
import { WHOLE_SHARE, type TrialPolicy } from '../../src/core/trial.ts'
import { type Case, type Fact, openCase, withFact } from '../../src/core/verdict/case.ts'
import { ALPHA_SHARES, type Calibration, thresholdLog } from '../../src/core/verdict/evidence.ts'
import { objectsIn } from './operation.ts'

export type Told = {
  readonly release: string
  /** What was committed; `null`: nothing was. */
  readonly verdict: string | null
  readonly rule: string | null
  /** Why, in one sentence. */
  readonly sentence: string
  /** The most that the evidence was, by Astern's own account. */
  readonly maximum: number
  /** By the proxy's count, from the start of the trial on: what the release was given, and failed. The shield hides failures from users. */
  readonly requests: number
  readonly failures: number
  readonly evidence: readonly Point[]
  /** log10 of the evidence that is enough. */
  readonly enough: number
}

/** After one look. Evidence is log10 of odds. */
export type Point = {
  /** Milliseconds since the Unix epoch: the look, and the one before it. */
  readonly atMs: number
  readonly sinceMs: number
  /** 0 to 1. */
  readonly share: number
  readonly requests: number
  readonly failures: number
  readonly evidence: number
  readonly maximum: number
}

type Shown = {
  readonly release: string
  readonly trial: { readonly verdict: string | null; readonly reason: string | null } | null
  readonly policy: TrialPolicy
  readonly calibration: Calibration
  readonly findings: {
    readonly rule: string | null
    readonly sentence: string
    readonly traffic: { readonly maximum: number }
  }
  readonly facts: readonly { readonly fact: Fact }[]
}

/** `null`: the release was not on trial. */
export function readTold(printed: string): Told | null {
  const shown = objectsIn(printed).find((line) => 'trial' in line) as Shown | undefined
  if (shown === undefined || shown.trial === null) return null
  const { release, trial, findings } = shown
  const { evidence, enough } = evidenceOf(shown)
  const total = (of: (point: Point) => number) => evidence.reduce((sum, point) => sum + of(point), 0)
  return {
    release,
    verdict: trial.verdict,
    rule: findings.rule,
    sentence: trial.reason ?? findings.sentence,
    maximum: findings.traffic.maximum,
    requests: total(({ requests }) => requests),
    failures: total(({ failures }) => failures),
    evidence,
    enough,
  }
}

function evidenceOf({ policy, calibration, facts }: Shown): Pick<Told, 'evidence' | 'enough'> {
  const names = { candidate: 'new', stable: 'old' }
  // Numbers of releases and the time of the start are for crashes and memory, which are not drawn.
  let known: Case = openCase({ candidate: 2, stable: 1, names, policy, calibration, fullSince: 0 })
  const enough = log10(thresholdLog(known.evidence.alpha, ALPHA_SHARES.traffic))
  const evidence: Point[] = []
  for (const { fact } of facts) {
    known = withFact(known, fact)
    if (fact.kind !== 'tick') continue
    const { at, ms, candidate } = fact.tick
    const { now, maximum } = known.evidence.total
    evidence.push({
      atMs: at,
      sinceMs: at - ms,
      share: shareIn(fact, policy),
      requests: candidate.answered,
      failures: candidate.failed,
      evidence: log10(now),
      maximum: log10(maximum),
    })
  }
  return { evidence, enough }
}

/** As configured for where the trial was at that look. */
function shareIn({ step }: Extract<Fact, { readonly kind: 'tick' }>, { steps, bake }: TrialPolicy): number {
  return (steps[step]?.share ?? WHOLE_SHARE - (bake?.holdback ?? 0)) / WHOLE_SHARE
}

function log10(ln: number): number {
  return ln / Math.LN10
}
