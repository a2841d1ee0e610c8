// Constant load over keep-alive connections, in a process of its own so that a busy test does not disturb it. Every request is recorded: when it was
// sent, how long it took, what was answered and by which release. Bounded by its duration and by the answers that it keeps.
import { Agent, request } from 'node:http'
import { type Program, start } from './command.ts'
import { until } from './until.ts'

const ANSWERS_AT_MOST = 200_000
const LONGEST_MS = 120_000
const REQUEST_TIMEOUT_MS = 15_000
const TICK_MS = 10

export type LoadOptions = {
  readonly port: number
  /** Requests a second. */
  readonly perSecond?: number
  /** Which share of them is a POST: every fourth, when absent. */
  readonly postEvery?: number
  readonly connections?: number
  readonly host?: string
  readonly get?: string
  readonly post?: { readonly path: string; readonly body: string }
}

export type LoadAnswer = {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly ms: number
  readonly method: string
  /** 0: there was no answer. */
  readonly status: number
  /** The release that answered, by what it says of itself. */
  readonly release: string | null
  readonly error: string | null
}

export type Load = {
  readonly answers: () => readonly LoadAnswer[]
  /** Those that no user should see: no answer, or a status of 500 and above. */
  readonly failures: () => readonly LoadAnswer[]
  /** Waits until that many answers have come from now on, or from a release. */
  readonly more: (count: number, release?: string) => Promise<void>
  /** Stops sending, waits for what is in flight, and gives everything back. */
  readonly stop: () => Promise<readonly LoadAnswer[]>
}

/** Sends until `stop`, and two minutes at most. `within` is how a program is started in a network of its own. */
export async function startLoad(options: LoadOptions, within: readonly string[] = []): Promise<Load> {
  const argv = [...within, process.execPath, import.meta.filename, JSON.stringify(options)]
  const program = await start(argv, { limitMs: LONGEST_MS + REQUEST_TIMEOUT_MS + 5_000 })
  const reader = readerOf(program)
  const load: Load = {
    answers: reader,
    failures: () => reader().filter(isFailure),
    more: async (count, release) => {
      const counted = () => reader().filter((answer) => release === undefined || answer.release === release).length
      const before = counted()
      const what = `${count} answers${release === undefined ? '' : ` of ${release}`} under load`
      await until(what, () => {
        if (!program.isRunning()) throw new Error(`the load ended: ${program.stderr()}`)
        return counted() >= before + count
      })
    },
    stop: async () => {
      program.kill('SIGTERM')
      const { code, stderr } = await program.ended
      if (code !== 0) throw new Error(`the load ended with ${code}: ${stderr}`)
      return reader()
    },
  }
  await load.more(1)
  return load
}

export function isFailure({ status }: LoadAnswer): boolean {
  return status === 0 || status >= 500
}

/** Each line is parsed once, however often the answers are looked at. */
function readerOf(program: Program): () => readonly LoadAnswer[] {
  const answers: LoadAnswer[] = []
  let read = 0
  return () => {
    const text = program.stdout()
    const end = text.lastIndexOf('\n') + 1
    if (end > read) {
      const lines = text.slice(read, end).split('\n').filter(Boolean)
      for (const line of lines) answers.push(JSON.parse(line) as LoadAnswer)
      read = end
    }
    return answers
  }
}

/** A header of the Gin shop, or a variable in what the probe's /env answers. */
function releaseIn(header: string | string[] | undefined, body: string): string | null {
  if (typeof header === 'string') return header
  return /"MARK":"([^"]*)"/.exec(body)?.[1] ?? null
}

async function sendUntilTold(options: LoadOptions): Promise<void> {
  const { port, host, perSecond = 150, postEvery = 4, connections = 6 } = options
  const { get = '/env', post = { path: '/env', body: '{}' } } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const inFlight = new Set<Promise<void>>()
  let kept = 0
  const startedAt = performance.now()

  const send = (method: 'GET' | 'POST'): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const at = Date.now()
    const sentAt = performance.now()
    let isTold = false
    const tell = (status: number, release: string | null, error: string | null) => {
      if (isTold) return
      isTold = true
      process.stdout.write(
        `${JSON.stringify({ at, ms: performance.now() - sentAt, method, status, release, error })}\n`,
      )
      kept += 1
      resolve()
    }
    const body = method === 'POST' ? post.body : ''
    const headers = {
      ...(host === undefined ? {} : { host }),
      ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
    }
    const path = method === 'POST' ? post.path : get
    const asked = request({ agent, host: '127.0.0.1', port, path, method, headers, timeout: REQUEST_TIMEOUT_MS })
    asked.on('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => tell(answer.statusCode ?? 0, releaseIn(answer.headers['x-shop-version'], text), null))
      answer.on('error', (error) => tell(0, null, `cut: ${error.message}`))
    })
    asked.on('timeout', () => asked.destroy(new Error('timeout')))
    asked.on('error', (error) => tell(0, null, `${error.message}${asked.reusedSocket ? ' (reused)' : ''}`))
    asked.end(body)
    return promise
  }

  let sent = 0
  const { promise: told, resolve: stop } = Promise.withResolvers<void>()
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs > LONGEST_MS || kept >= ANSWERS_AT_MOST) stop()
    for (const due = (elapsedMs * perSecond) / 1000; sent < due; sent += 1) {
      const one = send(sent % postEvery === postEvery - 1 ? 'POST' : 'GET')
      inFlight.add(one)
      void one.then(() => inFlight.delete(one))
    }
  }, TICK_MS)
  process.on('SIGTERM', () => stop())
  await told
  clearInterval(timer)
  await Promise.all(inFlight)
  agent.destroy()
}

if (import.meta.main) {
  await sendUntilTold(JSON.parse(process.argv[2] ?? '{}') as LoadOptions)
  process.exitCode = 0
}
