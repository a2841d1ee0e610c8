// A Docker engine of our own, in namespaces of its own: one that a test may kill, stop and let hang, on a host that it may reboot. What belongs to it
// (network, processes, mounts) dies with its first process, as on a machine that loses its power; its disk and the state of Astern stay.
// Whatever is to reach its services runs behind `prefix()`, in its network.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output, type Program, run, start } from './command.ts'
import { probeImage } from './images.ts'
import { until } from './until.ts'

const PROXY_IMAGE = process.env['ASTERN_HAPROXY_IMAGE'] ?? 'haproxy:3.2'
const FREEZER = '/sys/fs/cgroup/freezer/docker'
const LIMIT_MS = 600_000

export type EngineOptions = {
  /** Containers go on without the engine. */
  readonly liveRestore: boolean
}

export type Engine = Awaited<ReturnType<typeof startEngine>>

type Host = {
  readonly program: Program
  /** Its first process, by the number that this machine knows it by. */
  readonly first: number
}

/** Needs root, unshare, nsenter, dockerd and docker-init; installs `ip` where that is missing. */
export async function startEngine({ liveRestore }: EngineOptions) {
  await installIp()
  const folder = await mkdtemp(join(tmpdir(), 'astern-e2e-engine-'))
  const socket = join(folder, 'docker.sock')
  const execRoot = join(folder, 'exec')
  const pidFile = join(folder, 'dockerd.pid')
  const settings = join(folder, 'daemon.json')
  writeFileSync(settings, JSON.stringify({ 'live-restore': liveRestore, 'shutdown-timeout': 2 }))
  let host: Host = await boot()
  let daemon: Program | null = null

  const prefix = (): string[] => ['nsenter', `--net=/proc/${host.first}/ns/net`, '--']
  const docker = (...args: string[]) => output([...prefix(), 'docker', '--host', `unix://${socket}`, ...args])

  async function startDaemon(): Promise<void> {
    const inside = ['nsenter', `--target=${host.first}`, '--net', '--pid', '--mount', '--']
    const places = ['--data-root', join(folder, 'data'), '--exec-root', execRoot, '--pidfile', pidFile]
    const program = await start(
      [...inside, 'dockerd', ...places, '--host', `unix://${socket}`, '--config-file', settings],
      { limitMs: LIMIT_MS },
    )
    daemon = program
    await until('the engine to answer', async () => {
      if (!program.isRunning()) throw new Error(`dockerd ended:\n${program.stderr().slice(-2_000)}`)
      return docker('version').then(
        () => true,
        () => false,
      )
    })
  }

  /** dockerd by the number that this machine knows it by: nsenter has forked it into its process namespace. */
  function daemonPid(): number {
    const pid = daemon === null ? undefined : childrenOf(daemon.pid)[0]
    if (pid === undefined) throw new Error('the engine does not run')
    return pid
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    process.kill(daemonPid(), name)
    if (name === 'SIGTERM' || name === 'SIGKILL') await daemon?.ended
  }

  /** nsenter stops with the child that it waits for. */
  function wakeUp(): void {
    daemon?.kill('SIGCONT')
    process.kill(daemonPid(), 'SIGCONT')
  }

  async function powerOff(): Promise<void> {
    // Whoever is paused hears no signal, not even the last one.
    const paused =
      daemon?.isRunning() === true ? await docker('ps', '--quiet', '--no-trunc', '--filter', 'status=paused') : ''
    host.program.kill('SIGKILL')
    process.kill(host.first, 'SIGKILL')
    for (const id of paused.split('\n').filter(Boolean)) {
      const state = join(FREEZER, id, 'freezer.state')
      if (existsSync(state)) writeFileSync(state, 'THAWED')
    }
    await host.program.ended
    await daemon?.ended
  }

  await startDaemon()
  const archive = join(folder, 'images.tar')
  await output(['docker', 'save', '--output', archive, PROXY_IMAGE, await probeImage()])
  await docker('load', '--input', archive)
  await rm(archive)

  return {
    /** For DOCKER_HOST. */
    host: `unix://${socket}`,
    /** Words that make a program run in the engine's network. They change with a reboot. */
    prefix,
    docker,
    /** As by `kill -9`; containers go on. */
    kill: () => signal('SIGKILL'),
    /** As by `systemctl stop`. */
    stop: () => signal('SIGTERM'),
    /** It accepts, and never answers. */
    hang: () => signal('SIGSTOP'),
    goOn: wakeUp,
    start: startDaemon,
    /** Power off, power on: every process ends at once, and what lies in memory is lost. The engine starts as it does at boot. */
    async reboot(): Promise<void> {
      await powerOff()
      for (const lost of [execRoot, pidFile, socket]) await rm(lost, { recursive: true, force: true })
      host = await boot()
      await startDaemon()
    },
    async close(): Promise<void> {
      if (daemon?.isRunning() === true) wakeUp()
      await powerOff()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function installIp(): Promise<void> {
  const isThere = await run(['ip', '-Version']).then(
    () => true,
    () => false,
  )
  if (isThere) return
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const aptGet = ['apt-get', '-o', 'DPkg::Lock::Timeout=120', '-qq']
  await output([...aptGet, 'update'], { env })
  await output([...aptGet, 'install', '-y', '--no-install-recommends', 'iproute2'], { env })
}

async function boot(): Promise<Host> {
  const namespaces = ['--net', '--pid', '--mount', '--fork', '--mount-proc', '--kill-child']
  const program = await start(['unshare', ...namespaces, 'docker-init', '--', 'sleep', 'infinity'], {
    limitMs: LIMIT_MS,
  })
  const first = await until('the first process of the host', () => {
    if (!program.isRunning()) throw new Error(`unshare ended: ${program.stderr()}`)
    const pid = childrenOf(program.pid)[0]
    return pid !== undefined && commandOf(pid) === 'docker-init' && pid
  })
  const up = await run(['nsenter', `--net=/proc/${first}/ns/net`, '--', 'ip', 'link', 'set', 'lo', 'up'])
  if (up.code !== 0) throw new Error(`no loopback device: ${up.stderr}`)
  return { program, first }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return [] // it has ended
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}
