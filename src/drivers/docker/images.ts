// Finds images: on the host by reference or ID, else in their registry. What is on the host is used as it is, and never pulled again.
import type { IncomingMessage } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { fail, isAsternError, reasonOf } from '../../core/errors.ts'
import type { ImageFacts } from '../../core/model.ts'
import { parseReference, type Reference } from '../../core/reference.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Runtime } from '../../ports/runtime.ts'
import { findLogin } from './credentials.ts'
import { EngineRefusal, limits, type EngineApi } from './engine-api.ts'
import type { ImageSeen } from './image-seen.ts'
import { LimitReached, within } from './limit.ts'
import { createProgress } from './pull-progress.ts'

const VERSION_LABEL = 'org.opencontainers.image.version'
const REVISION_LABEL = 'org.opencontainers.image.revision'
const MIGRATION_LABELS = 'astern.migration.'

/** No line of the engine's report of a pull is longer. */
const LONGEST_REPORT = 1024 * 1024

type Named = Extract<Reference, { kind: 'name' }>
type ImageOptions = Parameters<Runtime['image']>[1]

export async function findImage(
  api: EngineApi,
  clock: Clock,
  reference: string,
  options: ImageOptions,
): Promise<ImageFacts | null> {
  const parsed = parseReference(reference)
  if (parsed === null) throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'that is not an image reference' })
  const found = await api.image(reference, options.signal)
  if (found !== null) return factsOf(reference, parsed, found)
  if (!options.pull) return null
  if (parsed.kind === 'id') {
    throw fail('IMAGE_NOT_FOUND', {
      image: reference,
      reason: 'an image ID does not say where it could be pulled from',
    })
  }
  await pull(api, clock, reference, parsed, options)
  const pulled = await api.image(reference, options.signal)
  if (pulled === null) throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'it was pulled, and is gone again' })
  if (parsed.digest !== null && !digestsOf(pulled).some(([, digest]) => digest === parsed.digest)) {
    throw fail('IMAGE_NOT_FOUND', { image: reference, reason: 'what the registry sent bears another digest' })
  }
  return factsOf(reference, parsed, pulled)
}

/** `digest` is the registry's when the engine knows one for this repository, else the image ID. */
function factsOf(reference: string, parsed: Reference, image: ImageSeen): ImageFacts {
  const labels = image.Config?.Labels ?? {}
  const test = image.Config?.Healthcheck?.Test ?? []
  const known = parsed.kind === 'id' ? [] : digestsOf(image).filter(([repository]) => repository === parsed.repository)
  const digests = known.map(([, digest]) => digest)
  const asked = parsed.kind === 'name' ? digests.find((digest) => digest === parsed.digest) : undefined
  return {
    reference,
    digest: asked ?? digests[0] ?? image.Id,
    configDigest: image.Id,
    hasHealthcheck: test.length > 0 && test[0] !== 'NONE',
    version: labels[VERSION_LABEL] || null,
    revision: labels[REVISION_LABEL] || null,
    ...migrationOf(labels),
  }
}

function migrationOf(labels: Readonly<Record<string, string>>): Pick<ImageFacts, 'migration'> {
  const own = Object.entries(labels).filter(([name]) => name.startsWith(MIGRATION_LABELS))
  if (own.length === 0) return {}
  return { migration: Object.fromEntries(own.map(([name, value]) => [name.slice(MIGRATION_LABELS.length), value])) }
}

/** Pairs of repository and digest, the repository as `parseReference` writes it. */
function digestsOf(image: ImageSeen): [repository: string, digest: string][] {
  return (image.RepoDigests ?? []).flatMap((text) => {
    const parsed = parseReference(text)
    return parsed?.kind === 'name' && parsed.digest !== null ? [[parsed.repository, parsed.digest]] : []
  })
}

async function pull(
  api: EngineApi,
  clock: Clock,
  reference: string,
  parsed: Named,
  { signal, onProgress }: ImageOptions,
): Promise<void> {
  const login = await findLogin(parsed.registry, api.endpoint, clock, signal).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw fail('REGISTRY_UNREACHABLE', { image: reference, reason: reasonOf(error) }, error)
  })
  try {
    // Without a tag the engine would pull every tag of the repository.
    const stream = await api.pull(parsed.repository, parsed.digest ?? parsed.tag ?? 'latest', login, signal)
    await follow(api, stream, clock, signal, onProgress)
  } catch (error) {
    signal?.throwIfAborted()
    throw pullFailure(reference, parsed, error)
  }
}

/** Reads the engine's report to its end. Rejects with EngineRefusal when it reports an error, with LimitReached when it falls silent. */
async function follow(
  api: EngineApi,
  stream: IncomingMessage,
  clock: Clock,
  signal: AbortSignal | undefined,
  onProgress: ((text: string) => void) | undefined,
): Promise<void> {
  const progress = createProgress()
  const chunks = api.read(stream)[Symbol.asyncIterator]()
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let shown = ''
  try {
    for (;;) {
      const next = await within(clock, limits.silenceMs, signal, () => chunks.next())
      if (next.done === true) return
      const lines = (rest + decoder.write(next.value)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST_REPORT) throw new EngineRefusal(500, 'the engine reports without end')
      for (const line of lines) {
        const text = line.trim() === '' ? null : progress.read(line)
        if (text === null || text === shown) continue
        shown = text
        onProgress?.(text)
      }
    }
  } finally {
    // The engine gives up a pull whose connection is closed.
    stream.destroy()
  }
}

const MISSING = /manifest unknown|not found|does not exist|\bdenied\b|name unknown|no matching manifest/i
const UNREACHED = /no such host|connection refused|timeout|unauthorized|no basic auth/i
const NOT_FOUND_STATUS = 404

/** What the registry does not have, or not for us, is not found; anything else that it says or does not say means that it could not be asked. */
function pullFailure(reference: string, parsed: Named, error: unknown): unknown {
  const silent = error instanceof LimitReached || (isAsternError(error) && error.cause instanceof LimitReached)
  if (!silent && !(error instanceof EngineRefusal)) return error
  const reason = reasonOf(error)
  const missing = error instanceof EngineRefusal && (error.status === NOT_FOUND_STATUS || MISSING.test(reason))
  if (missing && !UNREACHED.test(reason)) return fail('IMAGE_NOT_FOUND', { image: reference, reason }, error)
  if (parsed.registry !== null) return fail('REGISTRY_UNREACHABLE', { image: reference, reason }, error)
  const why = `it names no registry, and Docker Hub does not answer (${reason})`
  return fail('IMAGE_NOT_FOUND', { image: reference, reason: why }, error)
}
