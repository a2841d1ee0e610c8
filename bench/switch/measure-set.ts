// Measures a warm way back of five services as one, as a whole command. The load is on the service whose users are moved last.
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Force } from '../../src/core/plan-rollback.ts'
import { deploySet, type SetAnswered } from '../../src/operations/deploy-set.ts'
import type { BenchContext } from '../bench.ts'
import { sleep, wallNow } from '../command.ts'
import { createInstallation } from '../installation.ts'
import { startLoad } from '../load/start-load.ts'
import { freePort } from '../port.ts'
import { BAD, GOOD, HEALTH_PATH, IMAGE, PORT, type Version } from '../shop.ts'
import { tidy } from '../tidy.ts'
import { type Counts, isEnough } from './counts.ts'
import { report } from './progress.ts'
import { type CommandRun, type RowHead, rowOf, type SwitchRow, trafficColumns } from './row.ts'

const SERVICES = ['stock', 'prices', 'orders', 'search', 'shop'] as const
const SET = 'all'
const SETTLE_MS = 150
const ASKED = { actor: { name: 'bench', automated: false }, reason: 'benchmark', force: new Set<Force>(['hold']) }

export async function measureSet(context: BenchContext, counts: Counts): Promise<SwitchRow> {
  const ports = await portsFor(SERVICES.length)
  const installation = createInstallation(context, 'astern-set')
  let serial = 0

  function members({ tag }: Version) {
    serial++
    installation.configure(configuration(ports, serial))
    const { definitions } = loadConfig({ path: join(installation.folder, 'astern.yaml'), cwd: installation.folder })
    const ordered = definitions.toSorted((a, b) => a.sets[SET]! - b.sets[SET]!)
    return ordered.map((definition) => ({ definition, tag }))
  }
  members(GOOD)
  await installation.astern(['up'])
  const app = installation.open()

  async function deployed(version: Version): Promise<void> {
    check(await deploySet(app, members(version), { ...ASKED, signal: context.signal }))
    await tidy(context, app, app.store.services.list())
  }

  await deployed(GOOD)
  const load = startLoad(context, 'constant', `http://127.0.0.1:${ports[0]}`, 'astern-set')
  const commands: CommandRun[] = []
  const startedAt = performance.now()
  for (let run = -1; run < counts.set && !isEnough(run, startedAt, counts); run++) {
    await deployed(BAD)
    await sleep(SETTLE_MS, context.signal)
    const ran = await installation.astern(['rollback', '--set', SET, '--json'])
    await sleep(SETTLE_MS, context.signal)
    if (run >= 0) commands.push({ durationMs: ran.durationMs, window: { from: ran.startedAt, to: wallNow() } })
    await tidy(context, app, app.store.services.list())
  }
  const traffic = await load.stop()
  const head: RowHead = { case: 'warm', subject: 'astern+set', load: 'constant', runs: commands.length }
  const row = rowOf(head, trafficColumns(commands, traffic))
  report(context, [row], traffic)
  return row
}

async function portsFor(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

function configuration(ports: readonly number[], serial: number): string {
  const service = (name: string) =>
    `  ${name}: { image: ${IMAGE}, port: ${PORT}, health: ${HEALTH_PATH}, env: { BENCH_RUN: "${serial}" }, canary: off, bake: off, retention: { automatic: false } }`
  const place = (name: string, index: number) => `      ${name}: { listen: "127.0.0.1:${ports[index]}" }`
  return `services:
${SERVICES.map(service).join('\n')}
environments:
  prod:
    services:
${SERVICES.map(place).join('\n')}
sets: { ${SET}: [${SERVICES.join(', ')}] }
`
}

function check({ answers }: SetAnswered): void {
  const bad = answers.find(({ answer }) => answer.outcome !== 'succeeded')
  if (bad !== undefined) throw new Error(`${bad.answer.service}: ${bad.answer.outcome}: ${bad.error?.message}`)
}
