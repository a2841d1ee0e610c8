// Which addresses an installation's network has, and which replica gets which. Fixed addresses of replicas lie outside the
// part that the engine hands out by itself: else a stopped replica's address goes to the next container that joins.

/** An IPv4 subnet as numbers. */
export type Cidr = { readonly base: number; readonly bits: number }

/** `subnet` and `ipRange` as `10.213.0.0/20`. Replicas get `first` to `last`; the engine hands out `ipRange` to whoever else joins. */
export type AddressPool = {
  readonly subnet: string
  readonly gateway: string
  readonly ipRange: string
  readonly first: string
  readonly last: string
}

const SPACE = 2 ** 32
const SUBNET_BITS = 20
/** The smallest subnet has 16 addresses, so that there is something left in each part. */
const MAX_BITS = 28
/** A route shorter than this is a default route, perhaps cut in two halves by a VPN; it says nothing about what is in use. */
const DEFAULT_ROUTE_BITS = 1
/** Private ranges, the least popular first. Each is cut into subnets of `SUBNET_BITS`. */
const RANGES = ['10.213.0.0/16', '10.77.0.0/16', '172.29.0.0/16', '192.168.192.0/18']

export function parseAddress(text: string): number | null {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** Reads `10.213.0.0/20`; bits behind the mask are dropped. `null`: not an IPv4 subnet. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', bits = '', ...rest] = text.split('/')
  const base = parseAddress(address)
  if (base === null || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return null
  return { base: base - (base % sizeOf(Number(bits))), bits: Number(bits) }
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.bits}`
}

export function overlap(one: Cidr, other: Cidr): boolean {
  return one.base < other.base + sizeOf(other.bits) && other.base < one.base + sizeOf(one.bits)
}

/**
 * The first of Astern's candidate subnets that overlaps none of `taken` (host routes and other networks, as CIDRs; what is
 * not IPv4 is ignored). `null`: every candidate is in use.
 */
export function chooseSubnet(taken: readonly string[]): string | null {
  const used = taken
    .map(parseCidr)
    .filter((cidr) => cidr !== null)
    .filter((cidr) => cidr.bits > DEFAULT_ROUTE_BITS)
  const free = candidates().find((candidate) => !used.some((cidr) => overlap(candidate, cidr)))
  return free === undefined ? null : formatCidr(free)
}

/** Cuts a subnet: its first address is the gateway's, its last quarter the engine's, what lies between the replicas'. */
export function addressPool(subnet: string): AddressPool {
  const cidr = parseCidr(subnet)
  if (cidr === null || cidr.bits > MAX_BITS) throw new Error(`not a subnet that can be cut: ${subnet}`)
  const size = sizeOf(cidr.bits)
  const rangeBase = cidr.base + (size / 4) * 3
  return {
    subnet: formatCidr(cidr),
    gateway: formatAddress(cidr.base + 1),
    ipRange: formatCidr({ base: rangeBase, bits: cidr.bits + 2 }),
    first: formatAddress(cidr.base + 2),
    last: formatAddress(rangeBase - 1),
  }
}

/** The lowest address for a replica that is not in `taken`; `null`: the pool is used up. */
export function nextAddress(pool: AddressPool, taken: Iterable<string>): string | null {
  const used = new Set(taken)
  const last = parseAddress(pool.last) ?? 0
  for (let address = parseAddress(pool.first) ?? SPACE; address <= last; address += 1) {
    const text = formatAddress(address)
    if (!used.has(text)) return text
  }
  return null
}

function candidates(): Cidr[] {
  return RANGES.map(parseCidr)
    .filter((range) => range !== null)
    .flatMap((range) =>
      Array.from({ length: 2 ** (SUBNET_BITS - range.bits) }, (_, index) => ({
        base: range.base + index * sizeOf(SUBNET_BITS),
        bits: SUBNET_BITS,
      })),
    )
}

function sizeOf(bits: number): number {
  return SPACE / 2 ** bits
}
