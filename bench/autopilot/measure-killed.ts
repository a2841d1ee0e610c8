// What happens when every replica of the active release is killed at once, with and without a daemon.
import type { BenchContext } from '../bench.ts'
import { sleep, start, until, wallNow } from '../command.ts'
import type { Engine } from '../engine-api.ts'
import { firstAnswerMs, spansOf } from '../load/answers.ts'
import type { Recorded } from '../load/vegeta-records.ts'
import { BAD, GOOD } from '../shop.ts'
import { spread } from '../statistics.ts'
import { cellText } from '../table.ts'
import type { TrialArena } from './arena.ts'
import { startRequests } from './measure-trials.ts'
import type { KilledRow } from './row.ts'

const PER_SECOND = 1_000
const SETTLE_MS = 1_000
/** So long failures are looked for. */
const AFTER_MS = 3_000
const WRITTEN_WITHIN_MS = 30_000

type Killed = { readonly from: number; readonly to: number; readonly writtenMs: number | null }

export async function measureKilled(
  context: BenchContext,
  arena: TrialArena,
  engine: Engine,
  { runs, daemon }: { readonly runs: number; readonly daemon: boolean },
): Promise<KilledRow> {
  const load = startRequests(context, arena, PER_SECOND)
  const killed: Killed[] = []
  for (let each = 0; each < runs; each++) {
    await arena.serve(GOOD)
    await arena.serve({ tag: BAD.tag, faults: '' })
    const serve = daemon ? await startServe(context, arena) : null
    await sleep(SETTLE_MS, context.signal)
    killed.push(await killAll(context, arena, engine, daemon))
    await serve?.stop()
  }
  const records = await load.stop()
  const row = rowOf(killed, records, { runs, daemon })
  const { failed, first_standby_ms, written_down_ms, sent } = row
  context.say(
    `killed, ${row.subject}, ${runs} runs: failed ${cellText(failed)} of ${sent} · standby after ${cellText(first_standby_ms)} ms · written down after ${cellText(written_down_ms)} ms`,
  )
  return row
}

export async function startServe(
  { cleanup, signal }: BenchContext,
  { installation }: Pick<TrialArena, 'installation'>,
) {
  const { command, env, folder } = installation
  const serve = start(cleanup, command, ['serve'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  serve.child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until('astern serve', 20_000, signal, () => {
    if (serve.child.exitCode !== null) throw new Error(`astern serve ended: ${said}`)
    return said === '' ? null : true
  })
  return serve
}

async function killAll(context: BenchContext, arena: TrialArena, engine: Engine, daemon: boolean): Promise<Killed> {
  const { app, scope } = arena
  const active = app.store.services.get(scope)!.active!
  const names = arena.containersOf(active)
  const from = wallNow()
  await Promise.all(names.map((name) => engine.call('POST', `/containers/${name}/kill`)))
  let writtenMs: number | null = null
  if (daemon) {
    const rollback = await until('a rollback', WRITTEN_WITHIN_MS, context.signal, () => {
      const [newest] = app.store.operations.list(5, scope).filter(({ kind }) => kind === 'rollback')
      return newest !== undefined && newest.startedAt >= from && newest.endedAt !== null ? newest : null
    })
    writtenMs = rollback.startedAt - from
  }
  const to = from + AFTER_MS
  await sleep(Math.max(0, to - wallNow()), context.signal)
  return { from, to, writtenMs }
}

function rowOf(
  killed: readonly Killed[],
  records: readonly Recorded[],
  { runs, daemon }: { readonly runs: number; readonly daemon: boolean },
): KilledRow {
  const answers = records.flatMap(({ version, endedAt }) => (version === null ? [] : [{ version, endedAt }]))
  const spans = spansOf(answers)
  const failures = killed.map(
    ({ from, to }) =>
      records.filter(
        ({ status, startedAt, endedAt }) => (status === 0 || status >= 500) && endedAt >= from && startedAt <= to,
      ).length,
  )
  const standby = killed.map((window) => {
    const first = firstAnswerMs(spans, GOOD.tag, window)
    if (first === null) throw new Error('the standby has not answered')
    return first
  })
  return {
    case: 'all replicas killed',
    subject: daemon ? 'astern+serve' : 'astern',
    load: PER_SECOND,
    runs,
    failed: spread(failures),
    first_standby_ms: spread(standby),
    written_down_ms: spread(killed.flatMap(({ writtenMs }) => writtenMs ?? [])),
    sent: records.length,
  }
}
