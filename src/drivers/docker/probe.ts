// Asks a replica once, on its own address, whether it works. A refused connection is an answer, not an error.
import { request } from 'node:http'
import { connect } from 'node:net'
import { reasonOf } from '../../core/errors.ts'
import type { HealthTiming } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import { LimitReached, within } from './limit.ts'

/** Health that is asked of the replica itself. */
export type AskedHealth = HealthTiming & ({ readonly kind: 'http'; readonly path: string } | { readonly kind: 'tcp' })

export type Answer = { readonly healthy: true } | { readonly healthy: false; readonly reason: string }

const HEALTHY: Answer = { healthy: true }
const FIRST_HEALTHY_STATUS = 200
const FIRST_UNHEALTHY_STATUS = 400

/** Rejects only when `signal` aborts. A status from 200 to 399 is healthy, as it is for the proxy. */
export async function probe(
  clock: Clock,
  health: AskedHealth,
  address: string,
  port: number,
  signal?: AbortSignal,
): Promise<Answer> {
  try {
    return await within(clock, health.timeoutMs, signal, (inner) =>
      health.kind === 'http' ? get(address, port, health.path, inner) : open(address, port, inner),
    )
  } catch (error) {
    signal?.throwIfAborted()
    return { healthy: false, reason: describe(error, health) }
  }
}

function get(host: string, port: number, path: string, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  // No agent: the connection closes after the answer, so that none is left to a replica that is frozen next.
  const asked = request({ host, port, path, signal, agent: false, headers: { 'user-agent': 'astern-health' } })
  asked.on('response', (response) => {
    const status = response.statusCode ?? 0
    const healthy = status >= FIRST_HEALTHY_STATUS && status < FIRST_UNHEALTHY_STATUS
    resolve(healthy ? HEALTHY : { healthy: false, reason: `GET ${path} answered ${status}` })
    response.on('error', () => undefined) // the body is of no interest
    response.destroy()
  })
  asked.on('error', reject)
  asked.end()
  return promise
}

function open(host: string, port: number, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const socket = connect({ host, port, signal })
  socket.on('connect', () => {
    resolve(HEALTHY)
    socket.destroy()
  })
  socket.on('error', reject)
  return promise
}

function describe(error: unknown, health: AskedHealth): string {
  if (error instanceof LimitReached)
    return `no answer${health.kind === 'http' ? ` to GET ${health.path}` : ''} within ${health.timeoutMs / 1000} s`
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'it hung up',
    EHOSTUNREACH: 'nothing is at its address',
    ENETUNREACH: 'its network cannot be reached',
  }
  return known[code] ?? reasonOf(error)
}
