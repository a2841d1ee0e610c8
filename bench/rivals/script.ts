// What people do without a tool: stop the container, remove it, run the old image under the same name and port.
import type { BenchContext } from '../bench.ts'
import { run, sleep, until, wallNow } from '../command.ts'
import type { LoadName } from '../load/load.ts'
import { startLoad } from '../load/start-load.ts'
import { freePort } from '../port.ts'
import { BAD, GOOD, HEALTH_PATH, imageOf, PORT, type Version } from '../shop.ts'
import { report } from '../switch/progress.ts'
import { type CommandRun, rowOf, type SwitchRow, trafficColumns } from '../switch/row.ts'

const NAME = `astern-bench-script-${process.pid}`
const SETTLE_MS = 1_000
const ANSWER_LIMIT_MS = 30_000

export async function measureScript(context: BenchContext, load: LoadName, runs: number): Promise<SwitchRow> {
  const { cleanup, signal } = context
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const docker = (...words: string[]) => run('docker', words, { signal })
  const start = (version: Version) =>
    docker('run', '--detach', '--name', NAME, '--publish', `127.0.0.1:${port}:${PORT}`, imageOf(version))
  const remove = cleanup.add(NAME, async () => void (await run('docker', ['rm', '--force', NAME], { anyStatus: true })))

  async function replaceBy(version: Version): Promise<CommandRun> {
    const startedAt = wallNow()
    await docker('stop', NAME)
    await docker('rm', NAME)
    await start(version)
    const endedAt = wallNow()
    await until('the container to answer', ANSWER_LIMIT_MS, signal, () => answers(url), 5)
    await sleep(SETTLE_MS, signal)
    return { durationMs: endedAt - startedAt, window: { from: startedAt, to: wallNow() } }
  }

  await start(BAD)
  await until('the container to answer', ANSWER_LIMIT_MS, signal, () => answers(url))
  const users = startLoad(context, load, url, 'script')
  const measured: CommandRun[] = []
  await sleep(SETTLE_MS, signal)
  for (let count = 0; count < runs; count++) {
    measured.push(await replaceBy(GOOD))
    await replaceBy(BAD)
  }
  const traffic = await users.stop()
  await remove()
  const row = rowOf({ case: 'retired', subject: 'script', load, runs }, trafficColumns(measured, traffic))
  report(context, [row], traffic)
  return row
}

async function answers(url: string): Promise<true | null> {
  try {
    const response = await fetch(`${url}${HEALTH_PATH}`, { headers: { connection: 'close' } })
    await response.arrayBuffer()
    return response.ok ? true : null
  } catch {
    return null // nobody listens yet
  }
}
