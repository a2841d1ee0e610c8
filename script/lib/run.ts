// Runs one of the project's own commands for `check` and `test`: a time limit, no terminal input, and nothing of it left behind.
import { spawn } from 'node:child_process'
import { delimiter, dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
// Where both leave what they counted.
export const resultsFolder = join(root, 'out/test')

export type Run = { status: number; output: string; durationMs: number; timedOut: boolean }

const running = new Set<number>()

// The tools of the lockfile are found before any of the machine's, and so is the Node that runs this.
const path = [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter)

function stopAll(): void {
  for (const group of running) process.kill(-group, 'SIGKILL')
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopAll()
    process.exit(130)
  })
}

// `show` lets the output through to the terminal; otherwise it is collected.
export function run(command: readonly string[], options: { limitMs: number; show: boolean }): Promise<Run> {
  const [file, ...args] = command
  if (file === undefined) throw new Error('a command is needed')
  const startedAt = performance.now()
  const { promise, resolve: done } = Promise.withResolvers<Run>()
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, PATH: path, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }) },
    stdio: ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
    detached: true, // a process group of its own, so that a limit ends its children too
  })
  let output = ''
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, options.limitMs)
  if (child.pid !== undefined) running.add(child.pid)
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const end = (status: number): void => {
    clearTimeout(timer)
    if (child.pid !== undefined) running.delete(child.pid)
    if (timedOut) output += `stopped after ${Math.round(options.limitMs / 1000)} s, its limit\n`
    done({ status, output, durationMs: performance.now() - startedAt, timedOut })
  }
  child.once('error', (error) => {
    output += `${error.message}\n`
    end(127)
  })
  child.once('close', (code) => end(code ?? 1))
  return promise
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`
}
