// Brings the image of a release to this host: it is there, or comes from Astern's own copy, or from its registry by digest; never by a tag that may
// have moved. What is here needs no network.
import { fail, reasonOf } from '../core/errors.ts'
import type { Release } from '../core/model.ts'
import { parseReference } from '../core/reference.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { App } from './app.ts'
import { registryOf } from './copies.ts'

/** `from`: where it came from; `null`: it was there. */
export type Brought = { readonly pulled: boolean; readonly from: 'archive' | 'registry' | null }

/** Errors: IMAGE_NOT_FOUND, with every reason; REGISTRY_UNREACHABLE. */
export async function bringImage(app: App, signal: AbortSignal, release: Release): Promise<Brought> {
  const runtime = await app.runtime()
  if (await isOnHost(runtime, release, signal)) return { pulled: false, from: null }
  const missing = await restore(app, runtime, release, signal)
  if (missing === null) return { pulled: true, from: 'archive' }
  await fromRegistry(app, runtime, release, signal, missing)
  return { pulled: true, from: 'registry' }
}

async function isOnHost(runtime: Runtime, { configDigest }: Release, signal: AbortSignal): Promise<boolean> {
  return (await runtime.image(configDigest, { pull: false, signal })) !== null
}

/** From Astern's own copy. Returns why that cannot be done; `null`: it is done. */
async function restore(app: App, runtime: Runtime, release: Release, signal: AbortSignal): Promise<string | null> {
  const archive = await app.archive()
  try {
    if (!(await archive.list()).some(({ id }) => id === release.configDigest)) return 'there is no copy of it here'
    const images = await app.images()
    await images.load(archive.open(release.configDigest, await freeName(runtime, release, signal)), signal)
  } catch (error) {
    signal.throwIfAborted()
    return `the copy of it here cannot be used (${reasonOf(error)})`
  }
  return (await isOnHost(runtime, release, signal)) ? null : 'the engine made another image of the copy of it here'
}

/** The name that it was deployed by, where that stands for nothing now: what an engine has without a name is the first to be cleared away. */
async function freeName(runtime: Runtime, { image }: Release, signal: AbortSignal): Promise<string | null> {
  const parsed = parseReference(image)
  if (parsed?.kind !== 'name' || parsed.tag === null || parsed.digest !== null) return null
  return (await runtime.image(image, { pull: false, signal })) === null ? image : null
}

async function fromRegistry(
  app: App,
  runtime: Runtime,
  release: Release,
  signal: AbortSignal,
  missing: string,
): Promise<void> {
  const { image, configDigest } = release
  const source = registryOf(app, release)
  if (source === null) {
    const reason = `it is not on this host, ${missing}, and it was never pushed, so no registry can have it`
    throw fail('IMAGE_NOT_FOUND', { image: `${image} (${configDigest})`, reason })
  }
  const reference = `${source.repository}@${source.digest}`
  const found = await runtime.image(reference, { pull: true, signal })
  if (found?.configDigest === configDigest) return
  throw fail('IMAGE_NOT_FOUND', { image: reference, reason: `the registry has ${found?.configDigest} in its place` })
}
