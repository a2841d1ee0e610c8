// What a warm rollback cannot do without, measured between its runs: one durable commit of a record, and one call on HAProxy's open socket; for the
// whole command the start and end of the runtime itself. No tool with a journal, and none on this runtime, can be faster on this machine, under this load.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { adminSocket } from '../../src/drivers/haproxy/config-file.ts'
import { createRuntimeApi } from '../../src/drivers/haproxy/runtime-api.ts'
import type { BenchContext } from '../bench.ts'
import { run, sleep } from '../command.ts'
import { spread } from '../statistics.ts'
import { cellText } from '../table.ts'

/** As much as a rollback commits before the switch. */
const RECORD = 'x'.repeat(2_000)
/** The same pause that every run has before it: what is measured is a machine that was busy with other things. */
const PAUSE_MS = 150

export type Floor = { measure(): Promise<void>; describe(): string }

export function createFloor({ folder, cleanup, signal }: BenchContext, name: string, stateFolder: string): Floor {
  const db = new DatabaseSync(join(folder, `${name} floor.db`))
  const proxy = createRuntimeApi(adminSocket(join(stateFolder, 'proxy')))
  cleanup.add('floor', () => {
    proxy.close()
    db.close()
  })
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE records (record TEXT)')
  const insert = db.prepare('INSERT INTO records VALUES (?)')
  const commits: number[] = []
  const calls: number[] = []
  const starts: number[] = []
  return {
    async measure() {
      await proxy.ask(['show version']) // so that the connection is open
      await sleep(PAUSE_MS, signal)
      const startedAt = performance.now()
      db.exec('BEGIN IMMEDIATE')
      insert.run(RECORD)
      db.exec('COMMIT')
      const committedAt = performance.now()
      await proxy.ask(['show version'])
      commits.push(committedAt - startedAt)
      calls.push(performance.now() - committedAt)
      await sleep(PAUSE_MS, signal)
      starts.push((await run(process.execPath, ['--eval', ''], { signal })).durationMs)
    },
    describe() {
      const both = commits.map((commitMs, index) => commitMs + calls[index]!)
      const text = (samples: readonly number[]) => cellText(spread(samples))
      return `floor between the runs of ${name}: one durable commit ${text(commits)} + one call on HAProxy's open socket ${text(calls)} = ${text(both)} ms; Node with nothing to do ${text(starts)} ms`
    },
  }
}
