// Runs git. Nothing is asked at a terminal, and what it says is in English; a name that begins with a dash never gets this far as one.
import { execFile } from 'node:child_process'
import { fail } from '../../core/errors.ts'

/** What asks nobody but the disk. A history is read without a limit, by commits.ts. */
const LOCAL_LIMIT_MS = 60_000
const REMOTE_LIMIT_MS = 120_000
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024
/** Lines of what git says that are told. */
const TOLD_LINES = 6

export type Environment = Readonly<Record<string, string | undefined>>

export type Ran = { readonly exit: number | null; readonly out: string; readonly err: string }

export type How = {
  readonly input?: string
  /** It talks to a remote. */
  readonly remote?: boolean
  readonly limitMs?: number
}

export type Git = {
  /** However it ends. `exit` is `null` when it did not end by itself. Error: GIT_UNAVAILABLE. */
  run(folder: string, args: readonly string[], how?: How): Promise<Ran>
  /** Its output. Errors: GIT_UNAVAILABLE, GIT_FAILED. */
  read(folder: string, args: readonly string[], how?: How): Promise<string>
}

export function gitEnvironment(env: Environment): NodeJS.ProcessEnv {
  return { ...env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' }
}

export function createRunner(env: Environment): Git {
  const run: Git['run'] = (folder, args, { input, remote = false, limitMs } = {}) =>
    new Promise((resolve, reject) => {
      const timeout = limitMs ?? (remote ? REMOTE_LIMIT_MS : LOCAL_LIMIT_MS)
      const options = {
        cwd: folder,
        env: gitEnvironment(env),
        timeout,
        killSignal: 'SIGKILL' as const,
        maxBuffer: MAX_OUTPUT_BYTES,
      }
      const child = execFile('git', args, options, (error, out, err) => {
        if (error === null) return resolve({ exit: 0, out, err })
        if (typeof error.code === 'number') return resolve({ exit: error.code, out, err })
        if (error.killed === true) return resolve({ exit: null, out, err: `no end within ${timeout / 1_000} s` })
        reject(fail('GIT_UNAVAILABLE', { reason: error.message }, error))
      })
      // It may end before it has read all of it.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input ?? '')
    })
  return {
    run,
    async read(folder, args, how) {
      const { exit, out, err } = await run(folder, args, how)
      if (exit !== 0) throw failed(args, err, exit)
      return out
    },
  }
}

export function failed(args: readonly string[], err: string, exit: number | null) {
  return fail('GIT_FAILED', { command: commandOf(args), reason: told(err) || `it ended with ${exit}` })
}

/** The subcommand, behind `-c NAME=VALUE`. */
function commandOf(args: readonly string[]): string {
  const at = args.findIndex((word, index) => !word.startsWith('-') && args[index - 1] !== '-c')
  return args[at] ?? 'git'
}

/** The last lines of what git said, without hints, and without the credentials that an address may hold. */
export function told(err: string): string {
  const lines = err.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('hint:'))
  return lines
    .slice(-TOLD_LINES)
    .join('\n')
    .replaceAll(/(\w+:\/\/)[^/@\s]+@/g, '$1')
}
