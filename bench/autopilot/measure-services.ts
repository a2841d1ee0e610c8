// What `astern serve` costs while nothing is wrong: 200 services that it knows, idle and then each in its bake. The proxy is real and has a backend
// for each; all servers are one container under many addresses. The state is written as deploys would have left it.
import { join } from 'node:path'
import type { Definition } from '../../src/core/model.ts'
import { labelsOf } from '../../src/drivers/docker/labels.ts'
import type { App } from '../../src/operations/app.ts'
import { enterBake, weightedRelease } from '../../src/operations/trials.ts'
import type { ReplicaSpec } from '../../src/ports/runtime.ts'
import type { BenchContext } from '../bench.ts'
import { run, sleep, start, until } from '../command.ts'
import { createEngine, engineSocket } from '../engine-api.ts'
import { writePast } from '../history/past.ts'
import { createInstallation, type Installation } from '../installation.ts'
import { PRODUCT_PATH } from '../load/requests.ts'
import { readRecords } from '../load/vegeta-records.ts'
import { startAttack } from '../load/vegeta.ts'
import { freePort } from '../port.ts'
import { GOOD, HEALTH_PATH, imageOf } from '../shop.ts'
import { rounded } from '../statistics.ts'
import { cpuMsOf, rssMegabytes } from './process-cpu.ts'
import type { ServicesRow } from './row.ts'
import { checkedLabels, startStandInEngine } from './stand-in-engine.ts'

const SHOP = 'astern-bench-shop-everywhere'
const ENVIRONMENT = 'prod'
const PER_SECOND = 200
const HELD_BACK = 100
const SECOND_MS = 1_000

type Options = { readonly known: number; readonly warmUpMs: number; readonly measureMs: number }

export async function measureServices(
  context: BenchContext,
  options: Options,
): Promise<{ rows: ServicesRow[]; notes: string[] }> {
  const port = await freePort()
  const installation = createInstallation(context, 'services')
  const definition = installation.configure(configText(port, await startShop(context)))
  await installation.astern(['up'])
  const app = installation.open()
  const definitions = Array.from({ length: options.known }, (_, index): Definition => {
    const service = `s${String(index + 1).padStart(3, '0')}`
    return { ...definition, service, hosts: [hostOf(service)] }
  })
  for (const one of definitions) {
    app.store.services.define(one)
    await writePast(app, one, 2, context.signal)
  }
  const servers = giveAddresses(app)
  await app.traffic.ensure()
  await until('all servers to be up', 60_000, context.signal, async () => {
    const { backends } = await app.traffic.observe()
    return backends.flatMap((backend) => backend.servers).every(({ up }) => up) ? true : null
  })
  context.say(`${options.known} services written, ${servers} servers in the proxy`)
  const socket = join(installation.stateFolder, 'engine.sock')
  const engine = await standIn(context, app, definitions, socket)
  const load = startAttack(
    context,
    { name: 'services', perSecond: PER_SECOND, targets: targets(definitions, port) },
    readRecords,
  )
  const measure = async (subject: ServicesRow['subject']) => {
    const before = engine.asked()
    const row = await measureServe(context, installation, socket, subject, options)
    const perSecond = (engine.asked() - before) / ((options.measureMs + options.warmUpMs) / SECOND_MS)
    return { row, note: `${row.case}, ${subject}: about ${perSecond.toFixed(0)} questions a second to the engine` }
  }
  const idle = await measure('idle')
  for (const one of definitions) bake(app, one)
  await app.traffic.ensure()
  const baking = await measure('baking')
  const { sent, failed } = await load.stop()
  const traffic = `200 services: of ${sent} requests to all of them ${failed} failed`
  return { rows: [idle.row, baking.row], notes: [idle.note, baking.note, traffic] }
}

function hostOf(service: string): string {
  return `${service}.test`
}

function configText(port: number, shopPort: number): string {
  return `services:
  s000:
    image: ${imageOf(GOOD).split(':')[0]}
    port: ${shopPort}
    health: { path: ${HEALTH_PATH}, interval: 5s }
    standby: { warm: 1, warm_for: 24h }
    canary: off
    bake: { for: 24h, holdback: 1% }
environments:
  ${ENVIRONMENT}:
    listen: 127.0.0.1:${port}
    hosts: [s000.test]
`
}

