// Looks at trials: what happened since the last look becomes facts, and the facts a verdict. Anybody may look at any time, also several at once:
// what is not committed was not seen, and what was committed is read by all.
// Invariant: a look waits for the proxy alone; what the engine, signals and probes have to say is collected beside it, for the next look.
import type { Scope } from '../core/model.ts'
import { type Case, type Fact, type Findings, judgeCase, openCase, withFact } from '../core/verdict/case.ts'
import type { TrafficTally } from '../ports/traffic.ts'
import type { Trial } from '../store/trials.ts'
import type { App } from './app.ts'
import { calibrationOf } from './calibration.ts'
import { nameOf } from './see.ts'
import { type Collector, createCollector } from './trial-collector.ts'
import { type Counted, countedIn, countedSince } from './trial-counts.ts'

/** How often somebody looks who waits for what comes of it. */
export const LOOK_EVERY_MS = 500
/** Two looks that are nearer than this are one. Who only reads leaves it to those who ask, as long as they do. */
const NEAREST_LOOKS_MS = { asks: 400, reads: 1_500 } as const
/** A look at which nothing happened is noted only so often: that somebody watches has to be seen. */
const NOTED_EVERY_MS = 3_000
/** How long what is known of a trial is kept that is not asked for any more. */
const FORGET_AFTER_MS = 60_000

export type Look = { readonly trial: Trial; readonly findings: Findings }

export type TrialWatch = {
  /** `null`: nothing is on trial there. The proxy being down is no error: then nothing was counted. */
  look(scope: Scope): Promise<Look | null>
  /** The same for many, with one question to the proxy and one commit. */
  lookAll(scopes: readonly Scope[]): Promise<readonly Look[]>
}

type Known = { seq: number; case: Case; usedMs: number; readonly collector: Collector }

/** `reads`: somebody else asks replicas, signals and probes; here it is only counted and judged. */
export function createTrialWatch(app: App, how: 'asks' | 'reads' = 'asks'): TrialWatch {
  const { store, clock } = app
  const known = new Map<string, Known>()

  async function lookAll(scopes: readonly Scope[]): Promise<readonly Look[]> {
    const open = openTrials(scopes)
    forgetOld()
    const due = open.filter(isDue)
    if (due.length > 0) {
      const tally = await tallyOf(due)
      store.transaction(() => due.forEach((trial) => commit(trial, tally)))
    }
    return openTrials(scopes).map((trial) => {
      const { case: now, collector } = caught(trial)
      if (how === 'asks') collector.nudge(trial, now)
      return { trial, findings: judgeCase(now, clock.now()) }
    })
  }

  /** Not at once what is not asked for now: a bake is looked at less often than a canary beside it. */
  function forgetOld(): void {
    for (const [id, { usedMs }] of known) if (clock.monotonic() - usedMs > FORGET_AFTER_MS) known.delete(id)
  }

  /** What was collected beside it does not wait for a turn that may never come. */
  function isDue(trial: Trial): boolean {
    if (known.get(trial.transactionId)?.collector.hasSome() === true) return true
    return trial.lookedAt === null || clock.now() - trial.lookedAt >= NEAREST_LOOKS_MS[how]
  }

  function openTrials(scopes: readonly Scope[]): Trial[] {
    return scopes.flatMap((scope) => store.trials.open(scope) ?? []).filter(({ phase }) => phase !== 'staged')
  }

  async function tallyOf(scopes: readonly Scope[]): Promise<TrafficTally | null> {
    try {
      return await app.traffic.tally(scopes)
    } catch {
      return null // it is down, or being replaced; the next look counts what this one did not
    }
  }

  /** Within a transaction. */
  function commit(seen: Trial, tally: TrafficTally | null): void {
    const trial = store.trials.get(seen.transactionId)
    if (trial === null || trial.looks !== seen.looks || trial.endedAt !== null) return
    const { collector } = caught(trial)
    const nowAt = clock.now()
    const counted = tally === null ? null : countedIn(tally, trial)
    const before = trial.last === null ? null : (JSON.parse(trial.last) as Counted)
    const tick =
      counted === null || before === null ? null : countedSince(before, counted, trial, nowAt, collector.probes())
    const facts: Fact[] = [...(tick === null ? [] : [tick]), ...collector.facts()]
    const last = counted ?? before
    if (last === null) return
    const isNoted = trial.lookedAt !== null && nowAt - trial.lookedAt < NOTED_EVERY_MS
    if (facts.length === 0 && before !== null && isNoted) return
    store.trials.look(trial, { last: JSON.stringify({ ...last, at: nowAt }), at: nowAt, facts })
  }

  /** What is known of it, with every fact that was committed by now. */
  function caught(trial: Trial): Known {
    let mine = known.get(trial.transactionId)
    if (mine === undefined) {
      mine = { seq: 0, case: openCase(aboutOf(app, trial)), usedMs: 0, collector: createCollector(app, trial) }
      known.set(trial.transactionId, mine)
    }
    mine.usedMs = clock.monotonic()
    for (const { seq, fact } of store.trials.facts(trial.transactionId, mine.seq)) {
      mine.case = withFact(mine.case, fact)
      mine.seq = seq
    }
    return mine
  }

  return {
    lookAll,
    async look(scope) {
      return (await lookAll([scope]))[0] ?? null
    },
  }
}

/** All facts of a trial folded anew, as of now or of its end. */
export function recomputed(app: App, trial: Trial): Findings {
  const facts = app.store.trials.facts(trial.transactionId).map(({ fact }) => fact)
  return judgeCase(facts.reduce(withFact, openCase(aboutOf(app, trial))), trial.endedAt ?? app.clock.now())
}

function aboutOf(app: App, trial: Trial): Case['about'] {
  const { transactionId, release, against, policy, startedAt } = trial
  const calibration = trial.calibration ?? calibrationOf(app, trial, against)
  if (trial.calibration === null) app.store.trials.calibrate(transactionId, calibration)
  const names = {
    candidate: nameOf(app, trial, release),
    stable: against === null ? null : nameOf(app, trial, against),
  }
  return { candidate: release, stable: against, names, policy, calibration, fullSince: startedAt }
}
