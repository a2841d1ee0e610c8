// Where the proxy by itself lets a standby serve in the place of a release of which no replica is up. Pure.
import type { Scope } from '../core/model.ts'
import type { TrafficSeen, TrafficWanted } from '../ports/traffic.ts'
import { serversOf } from './see.ts'

export type Takeover = { readonly scope: Scope; readonly by: number; readonly instead: number }

/** What the proxy alone shows of it: nobody who should serve is up, and somebody else is. */
export function looksTakenOver(seen: TrafficSeen, scope: Scope): boolean {
  const ready = serversOf(seen, scope).filter(({ up, mode }) => up && mode === 'ready')
  return ready.length > 0 && ready.every(({ weight }) => weight === 0)
}

export function takeoversIn({ backends }: Pick<TrafficWanted, 'backends'>, seen: TrafficSeen): Takeover[] {
  return backends.flatMap(({ service, environment, servers, standIn }) => {
    const scope = { service, environment }
    const meant = servers.find(({ weight }) => weight > 0)
    if (standIn === null || meant === undefined) return []
    const stands = serversOf(seen, scope).some(({ release, up, mode }) => release === standIn && up && mode === 'ready')
    if (!stands || !looksTakenOver(seen, scope)) return []
    return [{ scope, by: standIn, instead: meant.release }]
  })
}