/** On the host's own network, so that it answers on every address of 127.0.0.0/8. Returns its port. */
async function startShop(context: BenchContext): Promise<number> {
  const port = await freePort()
  await run('docker', ['rm', '--force', SHOP], { anyStatus: true })
  context.cleanup.add(SHOP, async () => void (await run('docker', ['rm', '--force', SHOP])))
  const settings = ['--network', 'host', '--env', `SHOP_LISTEN=0.0.0.0:${port}`]
  await run('docker', ['run', '--detach', '--name', SHOP, ...settings, imageOf(GOOD)])
  await until(`${SHOP} to answer`, 10_000, context.signal, async () => {
    const answer = await fetch(`http://127.77.0.1:${port}${HEALTH_PATH}`).catch(() => null)
    return answer?.status === 200 ? true : null
  })
  return port
}

/** Each server has an address of its own, and all of them are the one container. */
function giveAddresses(app: App): number {
  const rows = app.store.db.all('SELECT service, environment, name FROM replicas')
  app.store.transaction(() => {
    for (const [index, { service, name }] of rows.entries()) {
      const address = `127.77.${Math.floor(index / 250)}.${(index % 250) + 1}`
      const sql = 'UPDATE replicas SET address = ? WHERE service = ? AND name = ?'
      app.store.db.run(sql, address, String(service), String(name))
    }
  })
  return rows.length
}

async function standIn(context: BenchContext, app: App, definitions: readonly Definition[], socket: string) {
  const real = engineSocket(process.env)
  const like = await createEngine(real).call<{ Id: string; Config: object }>('GET', `/containers/${SHOP}/json`)
  const containers = definitions.flatMap(({ service, environment }) =>
    app.store.replicas.of({ service, environment }).map(({ name, release, process: of }) => {
      const replica = { service, environment, name, release, process: of, transactionId: 'tx-bench' }
      const labels = checkedLabels(labelsOf(app.store.installation, replica as ReplicaSpec))
      return { id: `${service}-${name}`, labels }
    }),
  )
  return startStandInEngine(context, socket, real, like, containers)
}

/** The first two minutes of a trial, in which replicas are looked at four times a second, are over: they are not of all services at once. */
const BAKES_SINCE_MS = 300_000

/** As a deploy leaves it that has moved all users but those that it holds back. */
function bake(now: App, { service, environment }: Definition): void {
  const app = { ...now, clock: { ...now.clock, now: () => now.clock.now() - BAKES_SINCE_MS } }
  const scope = { service, environment }
  const { transactionId } = app.store.operations.newestDeploy(scope)!
  app.store.transaction(() => {
    enterBake(app, { ...scope, transactionId }, 2, { release: 1, share: HELD_BACK })
    app.store.replicas.shift(scope, weightedRelease(app, scope))
  })
}

function targets(definitions: readonly Definition[], port: number): string {
  return definitions
    .map(({ service }) => `GET http://127.0.0.1:${port}${PRODUCT_PATH}\nHost: ${hostOf(service)}\n`)
    .join('\n')
}

async function measureServe(
  context: BenchContext,
  { command, env, folder }: Installation,
  socket: string,
  subject: ServicesRow['subject'],
  { known, warmUpMs, measureMs }: Options,
): Promise<ServicesRow> {
  const serve = start(context.cleanup, command, ['serve'], {
    cwd: folder,
    env: { ...env, DOCKER_HOST: `unix://${socket}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  serve.child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until('astern serve', 20_000, context.signal, () => (said === '' ? null : true))
  await sleep(warmUpMs, context.signal)
  if (serve.child.exitCode !== null) throw new Error(`astern serve ended: ${said}`)
  const pid = serve.child.pid!
  const startedAt = performance.now()
  const before = cpuMsOf([pid])
  await sleep(measureMs, context.signal)
  const measuredMs = performance.now() - startedAt
  const cpuMs = cpuMsOf([pid]) - before
  const rssMb = rssMegabytes(pid)
  await serve.stop('SIGTERM')
  if (said.split('\n').length > 2) context.say(`  astern serve says: ${said.split('\n').slice(1, 4).join(' | ')}`)
  const cpuPercent = rounded((100 * cpuMs) / measuredMs)
  context.say(`${known} services, ${subject}: ${cpuPercent} % of one core, ${rssMb} MB`)
  return {
    case: '200 services',
    subject,
    services: known,
    measured_s: rounded(measuredMs / SECOND_MS),
    cpu_percent: cpuPercent,
    rss_mb: rssMb,
  }
}
