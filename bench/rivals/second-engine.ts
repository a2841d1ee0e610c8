// A Docker engine of its own in a network namespace of its own: a second Docker host on this machine, gone afterwards.
// Swarm needs one: it excludes live-restore, and the engine of this machine stays as it is.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { type Ran, run, start, until } from '../command.ts'

const START_LIMIT_MS = 30_000
const DAEMON = ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd']

export type SecondEngine = {
  /** The `docker` command, for this engine. */
  readonly docker: (...words: string[]) => Promise<Ran>
  /** Starts a program where the engine's published ports are. */
  readonly through: readonly [string, ...string[]]
  /** An image of this machine's engine. */
  readonly copyImage: (reference: string) => Promise<void>
  /** A folder that the engine's containers may mount. */
  readonly folder: string
}

/** Why there can be none on this machine; `null`: there can. */
export function secondEngineMissing(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root'
  if (!DAEMON.some(existsSync)) return 'dockerd is not on this machine'
  if (process.platform !== 'linux') return 'it needs network namespaces'
  return null
}

export async function startSecondEngine(context: BenchContext): Promise<SecondEngine> {
  const { cleanup, signal } = context
  const namespace = `astern-bench-${process.pid}`
  // Short: a unix socket's path holds 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'astern-bench-'))
  cleanup.add(folder, () => rmSync(folder, { recursive: true, force: true }))
  await run('ip', ['netns', 'add', namespace])
  cleanup.add(`network namespace ${namespace}`, async () => void (await run('ip', ['netns', 'delete', namespace])))
  await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])

  const through: [string, string] = ['nsenter', `--net=/var/run/netns/${namespace}`]
  const host = `unix://${join(folder, 'docker.sock')}`
  const settings = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ]
  const [file, ...before] = through
  const daemon = DAEMON.find(existsSync)!
  cleanup.add(`mounts under ${folder}`, () => unmount(folder))
  const engine = start(cleanup, file, [...before, daemon, ...settings, '--host', host, '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  engine.child.stderr!.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4_000)))
  const docker = (...words: string[]) => run('docker', ['--host', host, ...words], { signal })
  await until('the second engine', START_LIMIT_MS, signal, async () => {
    if (engine.child.exitCode !== null) throw new Error(`the second engine ended:\n${log}`)
    const { status } = await run('docker', ['--host', host, 'version'], { signal, anyStatus: true })
    return status === 0 ? true : null
  })
  return { docker, through, folder, copyImage: (reference) => copyImage(reference, host) }
}

/** `docker save | docker load`, without a shell. */
async function copyImage(reference: string, host: string): Promise<void> {
  const save = spawn('docker', ['save', reference], { stdio: ['ignore', 'pipe', 'inherit'] })
  const load = spawn('docker', ['--host', host, 'load', '--quiet'], { stdio: [save.stdout, 'ignore', 'inherit'] })
  const ends = [save, load].map(
    (child) =>
      new Promise<number | null>((resolve, reject) => {
        child.once('close', resolve)
        child.once('error', reject)
      }),
  )
  save.stdout.destroy() // load has it now; a second open end would hide that save has ended
  if ((await Promise.all(ends)).some((status) => status !== 0)) throw new Error(`copying ${reference} failed`)
}

async function unmount(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
  for (const point of mounts.toReversed()) await run('umount', ['--lazy', point], { anyStatus: true })
}
