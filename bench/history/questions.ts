// What people ask of a state, each as a call and as a command.
import type { Definition, Scope } from '../../src/core/model.ts'
import { createFakeVcs } from '../../src/drivers/fake/vcs.ts'
import type { App } from '../../src/operations/app.ts'
import { findReleases, newestReleases } from '../../src/operations/releases.ts'
import { planRollbackOf } from '../../src/operations/rollback.ts'
import { stats } from '../../src/operations/stats.ts'
import { statusOf } from '../../src/operations/status.ts'
import { scopesEver, turnsAt, turnsIn } from '../../src/operations/turns.ts'

export const cases = [
  'status',
  'releases',
  'rollback_plan',
  'rollback_plan_to_version',
  'releases_at',
  'release_by_revision',
  'history',
  'stats',
] as const
export type Case = (typeof cases)[number]
export type Questions = Readonly<Record<Case, () => Promise<unknown>>>

/** As many as the short past has, so that both answer the same amount. */
const SHOWN = 10
/** Of the first release, in both pasts. */
const REVISION = '9e3779b1'.padStart(40, '0')
/** Both pasts have the same in it. */
const AGO = { words: '70m', ms: 70 * 60_000 }

export const words: Readonly<Record<Case, readonly string[]>> = {
  status: ['status', '--json'],
  releases: ['releases', '-n', String(SHOWN), '--json'],
  rollback_plan: ['rollback', '--dry-run', '--json'],
  rollback_plan_to_version: ['rollback', '--to', 'v1.0.1', '--dry-run', '--json'],
  releases_at: ['releases', '--at', AGO.words, '--json'],
  release_by_revision: ['releases', REVISION, '--json'],
  history: ['history', '-n', String(SHOWN / 2), '--json'],
  stats: ['stats', '--since', AGO.words, '--json'],
}

/** The proxy is asked once; afterwards its answer is there at once, so that the state alone is measured. */
export async function createQuestions(app: App, definition: Definition): Promise<Questions> {
  const observed = await app.traffic.observe()
  const still: App = { ...app, traffic: { ...app.traffic, observe: () => Promise.resolve(observed) } }
  const scope: Scope = { service: definition.service, environment: definition.environment }
  const asked = { actor: { name: 'bench', automated: true }, reason: null, to: null, force: new Set<never>() }
  const query = { name: REVISION, text: null, sinceAt: null, untilAt: null }
  const then = () => app.clock.now() - AGO.ms
  return {
    status: async () => statusOf(still, scope, observed),
    releases: async () => newestReleases(still, [scope], SHOWN),
    rollback_plan: () => planRollbackOf(still, scope, asked),
    rollback_plan_to_version: () => planRollbackOf(still, scope, { ...asked, to: 'v1.0.1' }),
    releases_at: async () => turnsAt(still, scopesEver(still), then()),
    release_by_revision: async () => findReleases(still, [scope], query, SHOWN),
    history: async () => turnsIn(still, scopesEver(still), { sinceAt: null, untilAt: app.clock.now() }, SHOWN / 2),
    // the repository is git's to measure
    stats: () =>
      stats({ ...still, vcs: async () => createFakeVcs(new Map()) }, [scope], {
        sinceAt: then(),
        untilAt: app.clock.now(),
      }),
  }
}
