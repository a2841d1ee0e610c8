// As much as goes through: wrk, keep-alive, GET and POST in turn.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { run, start, wallNow } from '../command.ts'
import type { Load, LoadOptions } from './load.ts'
import { ORDER, ORDER_PATH, PRODUCT_PATH } from './requests.ts'
import { readNotes, readSums } from './wrk-notes.ts'

const CONNECTIONS = 32
const LONGEST_S = 1_800

/** Installs it where that can be done without asking; else says how. */
export async function needWrk({ signal, say }: BenchContext): Promise<void> {
  const found = await run('wrk', ['-v'], { anyStatus: true, signal }).catch(() => null)
  if (found !== null) return
  if (process.getuid?.() !== 0)
    throw new Error('wrk is not here, and the saturating load needs it. Run: sudo apt-get install wrk')
  say('installing wrk from the package sources of this machine')
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'wrk'], { signal, limitMs: 300_000 })
}

export function startWrk(context: BenchContext, options: LoadOptions): Load {
  const notes = join(context.folder, `${options.name}.notes`)
  const script = join(import.meta.dirname, 'wrk.lua')
  const limits = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${LONGEST_S}s`, '--timeout', '5s', '-s', script]
  const asked = [options.url, '--', notes, PRODUCT_PATH, ORDER_PATH, ORDER]
  const [file, ...before] = [...options.through, 'wrk']
  const running = start(context.cleanup, file, [...before, ...limits, ...asked], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  running.child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  return {
    name: 'saturating',
    async stop() {
      if (running.child.exitCode !== null) throw new Error(`wrk ended by itself with ${running.child.exitCode}`)
      const closed = new Promise((resolve) => running.child.once('close', resolve))
      await running.stop('SIGINT')
      await closed
      const files = readdirSync(dirname(notes)).filter((name) => name.startsWith(`${basename(notes)}.`))
      const spans = files.flatMap((name) => readNotes(readFileSync(join(dirname(notes), name), 'utf8'), wallNow()))
      return { spans, ...readSums(stdout) }
    },
  }
}
