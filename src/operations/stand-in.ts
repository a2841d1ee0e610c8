// Where the proxy by itself lets a standby serve in the place of a release of which no replica is up. Pure.
import type { Scope } from '../core/model.ts'
import type { TrafficSeen, TrafficWanted } from '../ports/traffic.ts'
import { serversOf } from './see.ts'

export type Takeover = { readonly scope: Scope; readonly by: number; readonly instead: number }

export function takeoversIn({ backends }: Pick<TrafficWanted, 'backends'>, seen: TrafficSeen): Takeover[] {
  return backends.flatMap(({ service, environment, servers, standIn }) => {
    const scope = { service, environment }
    const meant = servers.find(({ weight }) => weight > 0)
    if (standIn === null || meant === undefined) return []
    const running = serversOf(seen, scope)
    const serves = ({ up, mode }: (typeof running)[number]) => up && mode === 'ready'
    if (running.some((server) => server.weight > 0 && serves(server))) return []
    if (!running.some((server) => server.release === standIn && serves(server))) return []
    return [{ scope, by: standIn, instead: meant.release }]
  })
}
