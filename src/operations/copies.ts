// Where the image of a release is: what a rollback to it could be restored from.
import { isAsternError } from '../core/errors.ts'
import type { Release } from '../core/model.ts'
import { parseReference } from '../core/reference.ts'
import type { App } from './app.ts'

/** The names are a contract. `null`: cannot be told. */
export type Copies = {
  readonly host: boolean | null
  /** Astern's own copy. */
  readonly archive: boolean | null
  /** The repository in which it is by its digest, as far as is known here; `null`: it was never pushed. */
  readonly registry: string | null
}

const ANSWER_MS = 500

export async function copiesOf(app: App, release: Release): Promise<Copies> {
  const { configDigest } = release
  const [host, archive] = await Promise.all([
    promptly(app, async (signal) => {
      const runtime = await app.runtime()
      return (await runtime.image(configDigest, { pull: false, signal })) !== null
    }),
    promptly(app, async () => (await (await app.archive()).list()).some(({ id }) => id === configDigest)),
  ])
  return { host, archive, registry: registryOf(app, release)?.repository ?? null }
}

/** Where a registry has it, by what was deployed or pushed. */
export function registryOf(
  { store }: Pick<App, 'store'>,
  { image, digest, configDigest }: Pick<Release, 'image' | 'digest' | 'configDigest'>,
): { readonly repository: string; readonly digest: string } | null {
  const parsed = parseReference(image)
  if (digest !== configDigest && parsed?.kind === 'name') return { repository: parsed.repository, digest }
  return store.tags.pushedAs(configDigest)
}

/** What cannot be told soon is not known. */
export async function promptly<T>(app: App, ask: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
  const done = new AbortController()
  const late = app.clock.sleep(ANSWER_MS, done.signal).then(
    () => null,
    () => null, // the answer was there before
  )
  try {
    return await Promise.race([ask(done.signal), late])
  } catch (error) {
    if (isAsternError(error)) return null
    throw error
  } finally {
    done.abort()
  }
}
