// Runs the hooks that are no business of a container engine: programs on this host, and calls to web addresses.
// Invariant: when a program's run returns or throws, it and its children are gone.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { reasonOf } from '../../core/errors.ts'
import type { HeaderSource } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Hooks, HostCommand, HostEnd, WebhookCall } from '../../ports/hooks.ts'

/** Between the signal that asks a program to end and the one that ends it. */
const GRACE_MS = 5_000
const OUTPUT_GRACE_MS = 1_000

export type HooksOptions = {
  /** The environment of Astern itself. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export function createHooks({ env, clock }: HooksOptions): Hooks {
  return {
    runOnHost: (command) => runOnHost(command, env, clock),
    post: (call) => post(call, env, clock),
  }
}

async function runOnHost(command: HostCommand, env: HooksOptions['env'], clock: Clock): Promise<HostEnd> {
  const { argv, cwd, timeoutMs, signal, onOutput } = command
  signal?.throwIfAborted()
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    cwd,
    env: { ...env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that its children can be ended with it.
    detached: true,
  })
  const over = new AbortController()
  child.stdout.on('data', (bytes: Buffer) => onOutput({ stream: 'stdout', bytes }))
  child.stderr.on('data', (bytes: Buffer) => onOutput({ stream: 'stderr', bytes }))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = new Promise<Omit<HostEnd, 'timedOut'>>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(new Error(startFailure(program, error))))
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  const ended = exited.then(async (end) => {
    // Children that it leaves behind hold its output; one that has fled its group is not waited for.
    send(child.pid, 'SIGKILL')
    await Promise.race([closed, clock.sleep(OUTPUT_GRACE_MS, over.signal)])
    return end
  })
  try {
    const outcome = await Promise.race([
      ended,
      clock.sleep(timeoutMs, over.signal).then(() => 'late' as const),
      aborted(signal, over.signal),
    ])
    if (typeof outcome === 'object') return { ...outcome, timedOut: false }
    send(child.pid, 'SIGTERM')
    await Promise.race([ended, clock.sleep(GRACE_MS, over.signal)])
    send(child.pid, 'SIGKILL')
    const end = await ended
    signal?.throwIfAborted()
    return { ...end, timedOut: true }
  } finally {
    over.abort()
    send(child.pid, 'SIGKILL')
    child.stdout.destroy()
    child.stderr.destroy()
  }
}

function startFailure(program: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? `there is no program ${program}` : `it does not start: ${error.code ?? 'unknown'}`
}

function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true, signal: over })
  })
}

/** To the whole group; that it is gone already is what was wanted. */
function send(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function post(call: WebhookCall, env: HooksOptions['env'], clock: Clock): Promise<{ status: number }> {
  const { url, body, timeoutMs, signal } = call
  signal?.throwIfAborted()
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'astern' }
  for (const [name, source] of Object.entries(call.headers)) headers[name] = await valueOf(name, source, env)
  const over = new AbortController()
  const late = new AbortController()
  clock.sleep(timeoutMs, over.signal).then(
    () => late.abort(new Error('no answer in time')),
    () => undefined, // it has answered
  )
  const request = fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
  })
  const outcome = await request.then(
    async (answer) => {
      await answer.body?.cancel()
      return { status: answer.status }
    },
    (error: unknown) => ({ reason: whyUnsent(error) }),
  )
  over.abort()
  if ('status' in outcome) return outcome
  signal?.throwIfAborted()
  late.signal.throwIfAborted()
  throw new Error(outcome.reason)
}

/** fetch hides the reason in the cause, and may quote the value of a header in its own message. */
function whyUnsent(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? 'it could not be sent' : reasonOf(cause)
}

async function valueOf(name: string, source: HeaderSource, env: HooksOptions['env']): Promise<string> {
  if (source.kind === 'env') {
    const value = env[source.variable]
    if (value === undefined) throw new Error(`there is no variable ${source.variable} for the header ${name}`)
    return value
  }
  try {
    return (await readFile(source.path, 'utf8')).trim()
  } catch {
    throw new Error(`the header ${name} cannot be read from ${source.path}`)
  }
}
