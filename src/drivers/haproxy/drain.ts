// Waits until servers that take nothing new have answered what they had, and cuts what takes too long. Former workers of a reload count too.
import { isAsternError } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import type { Traffic } from '../../ports/traffic.ts'
import type { Clock } from '../../ports/clock.ts'
import { sessionsOf } from './counters.ts'
import { drainFirstPollMs, drainLongestPollMs } from './limits.ts'
import type { MasterCli } from './master-cli.ts'
import { word } from './render.ts'

export type DrainParts = {
  /** To the present worker. */
  readonly question: (text: string) => Promise<string>
  readonly order: (text: string) => Promise<void>
  readonly master: MasterCli
  readonly clock: Clock
}

export function createDrain({ question, order, master, clock }: DrainParts): Traffic['drain'] {
  async function inFlight(backend: string, servers: readonly string[]): Promise<number> {
    const present = await presentWorker(backend)
    // a proxy that is gone has nothing in flight
    if (present === null) return 0
    const former = await master.leftovers(backend)
    return servers.reduce((sum, name) => sum + (present.get(`${backend}/${name}`) ?? 0) + (former.get(name) ?? 0), 0)
  }

  async function presentWorker(backend: string): Promise<ReadonlyMap<string, number> | null> {
    try {
      return sessionsOf(await question(`show stat ${backend} 4 -1`))
    } catch (error) {
      if (isAsternError(error, 'PROXY_DOWN') && isGone(error.cause)) return null
      throw error
    }
  }

  async function cut(backend: string, servers: readonly string[]): Promise<number> {
    const left = await inFlight(backend, servers)
    if (left > 0) {
      for (const name of servers) await order(`shutdown sessions server ${backend}/${word(name)}`)
      await master.cutLeftovers(backend, servers)
    }
    return left
  }

  return async (scope, servers, drainMs, signal) => {
    const backend = word(scopeName(scope))
    const deadline = clock.monotonic() + drainMs
    let pollMs = drainFirstPollMs
    while ((await inFlight(backend, servers)) > 0) {
      signal?.throwIfAborted()
      const leftMs = deadline - clock.monotonic()
      if (leftMs <= 0) return cut(backend, servers)
      await clock.sleep(Math.min(pollMs, leftMs), signal)
      pollMs = Math.min(pollMs * 2, drainLongestPollMs)
    }
    return 0
  }
}

function isGone(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED')
}
