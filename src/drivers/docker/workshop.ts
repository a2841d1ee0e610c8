// What the parts of this driver share: the engine, the installation they work for, and how they say that a start failed.
import { fail } from '../../core/errors.ts'
import { releaseName } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ReplicaName } from '../../ports/runtime.ts'
import type { EngineApi } from './engine-api.ts'

export type Workshop = {
  readonly api: EngineApi
  readonly clock: Clock
  readonly installation: string
  readonly ensureNetwork: () => Promise<void>
}

export function startFailed(replica: Pick<ReplicaName, 'name' | 'release'>, reason: string, cause?: unknown): Error {
  return fail('START_FAILED', { replica: replica.name, release: releaseName(replica.release), reason }, cause)
}
