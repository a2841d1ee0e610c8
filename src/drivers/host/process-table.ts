// Processes of this host, by /proc. A process id is reused, its start time within a boot is not.
import { readFileSync, readlinkSync } from 'node:fs'
import type { Owner, ProcessTable } from '../../ports/process-table.ts'

/** Field 22 of /proc/PID/stat (proc(5)), counted after the command's name, which may hold spaces and brackets. */
const START_FIELD_AFTER_NAME = 19

export function createProcessTable(pid: number): ProcessTable {
  let self: Owner | null = null
  return {
    self() {
      self ??= { pid, startTicks: startTicks(pid) ?? '', bootId: bootId(), pidNamespace: pidNamespace() }
      return self
    },
    liveness(owner) {
      if (owner.bootId !== bootId()) return 'dead'
      if (owner.pidNamespace !== pidNamespace()) return 'unknown'
      return startTicks(owner.pid) === owner.startTicks ? 'alive' : 'dead'
    },
  }
}

function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; only its parent has not noticed.
    return fields[0] === 'Z' ? null : (fields[START_FIELD_AFTER_NAME] ?? null)
  } catch {
    return null // no such process
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid')
}
