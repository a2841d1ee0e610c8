// Seals every secret anew under a new key. Versions, and so identities and quarantines, stay what they are.
// Invariant: at any moment the key that the committed state is sealed with is in the key file; nothing is sealed while this runs, since no lease is held.
import { fail } from '../core/errors.ts'
import type { App } from './app.ts'

/** Returns how many values were sealed anew. Errors: BUSY, SECRET_UNAVAILABLE (a value that no key opens; then nothing was changed). */
export function rotateKey(app: App): { readonly values: number } {
  const { store } = app
  const values = store.transaction(() => {
    refuseWhileBusy(app)
    const next = store.vault.nextKey()
    let count = 0
    const anew = (name: string, sealed: string) => {
      count += 1
      return next.seal(name, store.vault.open(name, sealed))
    }
    store.releases.sealAnew(anew)
    store.services.sealAnew(anew)
    store.sealedWith(next.id)
    return count
  })
  // Within a transaction, so that no other change of keys comes between reading the file and writing it.
  store.transaction(() => store.vault.dropOtherKeys())
  store.db.checkpoint()
  return { values }
}

function refuseWhileBusy(app: App): void {
  const { services, leases } = app.store
  for (const { service, environment } of services.list()) {
    const holder = leases.holder({ service, environment }, app.clock.now())
    if (holder === null || !holder.alive) continue
    const { kind: operation, transactionId: transaction, actor, sinceAt } = holder
    throw fail('BUSY', { operation, transaction, actor, service, environment, since: new Date(sinceAt).toISOString() })
  }
}
