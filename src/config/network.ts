// Networks as people write them: 10.0.0.0/8, fd00::/8, or one address.
import { isIP } from 'node:net'
import { normaliseAddress } from './listen.ts'
import type { Parsed } from './problems.ts'

const EXPECTED = 'expected a network or an address, as in 10.0.0.0/8 or fd00::/8'
const BITS_OF_A_BYTE = 8
const BITS_OF_A_GROUP = 16

/** Normalised: always with the length of its prefix, and IPv6 in its short form. */
export function parseNetwork(text: string): Parsed<string> {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text)
  const address = match?.[1] ?? ''
  const version = isIP(address)
  const six = version === 6
  const normal = version === 0 ? null : normaliseAddress(six ? `[${address}]` : address)
  const most = six ? 128 : 32
  if (match === null || normal === null) return { problem: EXPECTED }
  const prefix = match[2] === undefined ? most : Number(match[2])
  if (prefix > most) return { problem: `expected a prefix of ${most} bits at most` }
  const first = six ? firstOfSix(normal, prefix) : firstOfFour(normal, prefix)
  if (first !== normal) return { problem: `expected the first address of the network: ${first}/${prefix}` }
  return { value: `${normal}/${prefix}` }
}

function firstOfFour(address: string, prefix: number): string {
  return masked(address.split('.').map(Number), BITS_OF_A_BYTE, prefix).join('.')
}

function firstOfSix(address: string, prefix: number): string {
  const [head = '', tail] = address.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  const first = masked([...before, ...zeros, ...after], BITS_OF_A_GROUP, prefix)
  return normaliseAddress(`[${first.map((group) => group.toString(16)).join(':')}]`) ?? ''
}

/** Without the bits behind the prefix. */
function masked(parts: readonly number[], bits: number, prefix: number): number[] {
  return parts.map((part, index) => {
    const kept = Math.min(Math.max(prefix - index * bits, 0), bits)
    const unit = 2 ** (bits - kept)
    return Math.floor(part / unit) * unit
  })
}
