// Runs a command that prints a secret: no shell, no terminal, a limit on time and output.
// Invariant: when it returns or throws, the command and its children are gone; what it printed is in no error.
import { spawn } from 'node:child_process'
import type { Clock } from '../../ports/clock.ts'

const MAX_OUTPUT_BYTES = 1024 * 1024

export type CommandOptions = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** Why a command gave nothing. Safe to show. */
export class CommandFailed extends Error {}

/** Everything that the command printed. Throws CommandFailed, or the signal's reason. */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<Buffer> {
  options.signal?.throwIfAborted()
  const [program = '', ...args] = argv
  const settled = new AbortController()
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'ignore'],
    // A process group of its own, so that its children can be ended with it.
    detached: true,
  })
  const chunks: Buffer[] = []
  let size = 0
  const finished = new Promise<Buffer>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(new CommandFailed(startFailure(program, error))))
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_OUTPUT_BYTES) reject(new CommandFailed(`it printed more than ${MAX_OUTPUT_BYTES} bytes`))
      else chunks.push(chunk)
    })
    child.once('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(chunks))
      else reject(new CommandFailed(code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`))
    })
  })
  const late = options.clock.sleep(options.timeoutMs, settled.signal).then(() => {
    throw new CommandFailed(`it did not end within ${options.timeoutMs / 1000}s`)
  })
  try {
    return await Promise.race([finished, late, aborted(options.signal, settled.signal)])
  } finally {
    settled.abort()
    // Whoever lost the race has nobody left to tell.
    late.catch(() => {})
    finished.catch(() => {})
    end(child.pid)
    child.stdout.destroy()
  }
}

function startFailure(program: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? `there is no program ${program}` : `it does not start: ${error.code ?? 'unknown'}`
}

/** Rejects when the signal aborts; never settles otherwise. */
function aborted(signal: AbortSignal | undefined, settled: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: settled })
  })
}

/** Ends the whole group; that it is gone already is what was wanted. */
function end(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
