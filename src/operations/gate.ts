// What speaks against a deploy that could go ahead: a hold, a freeze, a revision that is older than what serves. None of it stops a rollback.
import { dirname } from 'node:path'
import { fail } from '../core/errors.ts'
import type { AsternError, Details } from '../core/errors.ts'
import { formatInZone, frozenBy } from '../core/freeze.ts'
import type { Definition, Release, Scope } from '../core/model.ts'
import type { Refused } from '../core/plan.ts'
import type { Force } from '../core/plan-rollback.ts'
import type { Hold } from '../store/holds.ts'
import type { App } from './app.ts'
import { nameOf } from './see.ts'

const REVISION_DIGITS = 12

export type GateAsked = {
  readonly force: ReadonlySet<Force>
  /** Holds that a person at a terminal was told of and said yes to all the same, by their transactions. */
  readonly overHolds?: readonly string[]
}

/** Why no deploy may go ahead now. Within the deciding transaction, so that a hold that was placed a moment ago counts. */
export function closed(app: App, definition: Definition, { force, overHolds }: GateAsked): Refused | null {
  const hold = force.has('hold') ? null : app.store.holds.get(definition)
  if (hold !== null && overHolds?.includes(hold.transactionId) !== true) {
    return { outcome: 'refused', code: 'HELD', details: heldDetails(app, definition, hold) }
  }
  const frozen = force.has('freeze') ? null : frozenBy(definition.freeze, app.clock.now())
  if (frozen === null) return null
  const { service, environment } = definition
  const { window, untilAt } = frozen
  const details = { service, environment, window: window.text, until: formatInZone(untilAt, window.zone) }
  return { outcome: 'refused', code: 'FROZEN', details }
}

/** Why this release may not take over: the one that serves was built on it. What git cannot say is allowed. */
export async function outdated(
  app: App,
  definition: Definition,
  release: Release,
  { force }: GateAsked,
): Promise<Refused | null> {
  const { services, releases } = app.store
  const number = services.get(definition)?.active ?? null
  const active = number === null ? null : releases.get(definition, number)
  if (force.has('outdated') || active === null) return null
  const [revision, serving] = [release.gitRevision, active.gitRevision]
  if (revision === null || serving === null || revision === serving) return null
  const vcs = await app.vcs()
  if ((await vcs.isAncestor(revision, serving, dirname(definition.configPath))) !== true) return null
  const details = {
    revision: revision.slice(0, REVISION_DIGITS),
    serving: serving.slice(0, REVISION_DIGITS),
    release: nameOf(app, definition, active.number),
  }
  return { outcome: 'refused', code: 'OUTDATED', details }
}

/** The hold's story as an error, for those who are asked rather than refused. */
export function heldError(app: App, scope: Scope, hold: Hold): AsternError {
  return fail('HELD', heldDetails(app, scope, hold))
}

function heldDetails(app: App, { service, environment }: Scope, hold: Hold): Details {
  const [date, time] = new Date(hold.sinceAt).toISOString().split('T')
  const moved = movedBy(app, { service, environment }, hold)
  const since = `${date} ${time!.slice(0, 5)} UTC`
  return { service, environment, since, by: hold.by, moved, reason: hold.reason }
}

/** ` (r42 v1.3.0 → r41 v1.2.0)`; nothing when no rollback placed it. */
export function movedBy(app: App, scope: Scope, { release, backTo }: Hold): string {
  if (release === null || backTo === null) return ''
  return ` (${nameOf(app, scope, release)} → ${nameOf(app, scope, backTo)})`
}
