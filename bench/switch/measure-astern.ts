// Measures Astern's way back from one rung under one load; beside it, under the same load and between the same runs, the engine's own share.
import type { BenchContext } from '../bench.ts'
import { start, until } from '../command.ts'
import type { Engine } from '../engine-api.ts'
import type { LoadName } from '../load/load.ts'
import { startLoad } from '../load/start-load.ts'
import { createTwins } from '../rivals/twins.ts'
import { spread } from '../statistics.ts'
import type { Arena } from './arena.ts'
import { describe, partsOf } from './breakdown.ts'
import { type Counts, isEnough } from './counts.ts'
import { createFloor } from './floor.ts'
import { report } from './progress.ts'
import { type Case, type CommandRun, type RowHead, rowOf, type SwitchRow, trafficColumns } from './row.ts'

export type Measurement = { readonly rows: readonly SwitchRow[]; readonly notes: readonly string[] }

export async function measureAstern(
  context: BenchContext,
  arena: Arena,
  engine: Engine,
  options: { readonly rung: Case; readonly load: LoadName; readonly counts: Counts },
): Promise<Measurement> {
  const { rung, load: loadName, counts } = options
  const wanted = counts.astern[loadName][rung]
  await arena.begin(rung)
  const twins = rung === 'warm' ? null : await createTwins(context, engine, arena.goodContainers())
  const floor = rung === 'warm' ? createFloor(context, `${rung} ${loadName}`, arena.installation.stateFolder) : null
  const load = startLoad(context, loadName, arena.url, `astern-${rung}`)
  const engineMs: number[] = []
  const { inProcess, commands, parts } = await goBackAgainAndAgain(arena, counts, wanted, {
    // Right before Astern's own, so that both meet the same machine; in turn with it would need two more deploys a run.
    async before() {
      if (twins !== null && rung !== 'warm') engineMs.push(await twins.measure(rung))
    },
    after: async () => floor?.measure(),
  })
  const traffic = await load.stop()
  const head = { case: rung, load: loadName, runs: commands.length }
  const own = { in_process_ms: spread(inProcess), ...trafficColumns(commands, traffic) }
  const rows = [rowOf({ ...head, subject: 'astern' }, own)]
  if (twins !== null) rows.push(rowOf({ ...head, subject: 'engine' }, { in_process_ms: spread(engineMs) }))
  report(context, rows, traffic)
  const notes = [describe(`${rung} ${loadName}`, parts), ...(floor === null ? [] : [floor.describe()])]
  return { rows, notes }
}

export type Runs = {
  readonly inProcess: readonly number[]
  readonly commands: readonly CommandRun[]
  readonly parts: readonly Record<string, number>[]
}

type Beside = { readonly before?: () => Promise<void>; readonly after?: () => Promise<void> }

/** In process and as a command in turn; `beside` is done around each pair that counts. */
export async function goBackAgainAndAgain(
  arena: Arena,
  counts: Counts,
  wanted: number,
  { before, after }: Beside = {},
): Promise<Runs> {
  const inProcess: number[] = []
  const commands: CommandRun[] = []
  const parts: Record<string, number>[] = []
  const startedAt = performance.now()
  for (let run = -counts.warmUp; run < wanted && !isEnough(run, startedAt, counts); run++) {
    await arena.ready()
    if (run >= 0) await before?.()
    const { shiftedMs, answered } = await arena.inProcess()
    await arena.tidy()
    if (run < 0) continue
    inProcess.push(shiftedMs)
    parts.push(partsOf(answered, shiftedMs))
    await arena.ready()
    commands.push(await arena.command())
    await arena.tidy()
    await after?.()
  }
  return { inProcess, commands, parts }
}

/** The command as a client of the daemon. */
export async function measureServe(
  context: BenchContext,
  arena: Arena,
  options: { readonly load: LoadName; readonly counts: Counts },
): Promise<SwitchRow> {
  const { load: loadName, counts } = options
  await arena.begin('warm')
  const { command, env, folder } = arena.installation
  const serve = start(context.cleanup, command, ['serve'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  serve.child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until('astern serve', 20_000, context.signal, () => {
    if (serve.child.exitCode !== null) throw new Error(`astern serve ended: ${said}`)
    return said === '' ? null : true
  })
  const load = startLoad(context, loadName, arena.url, 'astern-serve')
  const commands: CommandRun[] = []
  const startedAt = performance.now()
  for (let run = -1; run < counts.serve[loadName] && !isEnough(run, startedAt, counts); run++) {
    await arena.ready()
    const measured = await arena.command()
    await arena.tidy()
    if (run >= 0) commands.push(measured)
  }
  const traffic = await load.stop()
  await serve.stop()
  const head: RowHead = { case: 'warm', subject: 'astern+serve', load: loadName, runs: commands.length }
  const row = rowOf(head, trafficColumns(commands, traffic))
  report(context, [row], traffic)
  return row
}
