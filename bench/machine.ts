// What the numbers were measured on.
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

export type Machine = {
  readonly os: string
  readonly kernel: string
  readonly cpu: string
  readonly cores: number
  readonly memory_mb: number
  readonly node: string
  /** One-minute load average before the first measurement: what else was busy. */
  readonly load_before: number
}

export function describeMachine(): Machine {
  return {
    os: osName(),
    kernel: release(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_mb: Math.round(totalmem() / 1024 / 1024),
    node: process.version,
    load_before: Math.round(loadavg()[0]! * 100) / 100,
  }
}

function osName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    return name ?? process.platform
  } catch {
    return process.platform // a system without that file
  }
}
