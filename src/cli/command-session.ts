// What `exec` and `run` have in common: the command as it was typed, its streams, and how its end becomes an exit code.
import { fail, isAsternError } from '../core/errors.ts'
import { createLineReader } from '../core/output-lines.ts'
import { releaseName, type Scope } from '../core/model.ts'
import type { CommandAnswer } from '../operations/session.ts'
import type { Session } from '../ports/session.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'

/** As shells and timeout(1) have it. */
const INTERRUPTED = 130
const TIMED_OUT = 124
const SHELL = ['sh']

/** The command behind `--`, else what stands behind the first `skip` words. At a terminal it may be left out. Error: USAGE. */
export function commandWords(context: Context, args: Arguments, skip: number): readonly string[] {
  const words = args.rest ?? args.positionals.slice(skip)
  if (words.length > 0) return words
  if (context.terminal) return SHELL
  throw fail('USAGE', { problem: context.t('positional_missing', { name: 'CMD' }), command: args.command })
}

type Told = Scope & { readonly operation: 'exec' | 'run'; readonly release: number; readonly replica: string | null }

/** Runs it with this process's streams, or as lines of JSON. Returns its exit code. */
export async function inTerminal(
  context: Context,
  told: Told,
  work: (session: Session & { readonly signal: AbortSignal }) => Promise<CommandAnswer>,
): Promise<number> {
  const attached = await context.attach()
  const lines = createLineReader((line) => context.print(JSON.stringify(line)))
  const onOutput: Session['onOutput'] = context.json ? (output) => lines.read(output) : attached.onOutput
  const stopping = new AbortController()
  const stop = () => stopping.abort(fail('INTERRUPTED', { serving: '' }))
  const stopInterrupts = context.onInterrupt(stop)
  context.onOutputClosed(stop)
  try {
    const { stdin, terminal } = attached
    const answer = await work({ stdin, terminal, onOutput, signal: stopping.signal })
    lines.end()
    if (context.json) context.print(JSON.stringify(answerOf(told, answer)))
    return answer.timedOut ? TIMED_OUT : answer.exitCode
  } catch (error) {
    if (isAsternError(error, 'INTERRUPTED')) return INTERRUPTED
    throw error
  } finally {
    stopInterrupts()
    attached.end()
  }
}

/** The names are a contract. */
function answerOf(told: Told, { transactionId, exitCode, timedOut, oomKilled, durationMs }: CommandAnswer) {
  return {
    transaction_id: transactionId,
    operation: told.operation,
    service: told.service,
    environment: told.environment,
    release: releaseName(told.release),
    replica: told.replica,
    outcome: exitCode === 0 && !timedOut ? 'succeeded' : 'failed',
    exit_code: exitCode,
    timed_out: timedOut,
    oom_killed: oomKilled,
    duration_ms: Math.round(durationMs),
  }
}
