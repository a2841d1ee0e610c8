// Runs one command of the rehearsal in a process group of its own: Ctrl-C reaches it through here and nowhere else, so that what it
// began can be ended in order.
import { spawn } from 'node:child_process'
import { alignClock, wallMs } from './clock.ts'

export type Ran = {
  readonly startMs: number
  readonly endMs: number
  /** 128 + the signal's number when one ended it. */
  readonly exit: number
  /** What it wrote, when that was collected. */
  readonly output: string
}

export type How = {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** `show`: straight to our own terminal; `collect`: into `output`. */
  readonly output: 'show' | 'collect'
  readonly limitMs: number
  readonly signal?: AbortSignal
}

/** After the polite signal it has so long to end by itself. */
const graceMs = 20_000

export async function run(argv: readonly string[], how: How): Promise<Ran> {
  const [file, ...args] = argv
  if (file === undefined) throw new Error('a command is needed')
  how.signal?.throwIfAborted()
  const stdio = how.output === 'show' ? ('inherit' as const) : ('pipe' as const)
  alignClock()
  const startMs = wallMs()
  const child = spawn(file, args, {
    cwd: how.cwd,
    env: how.env ?? process.env,
    stdio: ['ignore', stdio, stdio],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const ended = Promise.withResolvers<{ exit: number; endMs: number }>()
  child.once('error', (error) => {
    output += error.message
    ended.resolve({ exit: 127, endMs: wallMs() })
  })
  // `exit` for the time: `close` also waits for whatever it left running in the background.
  let endMs = 0
  child.once('exit', () => (endMs = wallMs()))
  child.once(how.output === 'show' ? 'exit' : 'close', (code: number | null, signal: NodeJS.Signals | null) => {
    ended.resolve({ exit: code ?? (signal === 'SIGINT' ? 130 : 137), endMs: endMs || wallMs() })
  })

  let killer: NodeJS.Timeout | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    killer ??= setTimeout(() => stop('SIGKILL'), graceMs)
  }
  const interrupt = () => stop('SIGINT')
  how.signal?.addEventListener('abort', interrupt)
  let late = false
  const limit = setTimeout(() => {
    late = true
    stop('SIGTERM')
  }, how.limitMs)
  const { exit, endMs: finishedMs } = await ended.promise
  clearTimeout(limit)
  clearTimeout(killer)
  how.signal?.removeEventListener('abort', interrupt)
  how.signal?.throwIfAborted()
  if (late) throw new Error(`${argv.join(' ')}: not done after ${Math.round(how.limitMs / 1_000)} s`)
  return { startMs, endMs: finishedMs, exit, output }
}
