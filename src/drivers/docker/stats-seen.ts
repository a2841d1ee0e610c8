// What the engine says of the memory of a container, and the working set that is read out of it.

export type StatsSeen = {
  /** Empty for a container that does not run. `stats` is the kernel's memory.stat. */
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> | null } | null
}

/** Bytes; `null`: it does not run. */
export function workingSetSeen(seen: StatsSeen | null): number | null {
  const { usage, stats } = seen?.memory_stats ?? {}
  return usage === undefined ? null : workingSet(usage, stats ?? {})
}

/**
 * Usage without the file pages that the kernel gives back first, as the kubelet and cAdvisor count it. Control groups of version 1 add those
 * of their children up under a name of its own.
 */
export function workingSet(usageBytes: number, stat: Readonly<Record<string, number>>): number {
  return Math.max(0, usageBytes - (stat['total_inactive_file'] ?? stat['inactive_file'] ?? 0))
}
