// Runs Docker's command line: an argument list, never a shell; its lines as they come, the last of them for an error.
import { spawn } from 'node:child_process'
import { createLineReader } from '../../core/output-lines.ts'
import { fail } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Watched } from '../../ports/builder.ts'

/** Of what it says, this much is kept to tell why it failed. */
const LINES_KEPT = 40
/** A command that was asked to end and does not is killed. */
const END_WITHIN_MS = 5_000
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

export type Environment = Readonly<Record<string, string | undefined>>

export type Ended = {
  readonly code: number | null
  /** All of standard output. */
  readonly stdout: string
  /** The last lines of both. */
  readonly lines: readonly string[]
}

/** Errors: BUILDER_MISSING, the signal's reason. What the command ends with is for the caller to judge. */
export async function docker(
  args: readonly string[],
  { env, clock, signal, onLine }: Watched & { readonly env: Environment; readonly clock: Clock },
): Promise<Ended> {
  signal?.throwIfAborted()
  const child = spawn('docker', args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const chunks: Buffer[] = []
  let size = 0
  const reader = createLineReader(({ text }) => {
    // Builders draw lines anew with carriage returns.
    const line = text.split('\r').findLast((part) => part.trim() !== '') ?? ''
    if (line === '') return
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.shift()
    onLine?.(line)
  })
  child.stdout.on('data', (bytes: Buffer) => {
    size += bytes.length
    if (size <= MAX_OUTPUT_BYTES) chunks.push(bytes)
    reader.read({ stream: 'stdout', bytes })
  })
  child.stderr.on('data', (bytes: Buffer) => reader.read({ stream: 'stderr', bytes }))
  const done = new AbortController()
  const stop = () => {
    child.kill('SIGTERM')
    clock.sleep(END_WITHIN_MS, done.signal).then(
      () => child.kill('SIGKILL'),
      () => undefined, // it ended in time
    )
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' || error.code === 'EACCES' ? fail('BUILDER_MISSING', {}, error) : error),
      )
      child.once('close', resolve)
    })
    reader.end()
    signal?.throwIfAborted()
    return { code, stdout: Buffer.concat(chunks).toString('utf8'), lines }
  } finally {
    done.abort()
    signal?.removeEventListener('abort', stop)
  }
}
