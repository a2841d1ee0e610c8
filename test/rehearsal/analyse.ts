// What the users of the service saw, out of the records of every request. Pure: records and the times of the commands go in.
import { type Answer, endMs, fateOf, lossOf } from './answer.ts'

/** When each command began and ended; milliseconds since the Unix epoch. */
export type Moments = {
  readonly loadStartMs: number
  readonly deployStartMs: number
  readonly deployEndMs: number
  readonly rollbackStartMs: number
  readonly rollbackEndMs: number
}
export type Versions = { readonly good: string; readonly bad: string }

/** Requests that were sent in one stretch of time. */
export type Phase = {
  readonly requests: number
  /** Not answered well; lost ones are among them. */
  readonly failed: number
  readonly lost: number
  /** From 0 to 1. */
  readonly successRate: number | null
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

/** What one switch did to users. Times count from the start of its command. */
export type Switch = {
  readonly commandMs: number
  /** Until the first answer of the release that was switched to had arrived. */
  readonly firstNewMs: number | null
  /** Until the last request was sent that the other release still answered; 0 when none was. */
  readonly lastOldMs: number
  /** Requests that ended between the start of the command and the start of the next one, or the end of the load. */
  readonly requests: number
  readonly lost: number
  readonly lostPosts: number
  /** Why, most frequent first. */
  readonly losses: readonly { readonly what: string; readonly count: number }[]
}

export type Analysis = {
  readonly sent: number
  readonly lost: number
  readonly lostBefore: number
  /** From the first request sent to the last one. */
  readonly loadMs: number
  readonly phases: {
    /** The good release, before anything was touched. */
    readonly before: Phase
    readonly deploying: Phase
    /** The bad release: from the end of its deploy to the start of the rollback. */
    readonly bad: Phase
    readonly rollingBack: Phase
    /** From the end of the rollback command. */
    readonly after: Phase
  }
  readonly deploy: Switch
  readonly rollback: Switch
  /** Requests sent after the rollback command had ended that the bad version answered all the same. */
  readonly badAnswersAfter: number
}

export function analyse(answers: readonly Answer[], moments: Moments, versions: Versions): Analysis {
  const { loadStartMs, deployStartMs, deployEndMs, rollbackStartMs, rollbackEndMs } = moments
  const sentBetween = (fromMs: number, toMs: number) =>
    answers.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs)
  const endedBetween = (fromMs: number, toMs: number) =>
    answers.filter((answer) => endMs(answer) >= fromMs && endMs(answer) < toMs)
  const phase = (fromMs: number, toMs: number) => phaseOf(sentBetween(fromMs, toMs), versions.bad)
  const after = sentBetween(rollbackEndMs, Number.POSITIVE_INFINITY)
  const isLost = (answer: Answer) => fateOf(answer, versions.bad) === 'lost'
  const sent = answers.map(({ sentMs }) => sentMs)
  return {
    sent: answers.length,
    lost: answers.filter(isLost).length,
    lostBefore: endedBetween(Number.NEGATIVE_INFINITY, deployStartMs).filter(isLost).length,
    loadMs: answers.length === 0 ? 0 : greatest(sent) - loadStartMs,
    phases: {
      before: phase(Number.NEGATIVE_INFINITY, deployStartMs),
      deploying: phase(deployStartMs, deployEndMs),
      bad: phase(deployEndMs, rollbackStartMs),
      rollingBack: phase(rollbackStartMs, rollbackEndMs),
      after: phaseOf(after, versions.bad),
    },
    deploy: switchOf(
      endedBetween(deployStartMs, rollbackStartMs),
      { startMs: deployStartMs, endMs: deployEndMs, from: versions.good, to: versions.bad },
      versions.bad,
    ),
    rollback: switchOf(
      endedBetween(rollbackStartMs, Number.POSITIVE_INFINITY),
      { startMs: rollbackStartMs, endMs: rollbackEndMs, from: versions.bad, to: versions.good },
      versions.bad,
    ),
    badAnswersAfter: after.filter(({ version }) => version === versions.bad).length,
  }
}

type Command = { readonly startMs: number; readonly endMs: number; readonly from: string; readonly to: string }

function switchOf(answers: readonly Answer[], command: Command, badVersion: string): Switch {
  const arrivals = answers.filter(({ version }) => version === command.to).map((answer) => endMs(answer))
  const stragglers = answers.filter(({ version }) => version === command.from).map(({ sentMs }) => sentMs)
  const lost = answers.filter((answer) => fateOf(answer, badVersion) === 'lost')
  const counts = new Map<string, number>()
  for (const what of lost.map(lossOf)) counts.set(what, (counts.get(what) ?? 0) + 1)
  return {
    commandMs: command.endMs - command.startMs,
    firstNewMs: arrivals.length === 0 ? null : -greatest(arrivals.map((ms) => -ms)) - command.startMs,
    lastOldMs: Math.max(0, greatest([command.startMs, ...stragglers]) - command.startMs),
    requests: answers.length,
    lost: lost.length,
    lostPosts: lost.filter(({ method }) => method === 'POST').length,
    losses: [...counts].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count),
  }
}

function phaseOf(answers: readonly Answer[], badVersion: string): Phase {
  const fates = answers.map((answer) => fateOf(answer, badVersion))
  const failed = fates.filter((fate) => fate !== 'ok').length
  const times = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const count = answers.length
  return {
    requests: count,
    failed,
    lost: fates.filter((fate) => fate === 'lost').length,
    successRate: count === 0 ? null : (count - failed) / count,
    meanMs: count === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / count,
    p50Ms: percentile(times, 50),
    p95Ms: percentile(times, 95),
    p99Ms: percentile(times, 99),
  }
}

/** The nearest rank: the smallest value that at least `percent` of all do not exceed. `sorted` ascends. */
export function percentile(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null
}

/** `Math.max` of more values than fit into the arguments of a call. */
function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}
