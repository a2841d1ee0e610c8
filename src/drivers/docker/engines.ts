// Images on their way from one engine to another: `docker save` of the one runs into `docker load` of the other, without a file or a shell between them.
// Docker's own command is used, because it knows the user's contexts, certificates and ssh.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { pipeline } from 'node:stream/promises'
import { fail, reasonOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Engines, ImageThere } from '../../ports/engines.ts'
import { type Environment, resolveEndpoint } from './endpoint.ts'
import { LimitReached, within } from './limit.ts'

/** Over ssh a connection has to be made first. */
const ANSWER_MS = 60_000
/** The longest time in which nothing passes, or with which the other end unpacks what came last. */
const SILENCE_MS = 300_000
const NO_SUCH_IMAGE = /no such image|no such object/i
const LONGEST_REASON = 500

type Ended = { readonly ok: boolean; readonly output: string; readonly complaint: string }

export function createEngines({ env, clock }: { readonly env: Environment; readonly clock: Clock }): Engines {
  const nameOf = (engine: string | null) => engine ?? resolveEndpoint(env).name
  const wordsFor = (engine: string | null, ...words: readonly string[]) =>
    engine === null ? words : ['-H', engine, ...words]

  async function docker(engine: string | null, words: readonly string[], signal?: AbortSignal): Promise<Ended> {
    try {
      return await within(clock, ANSWER_MS, signal, (inner) => run(wordsFor(engine, ...words), env, inner))
    } catch (error) {
      signal?.throwIfAborted()
      throw fail('ENGINE_UNAVAILABLE', { endpoint: nameOf(engine), reason: reasonOf(error) }, error)
    }
  }

  return {
    async image(engine, reference, signal): Promise<ImageThere | null> {
      const words = ['image', 'inspect', '--format', '{{.Id}} {{.Size}}', '--', reference]
      const { ok, output, complaint } = await docker(engine, words, signal)
      const [configDigest, size] = output.trim().split(' ')
      if (ok && configDigest !== undefined) return { configDigest, sizeBytes: Number(size) }
      if (NO_SUCH_IMAGE.test(complaint)) return null
      throw fail('ENGINE_UNAVAILABLE', { endpoint: nameOf(engine), reason: lastLine(complaint) })
    },

    async stream(configDigest, way, onBytes, signal) {
      try {
        const words = { save: wordsFor(way.from, 'save', configDigest), load: wordsFor(way.to, 'load', '--quiet') }
        const complaint = await connect(words, env, clock, onBytes, signal)
        if (complaint !== null) throw new Error(complaint)
      } catch (error) {
        signal?.throwIfAborted()
        const reason = reasonOf(error)
        const details = { image: configDigest, from: nameOf(way.from), to: nameOf(way.to), reason }
        throw fail('CARRY_FAILED', details, error)
      }
    },

    async tag(engine, configDigest, reference, signal) {
      const { ok, complaint } = await docker(engine, ['tag', configDigest, reference], signal)
      if (ok) return
      const name = nameOf(engine)
      throw fail('CARRY_FAILED', { image: reference, from: name, to: name, reason: lastLine(complaint) })
    },
  }
}

/** Resolves when both have ended: to `null`, or to what the one complains of that failed first. Rejects when one cannot be started, or nothing passes. */
async function connect(
  words: { readonly save: readonly string[]; readonly load: readonly string[] },
  env: Environment,
  clock: Clock,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const silent = new AbortController()
  const over = new AbortController()
  const stop = signal === undefined ? silent.signal : AbortSignal.any([signal, silent.signal])
  const save = spawn('docker', words.save, { env, signal: stop, stdio: ['ignore', 'pipe', 'pipe'] })
  const load = spawn('docker', words.load, { env, signal: stop, stdio: ['pipe', 'ignore', 'pipe'] })
  const saved = ended(save)
  const loaded = ended(load)
  let bytes = 0
  let broken: string | null = null
  const passed = pipeline(
    save.stdout,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length
        onBytes(bytes)
        yield chunk
      }
      broken = await saved
      // Load must not take the end of what came for the end of the image.
      if (broken !== null) load.kill()
    },
    load.stdin,
  )
  void endInSilence(clock, () => bytes, over.signal, silent)
  try {
    const [, loading, saving] = await Promise.allSettled([passed, loaded, saved])
    if (stop.aborted) throw stop.reason
    if (loading.status === 'rejected') throw loading.reason
    if (saving.status === 'rejected') throw saving.reason
    return broken ?? loading.value
  } finally {
    over.abort()
  }
}

async function endInSilence(
  clock: Clock,
  bytes: () => number,
  over: AbortSignal,
  silent: AbortController,
): Promise<void> {
  for (let before = -1; before !== bytes();) {
    before = bytes()
    // Rejects when it is over.
    if (
      !(await clock.sleep(SILENCE_MS, over).then(
        () => true,
        () => false,
      ))
    )
      return
  }
  silent.abort(new LimitReached(SILENCE_MS))
}

/** Resolves to `null` when it ended well, else to its last words. Rejects when it could not be started, or was stopped. */
function ended(child: ChildProcess): Promise<string | null> {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)))
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(isAbsent(error) ? new Error(NOT_INSTALLED) : error))
    child.once('close', (code) => resolve(code === 0 ? null : lastLine(complaint)))
  })
}

function run(words: readonly string[], env: Environment, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile('docker', words, { env, signal }, (error, stdout, stderr) => {
      if (isAbsent(error)) reject(new Error(NOT_INSTALLED))
      else if (error?.name === 'AbortError') reject(error)
      else resolve({ ok: error === null, output: stdout, complaint: stderr })
    })
  })
}

const NOT_INSTALLED = 'the docker command is not installed'

function isAbsent(error: Error | null): boolean {
  return error !== null && 'code' in error && error.code === 'ENOENT'
}

/** What a program says last is why it ended. */
function lastLine(complaint: string): string {
  return complaint.trim().split('\n').at(-1)?.slice(0, LONGEST_REASON) || 'it ended without a word'
}
