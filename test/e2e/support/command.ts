// Runs programs as a user would: an argument list, an environment, a folder; never a shell. Every program has a limit.
import { spawn } from 'node:child_process'

const LIMIT_MS = 90_000

export type Ran = {
  /** `null`: a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Lines of standard output that are JSON objects. */
  readonly json: readonly JsonLine[]
  /** The last line of standard output, when it is a JSON object. */
  readonly last: JsonLine
}

/** What a machine reads; tests name the fields that they expect. */
// oxlint-disable-next-line typescript/no-explicit-any
export type JsonLine = Readonly<Record<string, any>>

export type Program = {
  readonly pid: number
  /** What it has said so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly isRunning: () => boolean
  readonly ended: Promise<Ran>
}

export type HowToRun = {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** It is killed then, and `ended` rejects. */
  readonly limitMs?: number
  /** Its standard input; nothing when absent. */
  readonly input?: string
  /** Called with all of its standard output as soon as there is more of it. */
  readonly onOutput?: (stdout: string, program: { readonly kill: (signal: NodeJS.Signals) => void }) => void
}

/** Starts a program. Rejects when it cannot be started at all. */
export async function start(argv: readonly string[], how: HowToRun = {}): Promise<Program> {
  const [file, ...args] = argv
  if (file === undefined) throw new Error('a program is needed')
  const child = spawn(file, args, { cwd: how.cwd, env: how.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const kill = (signal: NodeJS.Signals) => void child.kill(signal)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    how.onOutput?.(stdout, { kill })
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined) // it ended before it had read everything
  child.stdin.end(how.input ?? '')
  const started = Promise.withResolvers<void>()
  child.once('spawn', () => started.resolve()).once('error', started.reject)
  const ended = new Promise<Ran>((resolve, reject) => {
    const limitMs = how.limitMs ?? LIMIT_MS
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${argv.join(' ')} was not done after ${limitMs / 1000} s\n${stdout}\n${stderr}`))
    }, limitMs)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const lines = stdout.trimEnd().split('\n').map(objectIn)
      const json = lines.filter((line) => line !== null)
      resolve({ code, signal, stdout, stderr, json, last: lines.at(-1) ?? {} })
    })
  })
  ended.catch(() => undefined) // whoever waits for it hears of it
  await started.promise
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    kill,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    ended,
  }
}

export async function run(argv: readonly string[], how: HowToRun = {}): Promise<Ran> {
  return (await start(argv, how)).ended
}

/** Its standard output, trimmed. Throws when it does not end with 0. */
export async function output(argv: readonly string[], how: HowToRun = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, how)
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}${stdout}`)
  return stdout.trim()
}

function objectIn(line: string): JsonLine | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as JsonLine
  } catch {
    return null // people's text
  }
}
