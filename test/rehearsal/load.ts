// The users: vegeta at a constant rate, whatever the service does. Every request comes in as a record while the load runs.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Answer, readAnswer } from './answer.ts'

export type Load = {
  /** Of all requests that have ended, in the order in which they did. */
  readonly answers: readonly Answer[]
  /** Rejects when the load ends by itself, which it never should. */
  readonly broken: Promise<never>
  /** Sends no more, waits for what is in the air. */
  stop(): Promise<void>
}

export type Asked = {
  readonly vegeta: string
  /** For its files. */
  readonly folder: string
  readonly target: string
  readonly ratePerSecond: number
  /** It ends by itself after this time, in case nobody is left to stop it. */
  readonly longestMs: number
  readonly onAnswer: (answer: Answer) => void
}

/** As long as a user would wait at most. */
export const patienceMs = 10_000
const mostWorkers = 4_000

const order = { customer: 'Ada', items: [{ product_id: 'compass', quantity: 2 }] }

export function startLoad(asked: Asked): Load {
  const { target, folder } = asked
  const orderFile = join(folder, 'order.json')
  const targetsFile = join(folder, 'targets.http')
  writeFileSync(orderFile, JSON.stringify(order))
  // In turn: every second request is a POST, which nobody may repeat.
  writeFileSync(
    targetsFile,
    `GET ${target}/products\n\nPOST ${target}/orders\nContent-Type: application/json\n@${orderFile}\n`,
  )
  const encode = spawn(asked.vegeta, ['encode', '--to', 'json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const attack = spawn(
    asked.vegeta,
    [
      'attack',
      `-targets=${targetsFile}`,
      `-rate=${asked.ratePerSecond}/s`,
      `-duration=${Math.ceil(asked.longestMs / 1_000)}s`,
      `-timeout=${patienceMs}ms`,
      `-max-workers=${mostWorkers}`,
      '-redirects=-1',
      '-max-body=0', // read to the end, not kept
    ],
    { stdio: ['ignore', encode.stdin, 'inherit'], detached: true },
  )
  encode.stdin.destroy() // vegeta has it now; a second open end would hide that the load has ended

  const answers: Answer[] = []
  const { promise: broken, reject: breakOff } = Promise.withResolvers<never>()
  broken.catch(() => {}) // whoever waits for it hears of it
  createInterface({ input: encode.stdout }).on('line', (line) => {
    try {
      const answer = readAnswer(line)
      answers.push(answer)
      asked.onAnswer(answer)
    } catch (error) {
      breakOff(error)
    }
  })
  const ended = Promise.all([endOf(attack), endOf(encode)])
  let stopping = false
  const watchEnd = async () => {
    const [code] = await ended
    if (!stopping) breakOff(new Error(`vegeta ended before it was told to (exit code ${code ?? 'none'})`))
  }
  void watchEnd()
  return {
    answers,
    broken,
    stop: async () => {
      stopping = true
      attack.kill('SIGINT')
      const killer = setTimeout(() => [attack, encode].forEach((child) => child.kill('SIGKILL')), patienceMs * 2)
      await ended
      clearTimeout(killer)
    },
  }
}

/** Its exit code; `null` for one that could not start or was killed. */
function endOf(child: ChildProcess): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.once('error', () => resolve(null))
  child.once('close', (code) => resolve(code))
  return promise
}
