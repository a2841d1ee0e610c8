// The four figures of DORA (core/dora.ts), from the journal and the repository. It costs what the span holds, not how long the past is.
import { dirname } from 'node:path'
import {
  type Deployment,
  deploymentsOf,
  type Figures,
  figuresOf,
  type Sample,
  type Span,
  type TakingBack,
} from '../core/dora.ts'
import type { Scope } from '../core/model.ts'
import { STEPS_OF_MOVES } from '../core/timeline.ts'
import type { App } from './app.ts'
import { deedOf } from './turns.ts'

/** Fewer than that are said to be few. */
export const FEW = 5

type Median = { readonly median_ms: number | null; readonly count: number }

/** As machines read it. The names are a contract. Rates are parts of one. */
export type FiguresEntry = {
  /** ISO 8601, UTC: from then on something is known, which may be later than was asked for. */
  readonly since: string
  readonly until: string
  readonly deployment_frequency: {
    readonly deployments: number
    readonly days: number
    readonly per_week: number | null
  }
  readonly lead_time_for_changes: Median & { readonly of: number; readonly unknown_commits: number }
  readonly change_failure_rate: {
    readonly rate: number | null
    readonly failed: number
    readonly of: number
    readonly before_users: number
    readonly during_deploy: number
    readonly rolled_back_later: number
  }
  readonly time_to_restore: Median & { readonly of: number }
  readonly rollbacks: {
    readonly count: number
    readonly by: Figures['rollbacks']['by']
    readonly switch: Median
  }
}

export type Stats = { readonly services: readonly (Scope & FiguresEntry)[]; readonly total: FiguresEntry }

type Past = Scope & {
  readonly deployments: readonly Deployment[]
  readonly rollbacks: readonly TakingBack[]
  readonly committedAt: ReadonlyMap<number, number>
  readonly span: Span
}

export async function stats(app: App, scopes: readonly Scope[], span: Span): Promise<Stats> {
  const pasts: Past[] = []
  for (const scope of scopes) pasts.push(await pastOf(app, scope, span))
  const services = pasts.map(({ service, environment, ...past }) => ({
    service,
    environment,
    ...entryOf(
      figuresOf(past, ({ release }) => past.committedAt.get(release) ?? null, past.span),
      past.span,
    ),
  }))
  const commits = new Map(
    pasts.map(({ service, environment, committedAt }) => [`${service}.${environment}`, committedAt]),
  )
  const together = {
    deployments: pasts.flatMap(({ deployments }) => deployments),
    rollbacks: pasts.flatMap(({ rollbacks }) => rollbacks),
  }
  const longest = { ...span, sinceAt: Math.min(span.untilAt, ...pasts.map((past) => past.span.sinceAt)) }
  const figures = figuresOf(
    together,
    ({ service, environment, release }) => commits.get(`${service}.${environment}`)?.get(release) ?? null,
    longest,
  )
  return { services, total: entryOf(figures, longest) }
}

/** A service that is younger than the span is measured from its first operation on. */
async function pastOf(app: App, { service, environment }: Scope, span: Span): Promise<Past> {
  const scope = { service, environment }
  const { operations, releases, services } = app.store
  const [first] = operations.movingAfter(scope, 0)
  const sinceAt = Math.min(span.untilAt, Math.max(span.sinceAt, first?.startedAt ?? span.untilAt))
  // What began in the span may have been taken back after it.
  const deeds = [...operations.movingAfter(scope, sinceAt - 1)]
    .filter(({ plan }) => plan !== null)
    .map((operation) => {
      // Of a deploy that went well only who served when is wanted.
      const brief = operation.kind !== 'rollback' && operation.outcome === 'succeeded'
      return deedOf(app, operation, brief ? STEPS_OF_MOVES : null)
    })
  const past = deploymentsOf(deeds)
  const revisions = new Map(
    past.deployments.flatMap(({ release }) => {
      const revision = releases.get(scope, release)?.gitRevision ?? null
      return revision === null ? [] : [[release, revision] as const]
    }),
  )
  const config = services.get(scope)?.definition.configPath ?? null
  const known =
    config === null || revisions.size === 0
      ? new Map<string, number>()
      : await (await app.vcs()).committedAt([...new Set(revisions.values())], dirname(config))
  const committedAt = new Map(
    [...revisions].flatMap(([release, revision]) => {
      const at = known.get(revision)
      return at === undefined ? [] : [[release, at] as const]
    }),
  )
  return { ...scope, ...past, committedAt, span: { ...span, sinceAt } }
}

function entryOf(
  { frequency, leadTime, failures, restore, rollbacks }: Figures,
  { sinceAt, untilAt }: Span,
): FiguresEntry {
  const median = ({ median, count }: Sample): Median => ({ median_ms: median, count })
  return {
    since: new Date(sinceAt).toISOString(),
    until: new Date(untilAt).toISOString(),
    deployment_frequency: {
      deployments: frequency.deployments,
      days: round(frequency.days),
      per_week: frequency.perWeek === null ? null : round(frequency.perWeek),
    },
    lead_time_for_changes: { ...median(leadTime), of: leadTime.of, unknown_commits: leadTime.of - leadTime.count },
    change_failure_rate: {
      rate: failures.rate,
      failed: failures.count,
      of: failures.of,
      before_users: failures.beforeUsers,
      during_deploy: failures.during,
      rolled_back_later: failures.later,
    },
    time_to_restore: { ...median(restore), of: restore.of },
    rollbacks: { count: rollbacks.count, by: rollbacks.by, switch: median(rollbacks.switch) },
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
