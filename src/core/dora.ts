// The four figures of DORA, from the journal: how often users get something new, how long a change takes to reach them, how often that goes wrong, and
// how long it takes to be right again. Pure. Source of the questions: https://dora.dev/research/ ("four software delivery metrics", asked of the
// primary application or service); the answers are counted, not asked. Where the journal cannot know, a figure is null, and `of` says of how many.
//
// A *deployment* is a deploy, or the promotion of a staged release, that had begun to do something: refused ones, ones with nothing to do, and ones whose
// image or secrets could not be read are none. An undo is none either: it brings back a change that was counted. A deployment belongs to the span that
// it began in, whatever became of it later.
import type { Scope } from './model.ts'
import { type Deed, movesOf } from './timeline.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

/** Who took a release back: `deploy` is the deploy itself, whose own gate, proof or verdict failed. */
export const TAKERS = ['person', 'automation', 'autopilot', 'stand_in', 'deploy'] as const
export type Taker = (typeof TAKERS)[number]

export type Deployment = Scope & {
  readonly release: number
  readonly beganAt: number
  /** When the first user met it; `null`: none did. */
  readonly metAt: number | null
  /** When it served as the active release; `null`: it never did. */
  readonly servedAt: number | null
  readonly ended: 'succeeded' | 'rolled_back' | 'failed'
  /** The rollback from it, unless that was undone; `null`: there was none. */
  readonly takenBack: TakingBack | null
}

export type TakingBack = {
  readonly by: Taker
  readonly askedAt: number
  /** When the release before it was proven to serve; `null`: that failed. */
  readonly restoredAt: number | null
  /** From asking to the proof. */
  readonly switchMs: number | null
}

/** `median`: half of them took no longer, in milliseconds; `null`: there are none. `count`: how many that is the median of. */
export type Sample = { readonly median: number | null; readonly count: number }

export type Figures = {
  /** DORA: "How often does your organization deploy code to production or release it to end users?" Deployments that succeeded. */
  readonly frequency: { readonly deployments: number; readonly days: number; readonly perWeek: number | null }
  /**
   * DORA: "How long does it take to go from code committed to code successfully running in production?" From the commit that the release was built
   * from to the moment at which it served everybody. `of`: deployments that got there; those whose commit is not known are missing in `count`.
   */
  readonly leadTime: Sample & { readonly of: number }
  /**
   * DORA: "What percentage of changes to production or released to users result in degraded service … and subsequently require remediation (e.g.,
   * require a hotfix, rollback, fix forward, patch)?" Of all deployments those that failed before any user met them, went back `during` their deploy, or were
   * rolled back from later. What was mended by a later deploy is not known.
   */
  readonly failures: {
    readonly rate: number | null
    readonly count: number
    readonly of: number
    readonly beforeUsers: number
    readonly during: number
    readonly later: number
  }
  /**
   * DORA: "How long does it generally take to restore service when … a defect that impacts users occurs?" From the first user who met the release to the
   * proof that the one before it serves again: an upper bound, since the defect may have shown later. Of failed deployments that users met.
   */
  readonly restore: Sample & { readonly of: number }
  /** Everything that was taken back in the span, whenever it was deployed. */
  readonly rollbacks: {
    readonly count: number
    readonly by: Readonly<Record<Taker, number>>
    /** From asking for it to the proof. */
    readonly switch: Sample
  }
}

export type Span = { readonly sinceAt: number; readonly untilAt: number }

/** Deployments in the order in which they began, and rollbacks. `deeds`: of one scope, from the first on that counts until now, in their order. */
export function deploymentsOf(deeds: readonly Deed[]): {
  readonly deployments: Deployment[]
  readonly rollbacks: TakingBack[]
} {
  const deployments: Deployment[] = []
  const rollbacks: TakingBack[] = []
  const newestOf = (release: number) => deployments.findLastIndex((deployment) => deployment.release === release)
  const amend = (release: number, changes: Partial<Deployment>) => {
    const place = newestOf(release)
    if (place >= 0) deployments[place] = { ...deployments[place]!, ...changes }
  }
  for (const deed of deeds) {
    const { plan, outcome } = deed
    if (plan === null || outcome === null || plan.endsBake === true) continue
    if (deed.kind === 'rollback') {
      const taken = takingBack(deed)
      if (taken.restoredAt !== null) rollbacks.push(taken)
      if (plan.from !== null && plan.from !== plan.to) amend(plan.from, { takenBack: taken })
    } else if (plan.undo === true) {
      if (outcome === 'succeeded') amend(plan.to, { takenBack: null })
    } else if (plan.stage !== true && (deed.kind === 'deploy' || deed.kind === 'promote')) {
      const deployment = deploymentOf(deed)
      deployments.push(deployment)
      if (deployment.takenBack !== null && deployment.takenBack.restoredAt !== null)
        rollbacks.push(deployment.takenBack)
    }
  }
  return { deployments, rollbacks }
}

