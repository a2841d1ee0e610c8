// What people ask of a state, each as a call and as a command.
import type { Definition, Scope } from '../../src/core/model.ts'
import type { App } from '../../src/operations/app.ts'
import { newestReleases } from '../../src/operations/releases.ts'
import { planRollbackOf } from '../../src/operations/rollback.ts'
import { statusOf } from '../../src/operations/status.ts'

export const cases = ['status', 'releases', 'rollback_plan', 'rollback_plan_to_version'] as const
export type Case = (typeof cases)[number]
export type Questions = Readonly<Record<Case, () => Promise<unknown>>>

/** As many as the short past has, so that both answer the same amount. */
const SHOWN = 10

export const words: Readonly<Record<Case, readonly string[]>> = {
  status: ['status', '--json'],
  releases: ['releases', '-n', String(SHOWN), '--json'],
  rollback_plan: ['rollback', '--dry-run', '--json'],
  rollback_plan_to_version: ['rollback', '--to', 'v1.0.1', '--dry-run', '--json'],
}

/** The proxy is asked once; afterwards its answer is there at once, so that the state alone is measured. */
export async function createQuestions(app: App, definition: Definition): Promise<Questions> {
  const observed = await app.traffic.observe()
  const still: App = { ...app, traffic: { ...app.traffic, observe: () => Promise.resolve(observed) } }
  const scope: Scope = { service: definition.service, environment: definition.environment }
  const asked = { actor: { name: 'bench', automated: true }, reason: null, to: null, force: new Set<never>() }
  return {
    status: async () => statusOf(still, scope, observed),
    releases: async () => newestReleases(still, [scope], SHOWN),
    rollback_plan: () => planRollbackOf(still, scope, asked),
    rollback_plan_to_version: () => planRollbackOf(still, scope, { ...asked, to: 'v1.0.1' }),
  }
}
