// A step of a canary: the release has its share, and is looked at until there is enough, or too much, to say.
// Invariants: it goes on early never, late only where nothing speaks against the release; what somebody asks for is followed at the next look.
import { fail } from '../core/errors.ts'
import { releaseName, type Step } from '../core/model.ts'
import { stepKey } from '../core/step-key.ts'
import { percentOf } from '../core/share.ts'
import type { Autopilot, CanaryStep } from '../core/trial.ts'
import type { Findings } from '../core/verdict/case.ts'
import type { Trial } from '../store/trials.ts'
import type { App } from './app.ts'
import type { Operation } from './operation.ts'
import { autopilotOf } from './see.ts'
import { createTrialWatch, LOOK_EVERY_MS } from './trial-watch.ts'

const TELL_EVERY_MS = 5_000
/** How long a doubt may hold a canary back before it is taken back. */
const LONGEST_DOUBT_MS = 5 * 60_000

type CanaryModelStep = Extract<Step, { readonly kind: 'canary' }>
type Detail = Readonly<Record<string, unknown>>

/** Errors: ABORTED, UNDECIDED; LEASE_LOST when a rollback has taken over. */
export async function canary(app: App, operation: Operation, step: CanaryModelStep): Promise<Detail> {
  const watch = createTrialWatch(app, 'reads')
  const ordered = app.store.trials.open(operation)
  if (ordered?.asked === 'promote') return { promoted_by: ordered.askedBy }
  await app.traffic.ensure(operation)
  let toldAtMs = Number.NEGATIVE_INFINITY
  for (;;) {
    operation.signal.throwIfAborted()
    const look = await watch.look(operation)
    if (look === null) throw fail('LEASE_LOST')
    const { trial, findings } = look
    const policy = trial.policy.steps[step.place]!
    const next = decide(trial, findings, policy, app.clock.now(), autopilotOf(app, operation))
    if (next.do === 'fail') throw next.error
    if (next.do === 'go_on') {
      operation.commit(() =>
        app.store.trials.judge(trial.transactionId, next.verdict, findings.rule, findings.sentence),
      )
      return { ...counts(findings), verdict: next.verdict, ...(next.by === null ? {} : { promoted_by: next.by }) }
    }
    const nowMs = app.clock.monotonic()
    if (nowMs - toldAtMs >= TELL_EVERY_MS) {
      toldAtMs = nowMs
      tell(operation, step, {
        ...counts(findings),
        waits_for: next.waitsFor,
        ...(findings.held === null ? {} : { held: findings.held }),
      })
    }
    await app.clock.sleep(LOOK_EVERY_MS, operation.signal)
  }
}

type Next =
  | { readonly do: 'wait'; readonly waitsFor: 'time' | 'requests' | 'doubt' | 'person' }
  | { readonly do: 'go_on'; readonly verdict: 'pass' | 'fail' | 'undecided'; readonly by: string | null }
  | { readonly do: 'fail'; readonly error: Error }

/** Pure. */
export function decide(trial: Trial, findings: Findings, step: CanaryStep, nowAt: number, autopilot: Autopilot): Next {
  const spentMs = nowAt - trial.stepSince
  const { verdict } = findings
  if (trial.asked === 'abort') return { do: 'fail', error: fail('ABORTED', { by: trial.askedBy ?? '-', serving: '-' }) }
  if (trial.asked !== null) return { do: 'go_on', verdict, by: trial.askedBy }
  // The autopilot acts on it, or a person is asked; advice changes nothing.
  if (verdict === 'fail' && autopilot === 'act') {
    const error = undecided(trial, findings.sentence)
    return trial.acted === null ? { do: 'wait', waitsFor: 'doubt' } : { do: 'fail', error }
  }
  if (verdict === 'fail' && autopilot === 'ask') return { do: 'wait', waitsFor: 'person' }
  if (spentMs < step.forMs) return { do: 'wait', waitsFor: 'time' }
  if (step.manual) return { do: 'wait', waitsFor: 'person' }
  const { candidate, stable } = findings.requests
  const enough = Math.min(candidate, stable ?? candidate) >= trial.policy.leastRequests
  if (findings.held !== null) {
    const error = undecided(trial, findings.held)
    return spentMs > LONGEST_DOUBT_MS ? { do: 'fail', error } : { do: 'wait', waitsFor: 'doubt' }
  }
  if (enough && (verdict === 'pass' || verdict === 'fail')) return { do: 'go_on', verdict, by: null }
  if (spentMs < step.atMostMs) return { do: 'wait', waitsFor: enough ? 'doubt' : 'requests' }
  if (trial.policy.verdict.undecided === 'go_back') {
    return { do: 'fail', error: undecided(trial, findings.sentence) }
  }
  return { do: 'go_on', verdict, by: null }
}

function undecided({ release }: Trial, reason: string): Error {
  return fail('UNDECIDED', { reason, release: releaseName(release), serving: '-' })
}

function counts({ requests, traffic, sentence }: Findings): Detail {
  return { requests: requests.candidate, stable_requests: requests.stable, says: sentence, phi: traffic.phi }
}

function tell(operation: Operation, step: CanaryModelStep, detail: Detail): void {
  operation.commit(() =>
    operation.record({
      step: 'canary',
      key: stepKey(step),
      status: 'in_progress',
      release: step.release,
      detail: { share: percentOf(step.share), ...detail },
    }),
  )
}
