// What the numbers were measured on. Nothing that tells one owner's machine from another's.
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { run } from './run.ts'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryMib: number
  readonly system: string
  readonly kernel: string
  readonly node: string
  readonly docker: string | null
  /** Of the last minute, before the rehearsal: more than there are cores means that others were at work. */
  readonly loadAverage: number
}

/** Beyond this part of the cores, what others do shows in the times. */
const busyShare = 0.75
const dockerLimitMs = 10_000

export async function describeMachine(cwd: string): Promise<Machine> {
  const cores = cpus()
  const asked = await run(['docker', 'version', '--format', '{{.Server.Version}}'], {
    cwd,
    output: 'collect',
    limitMs: dockerLimitMs,
  })
  return {
    cpu: cores[0]?.model.trim() || 'unknown',
    cores: cores.length,
    memoryMib: Math.round(totalmem() / 2 ** 20),
    system: systemName(),
    kernel: release(),
    node: process.version,
    docker: asked.exit === 0 ? asked.output.trim() : null,
    loadAverage: loadavg()[0] ?? 0,
  }
}

/** `null` when there is nothing to say. */
export function busyNote({ loadAverage, cores }: Pick<Machine, 'loadAverage' | 'cores'>): string | null {
  if (loadAverage <= cores * busyShare) return null
  return `This machine was busy with other things (load ${loadAverage.toFixed(1)} on ${cores} cores): the times are upper bounds.`
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform
  } catch {
    return process.platform // not every system has that file
  }
}
