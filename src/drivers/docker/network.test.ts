import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import { EngineRefusal, type EngineApi, type NetworkSeen } from './engine-api.ts'
import { ensureNetwork, parseRoutes } from './network.ts'

const heading = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'

describe('routes of the host', () => {
  it('are read from the table of the kernel', () => {
    const table = [
      heading,
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0',
      'eth0\t010200C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0',
      '',
    ]
    expect(parseRoutes(table.join('\n'))).toEqual([
      '0.0.0.0/0',
      '172.17.0.0/16',
      '192.0.2.0/24',
      '10.0.0.0/8',
      '192.0.2.1/32',
    ])
  })
  it('are none in an empty table', () => {
    expect(parseRoutes(`${heading}\n`)).toEqual([])
  })
})

type Wanted = { Name: string; IPAM: { Config: { Subnet: string }[] }; Labels: Record<string, string> }

/** An engine with networks; `hidden` subnets are in use without being shown. */
function engine(networks: Partial<NetworkSeen>[], hidden: readonly string[] = []) {
  const created: string[] = []
  const all = networks.map((network, index) => ({
    Id: String(index),
    Labels: null,
    IPAM: { Config: null },
    ...network,
  }))
  const api = {
    network: async (name: string) => all.find((network) => network.Name === name) ?? null,
    networks: async () => all,
    createNetwork: async (wanted: Wanted) => {
      const subnet = wanted.IPAM.Config[0]?.Subnet ?? ''
      const shown = all.flatMap((network) => network.IPAM.Config ?? []).map((config) => config.Subnet)
      if ([...hidden, ...shown].includes(subnet)) throw new EngineRefusal(403, 'Pool overlaps with other one')
      created.push(subnet)
      all.push({ Id: 'new', ...wanted })
    },
  }
  return { api: api as unknown as EngineApi, created }
}

function keeping(subnet: string | null) {
  const kept: string[] = subnet === null ? [] : [subnet]
  return { subnet: () => kept.at(-1) ?? null, choose: (chosen: string) => void kept.push(chosen), kept }
}

const ensure = (api: EngineApi, store: ReturnType<typeof keeping>) =>
  ensureNetwork(api, createVirtualClock(), 'abc', store)

describe('the network of an installation', () => {
  it('keeps out of the way of other networks, also of those that the engine does not show', async () => {
    const other = { Name: 'compose_default', IPAM: { Config: [{ Subnet: '10.213.0.0/18' }] } }
    const { api, created } = engine([other], ['10.213.64.0/20'])
    const store = keeping(null)
    await ensure(api, store)
    expect([created, store.kept]).toEqual([['10.213.80.0/20'], ['10.213.80.0/20']])
  })
  it('is made with the subnet that the state keeps', async () => {
    const { api, created } = engine([])
    await ensure(api, keeping('10.213.240.0/20'))
    expect(created).toEqual(['10.213.240.0/20'])
  })
  it('that is there already is used as it is, and its subnet kept', async () => {
    const ours = {
      Name: 'astern-abc',
      Labels: { 'astern.installation': 'abc' },
      IPAM: { Config: [{ Subnet: '10.9.0.0/20' }] },
    }
    const { api, created } = engine([ours])
    const store = keeping(null)
    await ensure(api, store)
    expect([created, store.kept]).toEqual([[], ['10.9.0.0/20']])
    await expect(ensure(api, keeping('10.213.0.0/20'))).rejects.toMatchObject({
      code: 'ADDRESS_TAKEN',
      details: { address: '10.213.0.0/20', by: 'the network was created anew with 10.9.0.0/20' },
    })
  })
  it('is never somebody else’s of that name', async () => {
    const theirs = { Name: 'astern-abc', Labels: {}, IPAM: { Config: [{ Subnet: '10.9.0.0/20' }] } }
    const store = keeping(null)
    await expect(ensure(engine([theirs]).api, store)).rejects.toMatchObject({ code: 'ADDRESS_TAKEN' })
    expect(store.kept).toEqual([])
  })
  it('says who took its subnet', async () => {
    const thief = { Name: 'thief', IPAM: { Config: [{ Subnet: '10.213.0.0/20' }] } }
    await expect(ensure(engine([thief]).api, keeping('10.213.0.0/20'))).rejects.toMatchObject({
      code: 'ADDRESS_TAKEN',
      details: { address: '10.213.0.0/20', by: 'the network thief' },
    })
  })
  it('is not made where every subnet is in use', async () => {
    const everything = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((Subnet) => ({ Subnet }))
    const { api } = engine([{ Name: 'all', IPAM: { Config: everything } }])
    await expect(ensure(api, keeping(null))).rejects.toMatchObject({ code: 'NETWORK_FULL' })
  })
})
