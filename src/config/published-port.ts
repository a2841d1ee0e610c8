// Fixed ports on the host in their short form: `8443:8443`, `127.0.0.1:9000:9000/udp`, `9000-9002:9000-9002`.
import { normaliseAddress, parsePort } from './listen.ts'
import type { Parsed } from './problems.ts'

/** A range is written out; nobody publishes more by hand. */
const MAX_RANGE = 100

export type PortEntry = {
  readonly hostAddress: string | null
  /** `null`: any free one, so it is not fixed. */
  readonly hostPort: number | null
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}

const SHORT = /^(?:(?:(\[[^\]]*\]|[^:[\]]+):)?(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(\w+))?$/

export function parsePublishedPort(text: string): Parsed<readonly PortEntry[]> {
  const match = SHORT.exec(text)
  if (match === null) return { problem: 'expected HOST:CONTAINER, as in 8443:8443 or 127.0.0.1:9000:9000/udp' }
  const [, address, host, container = '', protocol = 'tcp'] = match
  if (protocol !== 'tcp' && protocol !== 'udp')
    return { problem: `expected tcp or udp after the slash, got "${protocol}"` }
  const hostAddress = address === undefined ? null : normaliseAddress(address)
  if (address !== undefined && hostAddress === null) return { problem: `expected an IP address, got "${address}"` }
  const containerPorts = range(container)
  const hostPorts = host === undefined ? null : range(host)
  if (containerPorts === null || (host !== undefined && hostPorts === null)) {
    return { problem: `expected ports from 1 to 65535, and ranges of ${MAX_RANGE} of them at most` }
  }
  if (hostPorts !== null && hostPorts.length !== containerPorts.length) {
    return { problem: `expected ranges of one length, got ${hostPorts.length} and ${containerPorts.length} ports` }
  }
  return {
    value: containerPorts.map((containerPort, index) => ({
      hostAddress,
      hostPort: hostPorts?.[index] ?? null,
      containerPort,
      protocol,
    })),
  }
}

function range(text: string): number[] | null {
  const [first = '', last = first] = text.split('-')
  const from = parsePort(first)
  const to = parsePort(last)
  if (from === null || to === null || to < from || to - from >= MAX_RANGE) return null
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
