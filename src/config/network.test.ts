import { describe, expect, it } from 'vitest'
import { parseNetwork } from './network.ts'

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.168.4.128/25', '192.168.4.128/25'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['fd00::/8', 'fd00::/8'],
    ['::/0', '::/0'],
    ['::1', '::1/128'],
    ['2001:0DB8:0:0:0:0:0:0/33', '2001:db8::/33'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6/128'],
  ])('is read from %s', (text, value) => expect(parseNetwork(text)).toEqual({ value }))

  it.each([
    ['', 'expected a network or an address'],
    ['10.0.0/8', 'expected a network or an address'],
    ['10.0.0.0/', 'expected a network or an address'],
    ['10.0.0.0/255.0.0.0', 'expected a network or an address'],
    ['256.0.0.0/8', 'expected a network or an address'],
    ['[::1]/128', 'expected a network or an address'],
    ['fe80::1%eth0', 'expected a network or an address'],
    ['shop.example.com', 'expected a network or an address'],
    ['10.0.0.0/33', 'expected a prefix of 32 bits at most'],
    ['fd00::/129', 'expected a prefix of 128 bits at most'],
    ['10.1.2.3/8', 'expected the first address of the network: 10.0.0.0/8'],
    ['192.168.4.129/25', 'expected the first address of the network: 192.168.4.128/25'],
    ['2001:db8::1/33', 'expected the first address of the network: 2001:db8::/33'],
  ])('is not %j', (text, problem) =>
    expect(parseNetwork(text)).toEqual({ problem: expect.stringContaining(problem) as string }),
  )
})
