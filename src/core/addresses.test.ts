import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addressPool,
  chooseSubnet,
  formatAddress,
  formatCidr,
  nextAddress,
  overlap,
  parseAddress,
  parseCidr,
} from './addresses.ts'

const anAddress = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const aCidr = fc
  .tuple(anAddress, fc.integer({ min: 0, max: 32 }))
  .map(([address, bits]) => parseCidr(`${formatAddress(address)}/${bits}`) ?? { base: 0, bits: 0 })
const aSubnet = fc
  .tuple(anAddress, fc.integer({ min: 8, max: 28 }))
  .map(([address, bits]) => formatCidr(parseCidr(`${formatAddress(address)}/${bits}`) ?? { base: 0, bits: 0 }))

function holds(outer: { base: number; bits: number }, address: number): boolean {
  return address >= outer.base && address < outer.base + 2 ** (32 - outer.bits)
}

describe('addresses and subnets', () => {
  it('are read and written without loss', () => {
    fc.assert(
      fc.property(anAddress, (address) => {
        expect(parseAddress(formatAddress(address))).toBe(address)
      }),
    )
  })
  it('drop what lies behind the mask', () => {
    expect(parseCidr('10.213.7.9/20')).toEqual(parseCidr('10.213.0.0/20'))
  })
  it.each(['10.0.0', '10.0.0.0.0', '256.0.0.1', '-1.0.0.0', '1e1.0.0.0', '::1', ''])(
    'refuse %j as an address',
    (text) => {
      expect(parseAddress(text)).toBeNull()
    },
  )
  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/64'])('refuse %j as a subnet', (text) => {
    expect(parseCidr(text)).toBeNull()
  })
  it('overlap exactly when one holds the first address of the other', () => {
    fc.assert(
      fc.property(aCidr, aCidr, (one, other) => {
        expect(overlap(one, other)).toBe(holds(one, other.base) || holds(other, one.base))
      }),
    )
  })
})

describe('choosing a subnet', () => {
  it('takes the first candidate on a host that uses none of them', () => {
    expect(chooseSubnet(['192.0.2.0/24', '172.17.0.0/16'])).toBe('10.213.0.0/20')
  })
  it('avoids the networks of other installations', () => {
    expect(chooseSubnet(['10.213.0.0/20', '10.213.16.0/20'])).toBe('10.213.32.0/20')
  })
  it('avoids a range that a VPN routes, however wide', () => {
    expect(chooseSubnet(['10.0.0.0/8'])).toBe('172.29.0.0/20')
  })
  it('is not stopped by a default route, whole or in halves', () => {
    expect(chooseSubnet(['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1'])).toBe('10.213.0.0/20')
  })
  it('ignores subnets of IPv6', () => {
    expect(chooseSubnet(['fd00:1::/64'])).toBe('10.213.0.0/20')
  })
  it('says so when every candidate is in use', () => {
    expect(chooseSubnet(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])).toBeNull()
  })
  it('never overlaps what is taken', () => {
    fc.assert(
      fc.property(fc.array(aCidr, { maxLength: 20 }), (taken) => {
        const subnet = chooseSubnet(taken.map(formatCidr))
        const chosen = subnet === null ? null : parseCidr(subnet)
        expect(chosen === null || taken.every((cidr) => cidr.bits <= 1 || !overlap(chosen, cidr))).toBe(true)
      }),
    )
  })
})

describe('the address pool', () => {
  it('gives replicas three quarters of the subnet and the engine the rest', () => {
    expect(addressPool('10.213.0.0/20')).toEqual({
      subnet: '10.213.0.0/20',
      gateway: '10.213.0.1',
      ipRange: '10.213.12.0/22',
      first: '10.213.0.2',
      last: '10.213.11.255',
    })
  })
  it('keeps replicas, gateway and engine apart in every subnet', () => {
    fc.assert(
      fc.property(aSubnet, (subnet) => {
        const pool = addressPool(subnet)
        const [whole, range] = [parseCidr(pool.subnet), parseCidr(pool.ipRange)]
        const [gateway, first, last] = [pool.gateway, pool.first, pool.last].map((text) => parseAddress(text) ?? -1)
        if (!whole || !range || gateway === undefined || first === undefined || last === undefined)
          throw new Error('unread')
        expect([gateway - whole.base, first - gateway, range.base - last]).toEqual([1, 1, 1])
        expect(first <= last && overlap(whole, range) && range.bits === whole.bits + 2).toBe(true)
      }),
    )
  })
  it('is not made of a subnet too small to cut', () => {
    expect(() => addressPool('10.0.0.0/29')).toThrow('10.0.0.0/29')
  })
})

describe('the next address', () => {
  const pool = addressPool('10.9.0.0/28')
  it('is the lowest that nobody has', () => {
    expect(nextAddress(pool, [])).toBe('10.9.0.2')
    expect(nextAddress(pool, ['10.9.0.2', '10.9.0.4'])).toBe('10.9.0.3')
  })
  it('is missing when the pool is used up, and never the gateway nor in the range of the engine', () => {
    const given: string[] = []
    for (let next = nextAddress(pool, given); next !== null; next = nextAddress(pool, given)) given.push(next)
    expect(given).toEqual(Array.from({ length: 10 }, (_, index) => `10.9.0.${index + 2}`))
  })
})
