// What must be true of the releases on trial. Pure. One that is not makes the command fail.
import type { Check } from './checks.ts'
import { count, duration, percent } from './numbers.ts'
import type { Told } from './told.ts'
import type { Trial } from './trial.ts'

export type Trials = { readonly bad: Trial; readonly good: Trial }

/** Of the evidence, between what was folded here and what Astern says: both come from the same facts. */
const sameEvidence = 1e-6
/** Astern says no more than 10^300. */
const mostTold = 300

export function trialChecksOf({ bad, good }: Trials): Check[] {
  const tried = [bad, good]
  const sum = (of: (trial: Trial) => number) => tried.reduce((all, trial) => all + of(trial), 0)
  const gets = sum(({ users }) => users.gets)
  const getsFailed = sum(({ users }) => users.getsFailed)
  const requests = sum(({ users }) => users.requests)
  const lost = sum(({ users }) => users.lost)
  return [
    {
      name: 'went_back_by_itself',
      title: 'The next bad one was taken back',
      ok: bad.exit === 4 && bad.told?.verdict === 'fail' && bad.rollback !== null && bad.active === bad.against,
      detail: `astern deploy ended with ${bad.exit}, verdict ${bad.told?.verdict ?? 'none'}; active in astern status: ${bad.active ?? 'nothing'}`,
    },
    {
      name: 'gone_for_good',
      title: 'Nobody met it afterwards',
      ok: bad.firstBadMs !== null && bad.goneMs !== null && bad.goneMs <= bad.endMs,
      detail: goneIn(bad),
    },
    {
      name: 'share_stayed_small',
      title: 'It never had most of the users',
      ok: bad.told !== null && bad.told.requests > 0 && bad.greatestShare < 0.5,
      detail: `${percent(bad.greatestShare)} of the requests at most: it answered ${count(bad.told?.requests ?? 0)} and failed ${count(bad.told?.failures ?? 0)}`,
    },
    {
      name: 'no_get_failed',
      title: 'No GET failed while on trial',
      ok: gets > 0 && getsFailed === 0,
      detail: `${count(getsFailed)} of ${count(gets)} GETs failed; of the POSTs, which nobody may repeat, ${count(bad.users.postsFailed)} of ${count(bad.users.posts)} with ${bad.version}`,
    },
    {
      name: 'trials_lost_nothing',
      title: 'The trials lost no request',
      ok: requests > 0 && lost === 0,
      detail: `${count(lost)} of ${count(requests)} requests lost`,
    },
    {
      name: 'good_release_promoted',
      title: 'The good one was promoted',
      ok: good.exit === 0 && good.told?.verdict === 'pass' && good.active === good.version,
      detail: `astern deploy --wait=bake ended with ${good.exit}, verdict ${good.told?.verdict ?? 'none'}; active in astern status: ${good.active ?? 'nothing'}`,
    },
    {
      name: 'evidence_recomputed',
      title: 'The evidence can be recomputed',
      ok: tried.every(({ told }) => told !== null && isRecomputed(told)),
      detail: tried
        .map(
          ({ version, told }) =>
            `${version}: ${count(told?.evidence.length ?? 0)} looks, ${told !== null && isRecomputed(told) ? 'as Astern says' : 'not as Astern says'}`,
        )
        .join('; '),
    },
  ]
}

function goneIn({ version, against, firstBadMs, goneMs }: Trial): string {
  if (firstBadMs === null) return `${version} has not failed`
  if (goneMs === null) return `${version} still serves`
  return `${duration(Math.max(0, goneMs - firstBadMs))} from its first bad answer to 100 % on ${against}`
}

function isRecomputed({ evidence, maximum }: Told): boolean {
  const last = evidence.at(-1)
  return last !== undefined && Math.abs(Math.min(last.maximum, mostTold) - Math.log10(maximum)) < sameEvidence
}
