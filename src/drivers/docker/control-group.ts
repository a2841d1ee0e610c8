// What the kernel itself counts of a container's memory, read from its control group: at once, where engine 20.10 lets one wait for up
// to a second, and with the number of OOM kills, which no engine tells. Only where this host is the engine's own.
// Invariant: a group whose path does not name the container is never read, so a process of another host is never taken for it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { workingSet } from './stats-seen.ts'

export type GroupMemory = { readonly workingSetBytes: number; readonly oomKills: number }

/** Where the kernel shows its processes and control groups. */
export type KernelFolders = { readonly processes: string; readonly groups: string }
export const KERNEL: KernelFolders = { processes: '/proc', groups: '/sys/fs/cgroup' }

/** How a version names its files. The counter is reset with each run, because each has a group of its own. */
const FILES = {
  v1: { usage: 'memory.usage_in_bytes', kills: 'memory.oom_control' },
  v2: { usage: 'memory.current', kills: 'memory.events' },
} as const

/** `null`: it has ended, or cannot be read from here. */
export async function groupMemory(
  container: { readonly Id: string; readonly State: { readonly Pid: number } },
  kernel: KernelFolders = KERNEL,
): Promise<GroupMemory | null> {
  const { Pid } = container.State
  if (Pid === 0) return null
  const of = async (path: string) => readFile(path, 'utf8').catch(() => null)
  const group = findGroup((await of(join(kernel.processes, String(Pid), 'cgroup'))) ?? '', container.Id)
  if (group === null) return null
  const folder = join(kernel.groups, group.path)
  const { usage, kills } = FILES[group.version]
  const [used, stat, events] = await Promise.all([usage, 'memory.stat', kills].map((file) => of(join(folder, file))))
  const usageBytes = Number.parseInt(used ?? '', 10)
  if (Number.isNaN(usageBytes) || !stat || !events) return null
  return { workingSetBytes: workingSet(usageBytes, readPairs(stat)), oomKills: readPairs(events)['oom_kill'] ?? 0 }
}

/** Reads /proc/PID/cgroup: `4:memory:/docker/ID` (v1) or `0::/docker/ID` (v2). A host may have both; then memory is counted in v1. */
function findGroup(text: string, id: string): { version: 'v1' | 'v2'; path: string } | null {
  const groups = text.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
  const v1 = groups.find((group) => group?.[1]?.split(',').includes('memory'))
  const path = (v1 ?? groups.find((group) => group?.[1] === ''))?.[2]
  if (!path?.includes(id)) return null
  return v1 ? { version: 'v1', path: join('memory', path) } : { version: 'v2', path }
}

function readPairs(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split(' '))
      .filter((words) => words.length === 2)
      .map(([name = '', value]) => [name, Number(value)]),
  )
}
