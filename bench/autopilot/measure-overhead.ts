// What the rules of trials cost HAProxy, in a trial and in a bake, too. Each is held against the same service as rendered before there were such rules,
// with the same part of the requests for the candidate: two more replicas that are asked now and then cost a machine more than any rule does.
// All of them take turns, so that whatever else the machine does meets each.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminSocket, configName, foldersOf } from '../../src/drivers/haproxy/config-file.ts'
import { render, type Structure, structureOf } from '../../src/drivers/haproxy/render.ts'
import { createRuntimeApi } from '../../src/drivers/haproxy/runtime-api.ts'
import { tallyQuestions } from '../../src/drivers/haproxy/tally.ts'
import { watching } from '../../src/drivers/haproxy/trial-rules.ts'
import type { BackendWanted, ServerWanted, TrafficWanted } from '../../src/ports/traffic.ts'
import type { BenchContext } from '../bench.ts'
import { run, sleep, until } from '../command.ts'
import { PRODUCT_PATH } from '../load/requests.ts'
import { freePort } from '../port.ts'
import { BAD, GOOD, HEALTH_PATH, imageOf, PORT, type Version } from '../shop.ts'
import { percentile, rounded, spread } from '../statistics.ts'
import { cellText } from '../table.ts'
import { cpuMsOf, withChildren } from './process-cpu.ts'
import type { OverheadRow } from './row.ts'

type Variant = OverheadRow['subject']
type Shape = {
  readonly rules: boolean
  /** Per cent of the requests that are the candidate's: drawn by the rules, or else by weight. */
  readonly share: number
  /** What it is held against. */
  readonly base: Variant
}

const SHAPES: Readonly<Record<Variant, Shape>> = {
  'no rules': { rules: false, share: 0, base: 'no rules' },
  rules: { rules: true, share: 0, base: 'no rules' },
  'trial by weight': { rules: false, share: 5, base: 'trial by weight' },
  trial: { rules: true, share: 5, base: 'trial by weight' },
  'bake by weight': { rules: false, share: 99, base: 'bake by weight' },
  bake: { rules: true, share: 99, base: 'bake by weight' },
}
const VARIANTS = Object.keys(SHAPES) as Variant[]

const CONNECTIONS = 32
const TALLY_EVERY_MS = 500
const SECRET = 'bench-proof'

type Round = { readonly perSecond: number; readonly cpuUs: number }
type Proxy = { readonly url: string; readonly pid: number; readonly dir: string }

export async function measureOverhead(
  context: BenchContext,
  { rounds, roundS }: { readonly rounds: number; readonly roundS: number },
): Promise<OverheadRow[]> {
  const stable = [await startShop(context, GOOD, 1), await startShop(context, GOOD, 2)]
  const candidate = [await startShop(context, BAD, 3), await startShop(context, BAD, 4)]
  const proxies = new Map<Variant, Proxy>()
  for (const variant of VARIANTS) {
    const { rules, share } = SHAPES[variant]
    const servers = [
      ...stable.map((address, index) => serverOf(1, index + 1, address, 100 - (rules ? 0 : share))),
      ...candidate.map((address, index) => serverOf(2, index + 1, address, rules ? 0 : share)),
    ]
    proxies.set(variant, await startProxy(context, variant, servers))
  }
  const measured = new Map<Variant, Round[]>(VARIANTS.map((variant) => [variant, []]))
  for (let round = -1; round < rounds; round++) {
    for (const variant of VARIANTS) {
      const one = await measureRound(context, proxies.get(variant)!, variant, roundS)
      if (round >= 0) measured.get(variant)!.push(one)
    }
  }
  const rows = VARIANTS.map((variant) => rowOf(variant, measured))
  for (const { subject, requests_per_s, cpu_us_per_request, ratio: part, cpu_ratio } of rows)
    context.say(
      `overhead, ${subject}: ${cellText(requests_per_s)} requests/s, ratio ${cellText(part)} · HAProxy ${cellText(cpu_us_per_request)} µs a request, ratio ${cellText(cpu_ratio)}`,
    )
  return rows
}

/** Returns its address on the engine's network. */
async function startShop(context: BenchContext, version: Version, number: number): Promise<string> {
  const name = `astern-bench-shop-${number}`
  await run('docker', ['rm', '--force', name], { anyStatus: true })
  context.cleanup.add(name, async () => void (await run('docker', ['rm', '--force', name])))
  await run('docker', ['run', '--detach', '--name', name, '--env', 'SHOP_FAULTS=none', imageOf(version)])
  const { stdout } = await run('docker', ['inspect', '--format', '{{.NetworkSettings.IPAddress}}', name])
  return stdout.trim()
}

function serverOf(release: number, ordinal: number, address: string, weight: number): ServerWanted {
  const name = `r${release}-${ordinal}`
  return { name, release, address, port: PORT, weight, mode: 'ready', checked: true, healthPath: HEALTH_PATH }
}

