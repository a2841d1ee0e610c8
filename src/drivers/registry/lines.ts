// How a registry is reached: over TLS with a certificate that is believed. Without either only where Docker would do so too: on this host, and where the
// engine was told that a registry is insecure.
import type { Clock } from '../../ports/clock.ts'
import { type Agents, createAgents, exchange, NoAnswer } from './exchange.ts'
import { type Certificates, readTrust } from './trust.ts'
import { reasonOf } from '../../core/errors.ts'

/** The Hub answers under another name than it is called by. */
const HUB = 'docker.io'
const HUB_HOST = 'registry-1.docker.io'

export type Line = { readonly origin: string; readonly agents: Agents }

export type LineOptions = {
  readonly clock: Clock
  readonly certificates: Certificates
  /** Whether the engine was told that this registry is insecure. Asked only where TLS does not come about. */
  readonly insecure: (registry: string, signal?: AbortSignal) => Promise<boolean>
}

export function createLines({ clock, certificates, insecure }: LineOptions) {
  const open = new Map<string, Line>()

  async function find(registry: string, signal: AbortSignal | undefined): Promise<Line> {
    const host = registry === HUB ? HUB_HOST : registry
    const answers = async (line: Line) => {
      await exchange({ method: 'GET', url: new URL('/v2/', line.origin) }, line.agents, clock, signal)
      return line
    }
    if (!isLoopback(host)) {
      const context = await readTrust(registry, certificates).catch((error: unknown) => {
        throw new NoAnswer(`its certificates cannot be read: ${reasonOf(error)}`, true, error)
      })
      try {
        return await answers({ origin: `https://${host}`, agents: createAgents({ context, verify: true }) })
      } catch (error) {
        if (!(error instanceof NoAnswer) || !(await insecure(registry, signal))) throw error
      }
    }
    const agents = createAgents({ context: null, verify: false })
    try {
      return await answers({ origin: `https://${host}`, agents })
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      return answers({ origin: `http://${host}`, agents })
    }
  }

  return {
    /** Rejects with NoAnswer. */
    async to(registry: string, signal: AbortSignal | undefined): Promise<Line> {
      const known = open.get(registry)
      if (known !== undefined) return known
      const line = await find(registry, signal)
      open.set(registry, line)
      return line
    },
  }
}

export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host)
}
