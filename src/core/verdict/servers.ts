// What the servers of one release say of each other: how their failures cluster, and a placebo, one of them against the others, whose evidence must
// stay low because they are all alike.
import type { ServerCounts } from './counts.ts'
import { type Dispersion, NO_DISPERSION, withCells } from './dispersion.ts'
import type { Counted } from './interval.ts'

export type Clustering = {
  readonly dispersion: Dispersion
  /** A tick with one server only, that waits for the next one, to be compared with. */
  readonly waiting: Counted | null
}

export const NO_CLUSTERING: Clustering = { dispersion: NO_DISPERSION, waiting: null }

/** Servers are compared within a tick. One alone is compared with itself in the tick after: a drift of its rate is taken for clustering, too. */
export function withServers({ dispersion, waiting }: Clustering, servers: readonly ServerCounts[]): Clustering {
  const cells = cellsOf(servers)
  const [only] = cells
  if (only === undefined) return { dispersion, waiting }
  if (cells.length > 1) return { dispersion: withCells(dispersion, cells), waiting: null }
  if (waiting === null) return { dispersion, waiting: only }
  return { dispersion: withCells(dispersion, [waiting, only]), waiting: null }
}

/** The first by name, and the others together; `null`: there are no two. */
export function placeboSides(servers: readonly ServerCounts[]): { one: Counted; others: Counted } | null {
  const [first] = servers
  if (first === undefined) return null
  const chosen = servers.reduce((least, server) => (server.name < least.name ? server : least), first)
  const others = cellsOf(servers.filter((server) => server !== chosen))
  const [one] = cellsOf([chosen])
  if (one === undefined || others.length === 0) return null
  return { one, others: { n: total(others, 'n'), e: total(others, 'e') } }
}

function cellsOf(servers: readonly ServerCounts[]): Counted[] {
  return servers.filter(({ answered }) => answered > 0).map(({ answered, failed }) => ({ n: answered, e: failed }))
}

function total(cells: readonly Counted[], key: keyof Counted): number {
  return cells.reduce((sum, cell) => sum + cell[key], 0)
}
