// Retention that happens by itself: after a release has begun to serve its copy is taken, and once an hour what is not kept goes. It holds nobody up:
// it takes no lease, and leaves a service alone that an operation holds. Its memory is one small fact of the state.
import { isAsternError, reasonOf } from '../core/errors.ts'
import { type Scope, scopeName } from '../core/model.ts'
import { planPrune } from '../core/plan-prune.ts'
import type { Service } from '../store/services.ts'
import type { App, Asked } from './app.ts'
import { lookToPrune, pruneScope, type ScopePruned } from './prune.ts'
import { isHeldNow, know } from './retention-known.ts'

const MEMORY = 'retention'
const EVERY_MS = 3_600_000
/** What failed is tried again after this; a process that dies over it keeps nobody else from it for longer. */
const AGAIN_MS = 300_000
const LOOK_EVERY_MS = 5_000

const RETENTION: Asked = { actor: { name: 'astern', automated: true }, reason: 'retention' }

/** `serving`: what served everywhere when it was done last. */
type Memory = { readonly dueAt: number; readonly serving: Readonly<Record<string, number | null>> }

/** By the state alone. A release that an operation has not finished with is waited for. */
export function retentionIsDue(app: App): boolean {
  const services = automaticIn(app)
  const { dueAt, serving } = remembered(app)
  if (services.length > 0 && app.clock.now() >= dueAt) return true
  return services.some(
    (service) => (serving[scopeName(service)] ?? null) !== service.active && !isHeldNow(app, service, app.clock.now()),
  )
}

export type Retained = {
  readonly pruned: readonly ScopePruned[]
  /** Images of which a copy was taken. */
  readonly copied: readonly string[]
  readonly troubles: readonly string[]
}

/** Throws nothing: what fails is told, and tried again later. */
export async function doRetention(app: App, signal?: AbortSignal): Promise<Retained> {
  const serving = app.store.transaction(() => {
    if (!retentionIsDue(app)) return null
    const now = servingNow(app)
    remember(app, AGAIN_MS, now)
    return now
  })
  if (serving === null) return { pruned: [], copied: [], troubles: [] }
  const troubles: string[] = []
  const attempt = async <T>(work: () => Promise<T[]>): Promise<T[]> => {
    try {
      return await work()
    } catch (error) {
      troubles.push(reasonOf(error))
      return []
    }
  }
  const copied = await attempt(() => takeCopies(app, signal))
  const pruned = await attempt(() => pruneAll(app, signal))
  app.store.transaction(() => remember(app, troubles.length === 0 ? EVERY_MS : AGAIN_MS, serving))
  return { pruned, copied, troubles }
}

/** Copies of what is kept and exists nowhere else. Returns the images. Errors: those of the archive; DISK_FULL. */
export async function takeCopies(app: App, signal?: AbortSignal): Promise<string[]> {
  const { toArchive } = planPrune(await know(app))
  const [images, archive] = [await app.images(), await app.archive()]
  const taken: string[] = []
  for (const id of toArchive) {
    signal?.throwIfAborted()
    const [release] = app.store.releases.withImage(id)
    try {
      await archive.take(id, release?.image ?? id, images.save(id, signal))
      taken.push(id)
    } catch (error) {
      // Somebody has deleted it since.
      if (!isAsternError(error, 'IMAGE_NOT_FOUND')) throw error
    }
  }
  return taken
}

async function pruneAll(app: App, signal?: AbortSignal): Promise<ScopePruned[]> {
  const scopes = automaticIn(app).map(({ service, environment }): Scope => ({ service, environment }))
  const look = await lookToPrune(app, { scopes, registry: false }, signal)
  const pruned: ScopePruned[] = []
  for (const scope of scopes) {
    if (isHeldNow(app, scope, app.clock.now())) continue
    const asked = signal === undefined ? RETENTION : { ...RETENTION, signal }
    pruned.push(await pruneScope(app, scope, look, asked))
  }
  return pruned
}

export type RetentionOptions = {
  readonly signal: AbortSignal
  /** What could not be done; said once until it changes. */
  readonly onTrouble: (what: string, reason: string) => void
}

/** The loop of `astern serve`: of its own, so that no other work waits for an image to be copied. */
export async function runRetention(app: App, { signal, onTrouble }: RetentionOptions): Promise<void> {
  let told = ''
  while (!signal.aborted) {
    try {
      if (retentionIsDue(app)) {
        const { troubles } = await doRetention(app, signal)
        const text = troubles.join('\n')
        if (text !== told && text !== '') onTrouble(MEMORY, text)
        told = text
      }
    } catch (error) {
      onTrouble(MEMORY, reasonOf(error))
    }
    await app.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
  }
}

/** Services for which it happens by itself and that have served. */
function automaticIn({ store }: App): Service[] {
  return store.services.list().filter(({ definition, active }) => definition.retention.automatic && active !== null)
}

function servingNow(app: App): Memory['serving'] {
  return Object.fromEntries(automaticIn(app).map((service) => [scopeName(service), service.active]))
}

function remembered({ store }: App): Memory {
  const text = store.meta.get(MEMORY)
  return text === null ? { dueAt: 0, serving: {} } : (JSON.parse(text) as Memory)
}

/** Within a transaction. */
function remember(app: App, forMs: number, serving: Memory['serving']): void {
  const memory: Memory = { dueAt: app.clock.now() + forMs, serving }
  app.store.meta.set(MEMORY, JSON.stringify(memory))
}
