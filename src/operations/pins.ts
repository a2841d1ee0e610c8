// Pins releases, so that retention never lets them go, and lets them loose again. Neither waits for an operation that runs, nor stops one.
import { fail } from '../core/errors.ts'
import { type Release, releaseName, type Scope } from '../core/model.ts'
import type { AsternError } from '../core/errors.ts'
import { type Answer, errorView, releaseRef } from './answer.ts'
import type { App, Asked } from './app.ts'
import { newTransactionId, noteWithoutLease, recordEnd } from './operation.ts'
import { findRelease } from './releases.ts'

/** What `pin` and `unpin` answer to machines. The names are a contract. */
export type PinAnswer = Pick<Answer, 'transaction_id' | 'operation' | 'service' | 'environment' | 'outcome' | 'error'> &
  ReturnType<typeof releaseRef> & {
    readonly pinned: boolean
    readonly pin_name: string | null
    readonly warnings: readonly string[]
  }

export type Pinned = { readonly answer: PinAnswer; readonly error: AsternError | null; readonly release: Release }

/** Pinned already, with the same name: nothing to do. Errors: RELEASE_UNKNOWN, PRUNED. */
export function pin(app: App, scope: Scope, name: string, why: string | null, asked: Asked): Pinned {
  return change(app, scope, name, asked, (release) => {
    if (release.prunedAt !== null) {
      const date = new Date(release.prunedAt).toISOString().slice(0, 'YYYY-MM-DD'.length)
      throw fail('PRUNED', { release: releaseName(release.number), date })
    }
    if (release.pinned && (why === null || why === release.pinName)) return null
    return { pinned: true, pinName: why }
  })
}

/** Not pinned: nothing to do. Error: RELEASE_UNKNOWN. */
export function unpin(app: App, scope: Scope, name: string, asked: Asked): Pinned {
  return change(app, scope, name, asked, ({ pinned }) => (pinned ? { pinned: false, pinName: null } : null))
}

type Pin = Pick<Release, 'pinned' | 'pinName'>

function change(app: App, scope: Scope, name: string, asked: Asked, decide: (release: Release) => Pin | null): Pinned {
  const { store } = app
  return store.transaction(() => {
    const release = findRelease(app, scope, name)
    const { number } = release
    const decided = decide(release)
    const now = decided ?? release
    const transactionId = newTransactionId(app)
    const record = noteWithoutLease(app, scope, 'pin', transactionId, asked)
    store.operations.setRelease(transactionId, number)
    if (decided !== null) {
      store.releases.setPinned(scope, number, decided.pinned, decided.pinName)
      const step = decided.pinned ? 'pin' : 'unpin'
      record({ step, key: step, status: 'succeeded', release: number, detail: { name: decided.pinName } })
    }
    const outcome = decided === null ? 'noop' : 'succeeded'
    recordEnd(app, transactionId, record, { outcome, release: number, level: 'info', detail: undefined })
    const reason = `${releaseName(number)} is ${now.pinned ? 'pinned already' : 'not pinned'}`
    const error = decided === null ? fail('NOTHING_TO_DO', { reason }) : null
    return {
      error,
      release: { ...release, ...now },
      answer: {
        transaction_id: transactionId,
        operation: 'pin',
        service: scope.service,
        environment: scope.environment,
        outcome,
        ...releaseRef(release),
        pinned: now.pinned,
        pin_name: now.pinName,
        warnings: [],
        error: error === null ? null : errorView(error),
      },
    }
  })
}
