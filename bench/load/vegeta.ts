// A constant load with open loop and a record per request: vegeta, GET and POST in turn, 1,000 requests a second unless it is told otherwise.
import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { root, start } from '../command.ts'
import type { Load, LoadOptions } from './load.ts'
import { ORDER, ORDER_PATH, PRODUCT_PATH } from './requests.ts'
import { readRecords } from './vegeta-records.ts'

const RATE_PER_SECOND = 1_000
/** Enough for a second in which nobody answers: a user who waits keeps no other one from asking. */
const WORKERS = 2_000
const TIMEOUT = '5s'
/** An end in any case. */
const LONGEST_S = 1_800

export function startVegeta(context: BenchContext, options: LoadOptions): Load {
  const { name, url, through } = options
  const asked = { name, through, perSecond: RATE_PER_SECOND, targets: inTurn(context, name, url) }
  const attack = startAttack(context, asked, readRecords)
  return { name: 'constant', stop: () => attack.stop() }
}

/** Targets of vegeta: a product and an order in turn. */
export function inTurn({ folder }: BenchContext, name: string, url: string): string {
  const order = join(folder, `${name}.order.json`)
  writeFileSync(order, ORDER)
  return `GET ${url}${PRODUCT_PATH}\n\nPOST ${url}${ORDER_PATH}\nContent-Type: application/json\n@${order}\n`
}

export type AttackOptions = {
  readonly name: string
  readonly perSecond: number
  /** In the format of vegeta; asked one after the other. */
  readonly targets: string
  readonly through?: readonly string[]
}

/** `read` is given one line of CSV per request. */
export function startAttack<T>(
  context: BenchContext,
  { name, perSecond, targets: text, through = [] }: AttackOptions,
  read: (lines: Readable) => Promise<T>,
): { stop(): Promise<T> } {
  const vegeta = join(root, '.cache/bin/vegeta')
  if (!existsSync(vegeta)) throw new Error('vegeta is not here. Run: script/setup vegeta')
  const records = join(context.folder, `${name}.bin`)
  const targets = join(context.folder, `${name}.targets`)
  writeFileSync(targets, text)
  const [file, ...before] = [...through, vegeta]
  const attack = ['attack', `-rate=${perSecond}/s`, `-duration=${LONGEST_S}s`, `-timeout=${TIMEOUT}`]
  const limits = [`-max-workers=${WORKERS}`, '-max-body=0', `-targets=${targets}`, `-output=${records}`]
  const running = start(context.cleanup, file, [...before, ...attack, ...limits], { stdio: 'ignore' })
  return {
    async stop() {
      if (running.child.exitCode !== null) throw new Error(`vegeta ended by itself with ${running.child.exitCode}`)
      await running.stop('SIGINT')
      const result = await decode(vegeta, records, read)
      rmSync(records)
      return result
    },
  }
}

async function decode<T>(vegeta: string, records: string, read: (lines: Readable) => Promise<T>): Promise<T> {
  const encoder = spawn(vegeta, ['encode', '--to', 'csv', records], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    encoder.once('close', resolve)
    encoder.once('error', reject)
  })
  const result = await read(encoder.stdout)
  const status = await ended
  if (status !== 0) throw new Error(`vegeta encode ended with ${status}`)
  return result
}
