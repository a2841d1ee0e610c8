// Nobody is taken out of service before somebody else can serve. Pure.
// A server that should serve can be down in the proxy's eyes for a moment: after a reload, a standby counts as down until it was checked.
import { scopeName } from '../../core/model.ts'
import { releaseOf } from '../../core/replica-name.ts'
import type { BackendWanted, ServerWanted, TrafficWanted } from '../../ports/traffic.ts'
import type { Running, RunningServer } from './running.ts'

/**
 * What is wanted, but where that would leave nobody to serve, those who served `before` and still could (`now`) keep their weight.
 * Returns `wanted` itself when nothing has to be held back.
 */
export function holdBack(before: Running, now: Running, wanted: TrafficWanted): TrafficWanted {
  let held = false
  const backends = wanted.backends.map((backend) => {
    const name = scopeName(backend)
    const kept = heldBack(before.backends.get(name), now.backends.get(name), backend)
    if (kept.length === 0) return backend
    held = true
    const names = new Set(kept.map((server) => server.name))
    return { ...backend, servers: [...backend.servers.filter((server) => !names.has(server.name)), ...kept] }
  })
  return held ? { ...wanted, backends } : wanted
}

type Servers = ReadonlyMap<string, RunningServer> | undefined

function heldBack(before: Servers, now: Servers, wanted: BackendWanted): ServerWanted[] {
  const successors = wanted.servers.filter(({ weight, mode }) => weight > 0 && mode === 'ready')
  // nobody at all is wanted, or somebody can serve
  if (successors.length === 0 || successors.some((server) => canServe(now?.get(server.name), server))) return []
  const names = new Set(successors.map(({ name }) => name))
  return [...(before?.values() ?? [])]
    .filter(({ name, weight }) => weight > 0 && !names.has(name))
    .filter(({ name }) => now?.get(name)?.up === true)
    .map((server) => ({
      name: server.name,
      release: releaseOf(server.name) ?? 0,
      address: server.address,
      port: server.port,
      weight: server.weight,
      mode: 'ready' as const,
      checked: server.checked,
      healthPath: wanted.servers.find(({ name }) => name === server.name)?.healthPath ?? null,
    }))
}

// One that joins counts as up, and so does one whom the commands declare up.
function canServe(now: RunningServer | undefined, wanted: ServerWanted): boolean {
  return now === undefined || now.up || now.maintenance || now.checked !== wanted.checked || !wanted.checked
}
