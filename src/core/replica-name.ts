// `r41-2`: release and ordinal. Names are never used twice within a scope.

export function replicaName(release: number, ordinal: number): string {
  return `r${release}-${ordinal}`
}

export function ordinalOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1))
}

/** `r41-2` → 41. `null`: not a replica's name. */
export function releaseOf(name: string): number | null {
  const match = /^r(\d+)-\d+$/.exec(name)
  return match === null ? null : Number(match[1])
}
