// Reads signals: a Prometheus query, an HTTP check, a command on this host.
// Invariants: whatever goes wrong is a reading that is unknown, with the reason; no reason holds an address as it was written, which may hold a password.
import { assertNever, reasonOf } from '../../core/errors.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Signal, SignalSource } from '../../core/trial.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Hooks } from '../../ports/hooks.ts'
import type { SignalReading, Signals } from '../../ports/signals.ts'
import { ask } from './ask.ts'
import { readCommand } from './command-output.ts'
import { queryAddress, readAnswer } from './prometheus.ts'

/** Of what a command prints; a signal is one number. */
const MAX_OUTPUT_BYTES = 64 * 1024
const MAX_REASON = 200

export type SignalsOptions = {
  readonly clock: Clock
  /** How programs are run on this host. One that ends at no signal may take a few seconds more than its time. */
  readonly hooks: Pick<Hooks, 'runOnHost'>
}

export function createSignals({ clock, hooks }: SignalsOptions): Signals {
  async function readSource({ source, timeoutMs }: Signal, abort: AbortSignal | undefined): Promise<SignalReading> {
    switch (source.kind) {
      case 'prometheus': {
        const answer = await ask(queryAddress(source.url, source.query), { timeoutMs, clock, abort })
        if ('failure' in answer) return { unknown: answer.failure }
        return readAnswer(answer.status, answer.body, clock.now())
      }
      case 'http': {
        const answer = await ask(source.url, { timeoutMs, clock, abort })
        return { value: 'failure' in answer || answer.status < 200 || answer.status >= 400 ? 1 : 0 }
      }
      case 'command':
        return runCommand(hooks, source, timeoutMs, abort)
      default:
        return assertNever(source)
    }
  }

  return {
    async read(signal, abort) {
      abort?.throwIfAborted()
      try {
        return await readSource(signal, abort)
      } catch (error) {
        abort?.throwIfAborted()
        return { unknown: reasonOf(error).slice(0, MAX_REASON) }
      }
    },
  }
}

async function runCommand(
  hooks: Pick<Hooks, 'runOnHost'>,
  { argv, cwd }: Extract<SignalSource, { readonly kind: 'command' }>,
  timeoutMs: number,
  abort: AbortSignal | undefined,
): Promise<SignalReading> {
  const tooMuch = new AbortController()
  const chunks: Uint8Array[] = []
  let size = 0
  const end = await hooks.runOnHost({
    argv,
    cwd,
    env: {},
    timeoutMs,
    signal: abort === undefined ? tooMuch.signal : AbortSignal.any([abort, tooMuch.signal]),
    onOutput: ({ stream, bytes }) => {
      size += bytes.length
      if (size > MAX_OUTPUT_BYTES) tooMuch.abort(new Error(`it printed more than ${MAX_OUTPUT_BYTES} bytes`))
      else if (stream === 'stdout') chunks.push(bytes)
    },
  })
  if (end.timedOut) return { unknown: `it did not end within ${formatDuration(timeoutMs)}` }
  if (end.exitCode !== 0) return { value: 1 }
  return readCommand(Buffer.concat(chunks).toString('utf8'))
}