function deploymentOf(deed: Deed): Deployment {
  const { service, environment, startedAt, outcome } = deed
  const release = deed.plan!.to
  const moves = movesOf(deed)
  const first = (fits: (role: string) => boolean) =>
    moves.find(({ parts }) => parts.some((part) => part.release === release && fits(part.role)))?.at ?? null
  const metAt = first(() => true)
  const ended = outcome === 'succeeded' || outcome === 'rolled_back' ? outcome : 'failed'
  return {
    service,
    environment,
    release,
    beganAt: startedAt,
    metAt,
    servedAt: ended === 'succeeded' ? first((role) => role === 'active') : null,
    ended,
    takenBack: ended === 'succeeded' || metAt === null ? null : ownWayBack(deed),
  }
}

/** A deploy that another operation took over from was not taken back by itself. */
function ownWayBack(deed: Deed): TakingBack | null {
  const proof = safeAgain(deed, deed.plan!.from)
  const failed = deed.events.find(({ status }) => status === 'failed')
  if (proof === null) return null
  const restoredAt = Date.parse(proof.timestamp)
  const askedAt = failed === undefined ? restoredAt : Date.parse(failed.timestamp)
  return { by: 'deploy', askedAt, restoredAt, switchMs: failed === undefined ? null : restoredAt - askedAt }
}

function takingBack(deed: Deed): TakingBack {
  const proof = safeAgain(deed, deed.plan!.to)
  const restoredAt = proof === null ? null : Date.parse(proof.timestamp)
  return {
    by: takerOf(deed),
    askedAt: deed.startedAt,
    restoredAt,
    switchMs: proof === null ? null : switchMs(deed, proof),
  }
}

/** The row from which on users are safe: its proof, or where nobody is served its shift. */
function safeAgain({ events }: Deed, release: number | null): Deed['events'][number] | null {
  const of = (wanted: string) =>
    events.find(
      ({ step, status, release: name }) => step === wanted && status === 'succeeded' && name === `r${release}`,
    )
  const proves = events.some(({ step }) => step === 'prove')
  return of('prove') ?? (proves ? null : (of('shift_traffic') ?? null))
}

/** The clock of the journal shows milliseconds, steps were timed finer: their sum, unless another process went on with it in between. */
function switchMs({ events, startedAt }: Deed, proof: Deed['events'][number]): number {
  if (events.some(({ step }) => step === 'resume')) return Date.parse(proof.timestamp) - startedAt
  const until = events.slice(0, events.indexOf(proof) + 1)
  return until.reduce((sum, { duration_ms }) => sum + (duration_ms ?? 0), 0)
}

function takerOf({ actor, events }: Deed): Taker {
  if (events.some(({ step }) => step === 'stand_in')) return 'stand_in'
  if (actor === 'autopilot') return 'autopilot'
  return actor.startsWith('ci:') ? 'automation' : 'person'
}

/** `committedAt`: when the commit was made that a deployment's release was built from; `null`: nobody knows. */
export function figuresOf(
  {
    deployments,
    rollbacks,
  }: { readonly deployments: readonly Deployment[]; readonly rollbacks: readonly TakingBack[] },
  committedAt: (deployment: Deployment) => number | null,
  { sinceAt, untilAt }: Span,
): Figures {
  const within = (at: number) => at >= sinceAt && at < untilAt
  const all = deployments.filter(({ beganAt }) => within(beganAt))
  const good = all.filter(({ ended }) => ended === 'succeeded')
  const bad = all.filter(({ ended, takenBack }) => ended !== 'succeeded' || takenBack !== null)
  const met = bad.filter(({ metAt }) => metAt !== null)
  const leadTimes = good.flatMap((deployment) => {
    const at = committedAt(deployment)
    // A clock that is ahead of the other says nothing.
    return at === null || deployment.servedAt === null || at > deployment.servedAt ? [] : [deployment.servedAt - at]
  })
  const restored = met.flatMap(({ metAt, takenBack }) =>
    takenBack?.restoredAt == null ? [] : [takenBack.restoredAt - metAt!],
  )
  const taken = rollbacks.filter(({ askedAt }) => within(askedAt))
  return {
    frequency: {
      deployments: good.length,
      days: (untilAt - sinceAt) / DAY_MS,
      perWeek: untilAt - sinceAt < DAY_MS ? null : (good.length * WEEK_MS) / (untilAt - sinceAt),
    },
    leadTime: { ...sampleOf(leadTimes), of: good.length },
    failures: {
      rate: all.length === 0 ? null : bad.length / all.length,
      count: bad.length,
      of: all.length,
      beforeUsers: bad.length - met.length,
      during: met.filter(({ ended }) => ended !== 'succeeded').length,
      later: met.filter(({ ended }) => ended === 'succeeded').length,
    },
    restore: { ...sampleOf(restored), of: met.length },
    rollbacks: {
      count: taken.length,
      by: byTaker(taken),
      switch: sampleOf(taken.flatMap(({ switchMs }) => switchMs ?? [])),
    },
  }
}

function byTaker(taken: readonly TakingBack[]): Record<Taker, number> {
  const count = (taker: Taker) => taken.filter(({ by }) => by === taker).length
  return {
    person: count('person'),
    automation: count('automation'),
    autopilot: count('autopilot'),
    stand_in: count('stand_in'),
    deploy: count('deploy'),
  }
}

/** The middle one, or half-way between the two in the middle. */
function sampleOf(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  if (upper === undefined) return { median: null, count: 0 }
  return { median: sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2, count: sorted.length }
}
