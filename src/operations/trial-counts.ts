// What the proxy has counted → what happened between two looks. Pure.
// Invariants: a proxy that began to count anew is taken from nothing; no count is ever negative.
import { combined, NO_COUNTS, type ArmCounts, type ServerCounts, type Tick } from '../core/verdict/counts.ts'
import { type Scope, scopeName } from '../core/model.ts'
import type { Fact } from '../core/verdict/case.ts'
import type { TrafficTally } from '../ports/traffic.ts'
import type { Trial } from '../store/trials.ts'

/** Of one scope, at one moment. */
export type Counted = {
  readonly process: string
  readonly at?: number
  /** What was drawn for the release at that moment. */
  readonly share: number
  readonly step: number
  readonly arms: readonly (readonly [release: number, counts: ArmCounts])[]
  readonly servers: readonly ServerCounts[]
}

export function countedIn({ process, backends }: TrafficTally, trial: Scope & Pick<Trial, 'share' | 'step'>): Counted {
  const own = backends.find((backend) => scopeName(backend) === scopeName(trial))
  return {
    process,
    share: trial.share,
    step: trial.step,
    arms: [...(own?.arms ?? [])],
    servers: own?.servers ?? [],
  }
}

/** `null`: nothing happened. */
export function countedSince(
  before: Counted,
  now: Counted,
  { release, against }: Pick<Trial, 'release' | 'against'>,
  nowAt: number,
  probes: Tick['probes'],
): Fact | null {
  const anew = before.process !== now.process
  const servers = now.servers.map((server) => serverSince(anew ? undefined : before.servers, server))
  const own = servers.filter((server) => server.release === release)
  const others = servers.filter((server) => server.release === against)
  const arm = (number: number): ArmCounts => {
    const counts = (from: Counted) => from.arms.find(([key]) => key === number)?.[1] ?? NO_COUNTS
    return less(counts(now), anew ? NO_COUNTS : counts(before))
  }
  const candidate = against === null ? alone(own) : arm(release)
  const stable = against === null ? null : arm(against)
  const quiet = candidate.answered + candidate.drawn + (stable?.answered ?? 0) + (stable?.drawn ?? 0) === 0
  if (quiet && probes === null) return null
  const share = before.share === now.share ? now.share : null
  const ms = nowAt - (before.at ?? nowAt)
  const tick = { at: nowAt, ms, share, candidate, stable, servers: against === null ? own : others, probes }
  return { kind: 'tick', step: now.step, tick, own }
}

/** Where nobody draws, all that its servers answered. */
function alone(servers: readonly ServerCounts[]): ArmCounts {
  const answered = servers.reduce((sum, server) => sum + server.answered, 0)
  const failed = servers.reduce((sum, server) => sum + server.failed, 0)
  return { ...NO_COUNTS, answered, failed, failedForUsers: failed, succeeded: answered - failed }
}

function serverSince(before: readonly ServerCounts[] | undefined, now: ServerCounts): ServerCounts {
  const then = before?.find(({ name }) => name === now.name)
  // one that was taken out and put in again counts from nothing
  if (then === undefined || then.answered > now.answered) return now
  return { ...now, answered: now.answered - then.answered, failed: Math.max(0, now.failed - then.failed) }
}

function less(now: ArmCounts, then: ArmCounts): ArmCounts {
  return combined(now, then, (count, before) => Math.max(0, count - before))
}
