// Settings of a container beside the usual ones, under the names that compose files give them: for diffs and views.
import type { ContainerOptions } from './model.ts'
import { formatSize } from './size.ts'

const NAMES = {
  entrypoint: 'entrypoint',
  user: 'user',
  workingDir: 'working_dir',
  init: 'init',
  readOnly: 'read_only',
  tmpfs: 'tmpfs',
  shmBytes: 'shm_size',
  capAdd: 'cap_add',
  capDrop: 'cap_drop',
  securityOpt: 'security_opt',
  ulimits: 'ulimits',
  extraHosts: 'extra_hosts',
  networks: 'networks',
  dependencyNetworks: 'dependency_networks',
  stopFirst: 'stop_first',
} as const satisfies Record<keyof ContainerOptions, string>

/** Those that are said, by name; one line for each value. */
export function containerLines(options: ContainerOptions = {}): ReadonlyMap<string, readonly string[]> {
  return new Map(
    (Object.keys(NAMES) as (keyof ContainerOptions)[])
      .filter((key) => options[key] !== undefined)
      .map((key) => [NAMES[key], linesOf(key, options)]),
  )
}

function linesOf(key: keyof ContainerOptions, options: ContainerOptions): readonly string[] {
  if (key === 'ulimits') return (options.ulimits ?? []).map(({ name, soft, hard }) => `${name}=${soft}:${hard}`)
  if (key === 'shmBytes') return [formatSize(options.shmBytes ?? 0)]
  const value = options[key]
  return Array.isArray(value) ? (value as readonly string[]) : [String(value)]
}