async function startProxy(context: BenchContext, variant: Variant, servers: readonly ServerWanted[]): Promise<Proxy> {
  const port = await freePort()
  const name = `astern-bench-proxy-${variant.replaceAll(' ', '-')}`
  const dir = join(context.folder, name)
  const { config, run: sockets } = foldersOf(dir)
  for (const folder of [config, sockets]) mkdirSync(folder, { recursive: true })
  chmodSync(sockets, 0o777)
  const wanted = wantedOf(variant, port, servers)
  const structure = structureOf(wanted)
  const rendered = render(wanted, SHAPES[variant].rules ? structure : withoutRules(structure))
  for (const [file, text] of rendered.maps) writeFileSync(join(config, file), text)
  writeFileSync(join(config, configName), rendered.config)
  await run('docker', ['rm', '--force', name], { anyStatus: true })
  context.cleanup.add(name, async () => void (await run('docker', ['rm', '--force', name])))
  const mounts = ['--volume', `${config}:/usr/local/etc/astern:ro`, '--volume', `${sockets}:/run/astern`]
  const settings = ['--network', 'host', '--user', '0', '--env', 'ASTERN_RUN_DIR=/run/astern', ...mounts]
  const command = ['--entrypoint', 'haproxy', 'haproxy:3.2', '-W', '-db', '-f', `/usr/local/etc/astern/${configName}`]
  await run('docker', ['run', '--detach', '--name', name, ...settings, ...command])
  const url = `http://127.0.0.1:${port}`
  await until(`${name} to answer`, 10_000, context.signal, async () => {
    const answer = await fetch(`${url}${PRODUCT_PATH}`).catch(() => null)
    return answer?.status === 200 ? true : null
  })
  const { stdout } = await run('docker', ['inspect', '--format', '{{.State.Pid}}', name])
  return { url, pid: Number(stdout), dir }
}

function wantedOf(variant: Variant, port: number, servers: readonly ServerWanted[]): TrafficWanted {
  const backend: BackendWanted = {
    service: 'shop',
    environment: 'bench',
    listen: `127.0.0.1:${port}`,
    hosts: [],
    check: { intervalMs: 500, timeoutMs: 2_000, rise: 1, fall: 2 },
    servers,
    trial: isTrial(variant) ? { release: 2, share: 100 * SHAPES[variant].share, shield: true } : null,
    standIn: null,
    rules: {
      sticky: null,
      failure: { header: null, statuses: [], grpc: true },
      // users come from elsewhere
      previewFrom: ['10.0.0.0/8'],
    },
  }
  return { generation: 1, proofSecret: SECRET, backends: [backend] }
}

/** Somebody is drawn. */
function isTrial(variant: Variant): boolean {
  const { rules, share } = SHAPES[variant]
  return rules && share > 0
}

function withoutRules({ proofSecret, backends }: Structure): Structure {
  return {
    proofSecret,
    backends: backends.map(({ service, environment, listen, hosts, check, mode }) => ({
      service,
      environment,
      listen,
      hosts,
      check,
      mode,
    })),
  }
}

async function measureRound(
  { signal }: BenchContext,
  { url, pid, dir }: Proxy,
  variant: Variant,
  seconds: number,
): Promise<Round> {
  const done = new AbortController()
  const watched = isTrial(variant) ? keepCounting(dir, AbortSignal.any([done.signal, signal])) : null
  const pids = withChildren(pid)
  const before = cpuMsOf(pids)
  const limits = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`]
  const { stdout } = await run('wrk', [...limits, `${url}${PRODUCT_PATH}`], { signal })
  const cpuMs = cpuMsOf(pids) - before
  done.abort()
  await watched
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${variant}: ${stdout}`)
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  return { perSecond, cpuUs: (1_000 * cpuMs) / requests }
}

/** As whoever judges a trial does. */
async function keepCounting(dir: string, signal: AbortSignal): Promise<void> {
  const api = createRuntimeApi(adminSocket(dir))
  try {
    while (!signal.aborted) {
      await api.ask([...tallyQuestions('shop.bench'), watching])
      if (!signal.aborted) await sleep(TALLY_EVERY_MS, signal).catch(() => {})
    }
  } finally {
    api.close()
  }
}

function rowOf(variant: Variant, measured: ReadonlyMap<Variant, readonly Round[]>): OverheadRow {
  const values = (of: Variant, key: keyof Round) => measured.get(of)!.map((round) => round[key])
  // round by round: the machine was the same for all of them
  const over = (key: keyof Round) => {
    const base = values(SHAPES[variant].base, key)
    const ratios = values(variant, key).map((value, round) => value / base[round]!)
    return rounded(percentile(ratios, 50))
  }
  return {
    case: 'overhead',
    subject: variant,
    runs: values(variant, 'perSecond').length,
    requests_per_s: spread(values(variant, 'perSecond')),
    cpu_us_per_request: spread(values(variant, 'cpuUs')),
    ratio: over('perSecond'),
    cpu_ratio: over('cpuUs'),
  }
}
