// Addresses where users connect (`127.0.0.1:18080`, `[::]:80`) and the host names that are routed there.
import { isIP } from 'node:net'
import type { Parsed } from './problems.ts'

export const MAX_PORT = 65_535
const MAX_HOST_LENGTH = 253
const HOST = /^(?=.*[a-z0-9])[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

export type Listen = {
  /** Normalised; IPv6 without brackets. */
  readonly address: string
  readonly port: number
}

export function parseListen(text: string): Parsed<Listen> {
  const match = /^(.*?):?(\d+)$/.exec(text)
  const port = parsePort(match?.[2] ?? '')
  if (match === null || port === null) return { problem: 'expected ADDRESS:PORT, as in 127.0.0.1:18080' }
  const host = match[1] ?? ''
  if (host === '' || host === '*') {
    return {
      problem: `expected an address before the port: 0.0.0.0:${port} for everybody, 127.0.0.1:${port} for this host alone`,
    }
  }
  if (host === 'localhost') return { problem: `expected an IP address: 127.0.0.1:${port}` }
  const address = normaliseAddress(host)
  if (address === null || !text.startsWith(`${host}:`)) {
    return { problem: 'expected an IP address and a port, as in 127.0.0.1:18080 or [::1]:18080' }
  }
  return { value: { address, port } }
}

/** IPv4 as it is, or IPv6 in brackets; `null` for anything else. IPv6 comes back without brackets, in its short form. */
export function normaliseAddress(text: string): string | null {
  if (isIP(text) === 4) return text
  if (!text.startsWith('[') || !text.endsWith(']')) return null
  const address = text.slice(1, -1)
  // A zone (`%eth0`) is no part of a URL, and a link-local address is nothing to serve users on.
  return isIP(address) === 6 && !address.includes('%') ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : null
}

export function listenText(listen: Listen): string {
  return listen.address.includes(':') ? `[${listen.address}]:${listen.port}` : `${listen.address}:${listen.port}`
}

export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= MAX_PORT ? port : null
}

/** True when nobody can listen on both: the same port on the same address, or on one of them for all addresses. */
export function sameSocket(left: Listen, right: Listen): boolean {
  if (left.port !== right.port) return false
  return left.address === right.address || isWildcard(left) || isWildcard(right)
}

function isWildcard(listen: Listen): boolean {
  return listen.address === '0.0.0.0' || listen.address === '::'
}

export function parseHost(text: string): Parsed<string> {
  const host = text.toLowerCase()
  if (HOST.test(host) && host.length <= MAX_HOST_LENGTH) return { value: host }
  if (/:\d+$/.test(host)) return { problem: 'expected a host name without a port; the port belongs in listen' }
  if (/^\w+:\/\//.test(host)) return { problem: 'expected a host name alone, without scheme and path' }
  if (host.startsWith('*')) return { problem: 'expected a whole host name; wildcards are not routed' }
  return { problem: 'expected a host name, as in shop.example.com' }
}
