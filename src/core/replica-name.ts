// `r41-2`, `r41-worker-1`: release, process unless it is `web`, and ordinal. Names are never used twice within a scope.
import { WEB } from './processes.ts'

const NAME = /^r(\d+)-(?:([a-z0-9-]+)-)?\d+$/

export function replicaName(release: number, ordinal: number, process = WEB): string {
  return process === WEB ? `r${release}-${ordinal}` : `r${release}-${process}-${ordinal}`
}

export function ordinalOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1))
}

/** `r41-2` → 41. `null`: not a replica's name. */
export function releaseOf(name: string): number | null {
  const match = NAME.exec(name)
  return match === null ? null : Number(match[1])
}

/** `r41-2` → `web`, `r41-worker-1` → `worker`. */
export function processOf(name: string): string {
  return NAME.exec(name)?.[2] ?? WEB
}
