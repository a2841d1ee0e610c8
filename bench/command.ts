// Runs other programs: without a shell, bounded in time, and with nothing of them left behind.
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { resolve } from 'node:path'
import type { Cleanup } from './cleanup.ts'

export const root = resolve(import.meta.dirname, '..')

const DEFAULT_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 10_000

export type Ran = {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
  /** Milliseconds since the Unix epoch, with fractions, when it was started. */
  readonly startedAt: number
}

export type RunOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
  readonly limitMs?: number
  readonly signal?: AbortSignal
  /** A status other than 0 is an answer as well. */
  readonly anyStatus?: boolean
}

/** Milliseconds since the Unix epoch, with fractions, on the same clock as `performance.now()`. */
export function wallNow(): number {
  return performance.timeOrigin + performance.now()
}

/** Throws when it cannot be started, runs longer than it may, or ends with another status than 0. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { promise, resolve: done, reject } = Promise.withResolvers<Ran>()
  const startedAt = wallNow()
  const child = spawn(file, args, {
    cwd: options.cwd ?? root,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C on the terminal goes to the benchmark alone, which ends what it has started
  })
  const what = [file, ...args].join(' ')
  const stop = () => killGroup(child)
  const timer = setTimeout(() => {
    stop()
    reject(new Error(`${what}: stopped after ${options.limitMs ?? DEFAULT_LIMIT_MS} ms`))
  }, options.limitMs ?? DEFAULT_LIMIT_MS)
  options.signal?.addEventListener('abort', stop, { once: true })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {}).end(options.input ?? '')
  let durationMs = 0
  child.once('exit', () => (durationMs = wallNow() - startedAt))
  const settle = () => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
  }
  child.once('error', (error) => {
    settle()
    reject(new Error(`${what}: ${error.message}`, { cause: error }))
  })
  child.once('close', (code, signal) => {
    settle()
    if (options.signal?.aborted === true) return reject(options.signal.reason as Error)
    const status = code ?? 128
    if (status !== 0 && options.anyStatus !== true) {
      const said = (stderr.trim() || stdout.trim()).split('\n').slice(-8).join('\n')
      return reject(new Error(`${what}: ended with ${signal ?? status}${said === '' ? '' : `\n${said}`}`))
    }
    done({ status, stdout, stderr, durationMs, startedAt })
  })
  return promise
}

export type Background = { readonly child: ChildProcess; readonly stop: (signal?: NodeJS.Signals) => Promise<void> }

/** Starts something that runs until it is stopped, at the latest by the cleanup. */
export function start(cleanup: Cleanup, file: string, args: readonly string[], options: SpawnOptions): Background {
  const child = spawn(file, args, { cwd: root, ...options, detached: true })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  let signalToSend: NodeJS.Signals = 'SIGTERM'
  const undo = cleanup.add(file, async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    killGroup(child, signalToSend)
    const timer = setTimeout(() => killGroup(child), STOP_LIMIT_MS)
    await ended
    clearTimeout(timer)
  })
  return {
    child,
    stop(signal = 'SIGTERM') {
      signalToSend = signal
      return undo()
    },
  }
}

/** The child and what it has started, and nobody else: it leads a process group of its own. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // it has just ended
  }
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>()
  signal.throwIfAborted()
  const onAbort = () => {
    clearTimeout(timer)
    reject(signal.reason as Error)
  }
  const timer = setTimeout(() => {
    signal.removeEventListener('abort', onAbort)
    done()
  }, ms)
  signal.addEventListener('abort', onAbort, { once: true })
  return promise
}

/** Asks until `question` answers with something else than `null`. */
export async function until<T>(
  what: string,
  limitMs: number,
  signal: AbortSignal,
  question: () => Promise<T | null> | T | null,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    signal.throwIfAborted()
    const answer = await question()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}`)
    await sleep(everyMs, signal)
  }
}
