// A constant load with open loop and a record per request: vegeta, 1,000 requests a second, GET and POST in turn.
import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { root, start } from '../command.ts'
import type { Traffic } from './answers.ts'
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
  const vegeta = join(root, '.cache/bin/vegeta')
  if (!existsSync(vegeta)) throw new Error('vegeta is not here. Run: script/setup vegeta')
  const records = join(context.folder, `${options.name}.bin`)
  const targets = join(context.folder, `${options.name}.targets`)
  const order = join(context.folder, `${options.name}.order.json`)
  writeFileSync(order, ORDER)
  writeFileSync(
    targets,
    `GET ${options.url}${PRODUCT_PATH}\n\nPOST ${options.url}${ORDER_PATH}\nContent-Type: application/json\n@${order}\n`,
  )
  const [file, ...before] = [...options.through, vegeta]
  const attack = ['attack', `-rate=${RATE_PER_SECOND}/s`, `-duration=${LONGEST_S}s`, `-timeout=${TIMEOUT}`]
  const limits = [`-max-workers=${WORKERS}`, '-max-body=0', `-targets=${targets}`, `-output=${records}`]
  const running = start(context.cleanup, file, [...before, ...attack, ...limits], { stdio: 'ignore' })
  return {
    name: 'constant',
    async stop() {
      if (running.child.exitCode !== null) throw new Error(`vegeta ended by itself with ${running.child.exitCode}`)
      await running.stop('SIGINT')
      const traffic = await decode(vegeta, records)
      rmSync(records)
      return traffic
    },
  }
}

async function decode(vegeta: string, records: string): Promise<Traffic> {
  const encoder = spawn(vegeta, ['encode', '--to', 'csv', records], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    encoder.once('close', resolve)
    encoder.once('error', reject)
  })
  const traffic = await readRecords(encoder.stdout)
  const status = await ended
  if (status !== 0) throw new Error(`vegeta encode ended with ${status}`)
  return traffic
}
