// Docker Swarm: `docker service rollback` of a service with two replicas and the same health check, with its own defaults (one task after the
// other, stopped first). Users come in through HAProxy, which finds the tasks by Docker's own DNS every 50 ms: Swarm's routing mesh needs IPVS in the
// kernel, which many machines that run this benchmark lack.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { run, sleep, until, wallNow } from '../command.ts'
import type { LoadName } from '../load/load.ts'
import { startLoad } from '../load/start-load.ts'
import { BAD, GOOD, HEALTH_PATH, imageOf, PORT } from '../shop.ts'
import { report } from '../switch/progress.ts'
import { type CommandRun, rowOf, type SwitchRow, trafficColumns } from '../switch/row.ts'
import { type SecondEngine, startSecondEngine } from './second-engine.ts'

const SERVICE = 'shop'
const NETWORK = 'shop'
const PROXY_IMAGE = 'haproxy:3.2'
/** In a network of its own, so anything is free. */
const LISTEN_PORT = 18080
/** Asks from within the engine's network, where this process is not. */
const ASK = 'fetch(process.argv[1]).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))'
const SETTLE_MS = 1_000
const ANSWER_LIMIT_MS = 60_000
const HEALTH = [
  `--health-cmd=wget -q -O /dev/null http://127.0.0.1:${PORT}${HEALTH_PATH}`,
  '--health-interval=500ms',
  '--health-timeout=2s',
  '--health-retries=2',
]

export type Swarm = { measure(load: LoadName, runs: number): Promise<SwitchRow> }

export async function createSwarm(context: BenchContext): Promise<Swarm> {
  const { signal, say } = context
  const engine = await startSecondEngine(context)
  for (const image of [imageOf(GOOD), imageOf(BAD), PROXY_IMAGE]) await engine.copyImage(image)
  const { docker } = engine
  await docker('swarm', 'init', '--advertise-addr', '127.0.0.1', '--listen-addr', '127.0.0.1:2377')
  await docker('network', 'create', '--driver', 'overlay', '--attachable', NETWORK)
  const service = ['--name', SERVICE, '--replicas', '2', '--network', NETWORK, '--endpoint-mode', 'dnsrr']
  await docker('service', 'create', '--quiet', ...service, ...HEALTH, imageOf(GOOD))
  await startProxy(engine)
  const url = `http://127.0.0.1:${LISTEN_PORT}`
  const [file, ...before] = engine.through
  await until('the swarm to answer', ANSWER_LIMIT_MS, signal, async () => {
    const ask = [...before, process.execPath, '--eval', ASK, `${url}${HEALTH_PATH}`]
    return (await run(file, ask, { anyStatus: true, signal })).status === 0 ? true : null
  })
  say('a swarm runs in an engine of its own')

  return {
    async measure(loadName, runs) {
      const load = startLoad(context, loadName, url, 'swarm', engine.through)
      const measured: CommandRun[] = []
      for (let count = 0; count < runs; count++) {
        await docker('service', 'update', '--quiet', '--image', imageOf(BAD), SERVICE)
        await sleep(SETTLE_MS, signal)
        const { durationMs, startedAt } = await docker('service', 'rollback', '--quiet', SERVICE)
        await sleep(SETTLE_MS, signal)
        measured.push({ durationMs, window: { from: startedAt, to: wallNow() } })
      }
      const traffic = await load.stop()
      const row = rowOf({ case: 'retired', subject: 'swarm', load: loadName, runs }, trafficColumns(measured, traffic))
      report(context, [row], traffic)
      return row
    },
  }
}

async function startProxy({ docker, folder }: SecondEngine): Promise<void> {
  const files = join(folder, 'proxy')
  mkdirSync(files)
  writeFileSync(
    join(files, 'haproxy.cfg'),
    `global
  log stdout format raw local0 err
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
resolvers docker
  nameserver dns 127.0.0.11:53
  timeout resolve 50ms
  timeout retry 50ms
  hold valid 50ms
  hold obsolete 0s
frontend users
  bind :8080
  default_backend tasks
backend tasks
  balance roundrobin
  option redispatch 1
  server-template task 4 tasks.${SERVICE}:${PORT} resolvers docker resolve-prefer ipv4 init-addr none check inter 100ms
`,
  )
  for (const path of [folder, files]) chmodSync(path, 0o755) // the image may run as a user of its own
  const settings = ['--network', NETWORK, '--publish', `127.0.0.1:${LISTEN_PORT}:8080`]
  const volume = `${files}:/usr/local/etc/haproxy:ro`
  await docker('run', '--detach', '--name', 'users', ...settings, '--volume', volume, PROXY_IMAGE)
}
