// What must be true of a rehearsal. Pure. One that is not makes the command fail.
import type { Analysis, Switch, Versions } from './analyse.ts'
import { count, milliseconds, percent } from './numbers.ts'

export type Check = {
  /** For machines. */
  readonly name: string
  /** What must be true. */
  readonly title: string
  readonly ok: boolean
  /** What was found. */
  readonly detail: string
}

/** `active` is the version that `astern status` names in the end; `null` when it names none. */
export function checksOf(analysis: Analysis, versions: Versions, active: string | null): Check[] {
  const { phases, deploy, rollback, badAnswersAfter, lostBefore } = analysis
  const { before, bad, after } = phases
  return [
    {
      name: 'bad_release_hurt',
      title: 'The bad release hurt its users',
      ok: bad.requests > 0 && before.successRate !== null && (bad.successRate ?? 1) < before.successRate,
      detail: `success rate ${percent(before.successRate)} → ${percent(bad.successRate)}, mean response time ${milliseconds(before.meanMs)} → ${milliseconds(bad.meanMs)}`,
    },
    {
      name: 'nothing_lost_before',
      title: 'No request was lost before',
      ok: before.requests > 0 && lostBefore === 0,
      detail: `${count(lostBefore)} of ${count(before.requests)} requests lost before anything was touched`,
    },
    {
      name: 'deploy_lost_nothing',
      title: 'The deploy lost no request',
      ok: deploy.requests > 0 && deploy.lost === 0,
      detail: lossesOf(deploy),
    },
    {
      name: 'rollback_lost_nothing',
      title: 'The rollback lost no request',
      ok: rollback.requests > 0 && rollback.lost === 0,
      detail: lossesOf(rollback),
    },
    {
      name: 'old_release_back',
      title: 'The old release is back',
      ok: after.requests > 0 && badAnswersAfter === 0 && active === versions.good,
      detail: `once astern rollback had returned, ${count(badAnswersAfter)} of ${count(after.requests)} requests met ${versions.bad}; active in astern status: ${active ?? 'nothing'}`,
    },
    {
      name: 'all_well_after',
      title: 'All is well after it',
      ok: after.requests > 0 && after.failed === 0,
      detail: `success rate ${percent(after.successRate)} after the rollback`,
    },
  ]
}

/** What must be true of CI's attempt to deploy the bad release again. */
export function stayedBack({ exit, output }: { readonly exit: number; readonly output: string }): Check {
  const held = output.includes('HELD')
  return {
    name: 'stays_back',
    title: 'CI cannot ship it again',
    ok: exit === 3 && held,
    detail: `astern deploy with CI=true ended with ${exit}${held ? ' (HELD)' : ''}`,
  }
}

function lossesOf({ lost, requests, losses, lostPosts }: Switch): string {
  const why = losses.map(({ what, count }) => `${count} × ${what}`).join(', ')
  const posts = lostPosts === 0 ? '' : `, ${count(lostPosts)} of them POST`
  return `${count(lost)} of ${count(requests)} requests lost${why === '' ? '' : ` (${why}${posts})`}`
}
