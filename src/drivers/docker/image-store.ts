// The images of the engine as a whole: which there are, who uses them, and how they travel in and out as tars.
import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { fail } from '../../core/errors.ts'
import type { ImageUse } from '../../core/plan-prune.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Images } from '../../ports/images.ts'
import { resolveEndpoint, type Environment } from './endpoint.ts'
import { createEngineApi, EngineRefusal, limits } from './engine-api.ts'
import { INSTALLATION, REPLICA } from './labels.ts'

export type DockerImagesOptions = {
  readonly installation: string
  readonly env: Environment
  readonly clock: Clock
}

type ImageListed = {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Size: number
}
type UserListed = {
  readonly ImageID: string
  readonly Names: readonly string[] | null
  readonly Labels: Readonly<Record<string, string>> | null
}

const NOT_FOUND = 404
const CONFLICT = 409
/** The engine writes layer by layer to its own disk first. */
const LONGEST_MOVE_MS = 3_600_000
/** The engine's report of what it has taken in. */
const MOST_REPORTED = 64 * 1024

export function createDockerImages({ installation, env, clock }: DockerImagesOptions): Images {
  const endpoint = resolveEndpoint(env)
  const api = createEngineApi(endpoint, clock)
  const read = <T>(path: string, query = {}) => api.answer<T>({ method: 'GET', path, query, limitMs: limits.readMs })

  return {
    async list() {
      const images = await read<ImageListed[]>('/images/json', { digests: true })
      return images.map(({ Id, RepoTags, RepoDigests, Size }) => ({
        id: Id,
        tags: (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
        digests: (RepoDigests ?? []).filter((digest) => !digest.startsWith('<none>')),
        sizeBytes: Size,
      }))
    },

    async uses() {
      const containers = await read<UserListed[]>('/containers/json', { all: true })
      return containers.map(({ ImageID, Names, Labels }): ImageUse => {
        const ours = Labels?.[INSTALLATION] === installation && Labels[REPLICA] !== undefined
        return { id: ImageID, container: Names?.[0]?.replace(/^\//, '') ?? '-', ours }
      })
    },

    async remove(reference) {
      try {
        await api.answer({ method: 'DELETE', path: `/images/${reference}`, limitMs: limits.removeMs })
        return 'removed'
      } catch (error) {
        if (error instanceof EngineRefusal && error.status === NOT_FOUND) return 'absent'
        if (error instanceof EngineRefusal && error.status === CONFLICT) return 'in_use'
        throw error
      }
    },

    async *save(id, signal) {
      // The engine has no better answer for it than an error of its own.
      if ((await api.image(id, signal)) === null) {
        throw fail('IMAGE_NOT_FOUND', { image: id, reason: 'it is not on this host' })
      }
      const path = `/images/${id}/get`
      const stream = await api.open({ method: 'GET', path, limitMs: LONGEST_MOVE_MS, ...(signal && { signal }) })
      try {
        yield* api.read(stream)
      } finally {
        stream.destroy()
      }
    },

    async load(tar, signal) {
      const body = Readable.from(tar, { objectMode: false })
      const broken = new AbortController()
      body.once('error', (error) => broken.abort(error))
      try {
        const query = { quiet: true }
        const stop = signal === undefined ? broken.signal : AbortSignal.any([signal, broken.signal])
        const call = { method: 'POST', path: '/images/load', query, limitMs: LONGEST_MOVE_MS } as const
        const report = await api.open({ ...call, upload: body, signal: stop })
        const refusal = refusalIn(await textOf(api.read(report)))
        if (refusal !== null) throw fail('LOAD_FAILED', { reason: refusal })
      } catch (error) {
        broken.signal.throwIfAborted()
        if (error instanceof EngineRefusal) throw fail('LOAD_FAILED', { reason: error.message }, error)
        throw error
      } finally {
        body.destroy()
      }
    },

    async folder() {
      if (endpoint.connection.kind !== 'unix') return null
      const { DockerRootDir } = await read<{ DockerRootDir?: string }>('/info')
      return DockerRootDir !== undefined && existsSync(DockerRootDir) ? DockerRootDir : null
    },
  }
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stream) if (text.length < MOST_REPORTED) text += Buffer.from(chunk).toString('utf8')
  return text
}

/** The engine answers 200 before it begins, and says later what went wrong. */
function refusalIn(report: string): string | null {
  for (const line of report.split('\n')) {
    const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
    if (error !== undefined) return JSON.parse(`"${error}"`) as string
  }
  return null
}
