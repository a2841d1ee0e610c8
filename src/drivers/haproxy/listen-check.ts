// Whether addresses are free, asked by taking them for a moment: a HAProxy that is told to reload and cannot have an address takes its other
// listeners down for two seconds while it tries (seen with 3.0 and 3.2), so it must not be told to.
import { createServer } from 'node:net'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { reasonOf } from '../../core/errors.ts'
import { splitListen } from './listen-address.ts'

export type Obstacle = {
  readonly listen: string
  readonly taken: boolean
  readonly reason: string
  /** ` by nginx (process 123)`, as far as it can be seen. */
  readonly by: string
}

/** The first address that cannot be listened on. Those on a port of `own` are left to HAProxy, which shares with itself. */
export async function obstacleOf(listens: readonly string[], own: readonly string[]): Promise<Obstacle | null> {
  const ownPorts = new Set(own.map((listen) => splitListen(listen).port))
  for (const listen of new Set(listens)) {
    const { host, port } = splitListen(listen)
    if (ownPorts.has(port)) continue
    const error = await tryToListen(host, port)
    if (error === null) continue
    const code = 'code' in error ? error.code : ''
    // who may not try does not know
    if (code === 'EACCES' || code === 'EPERM') continue
    const taken = code === 'EADDRINUSE'
    return { listen, taken, reason: reasonOf(error), by: taken ? holderOf(port) : '' }
  }
  return null
}

function tryToListen(host: string, port: number): Promise<Error | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', (error) => resolve(error))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

const listening = '0A'

/** Who listens on the port, by the kernel's tables; empty when they do not let themselves be read. */
function holderOf(port: number): string {
  try {
    const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listenersIn(table, port)))
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsOne(pid, inodes)) return ` by ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`
    }
    return ''
  } catch {
    // processes come and go while we read, and IPv6 may be off: the name is a courtesy
    return ''
  }
}

function listenersIn(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return readFileSync(table, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === listening && local?.endsWith(`:${wanted}`) === true)
    .flatMap((cells) => (cells[9] === undefined ? [] : [`socket:[${cells[9]}]`]))
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`)))
  } catch {
    // another user's process, or one that just ended
    return false
  }
}
