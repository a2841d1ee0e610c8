// The installation's own network: one subnet, chosen once and kept in the state, so that every address stays what it was.
import { readFile } from 'node:fs/promises'
import { addressPool, chooseSubnet, formatAddress, formatCidr } from '../../core/addresses.ts'
import { fail } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { EngineRefusal, type EngineApi, type NetworkSeen } from './engine-api.ts'
import { INSTALLATION, networkName } from './labels.ts'

/** The installation's subnet in its state. `choose` must be durable when it returns. */
export type SubnetStore = { subnet(): string | null; choose(subnet: string): void }

/** How often a creation that was refused is tried again, with another subnet while none is kept. */
const ATTEMPTS = 8
/** Somebody else may be creating the same network: the engine refuses ours before it shows theirs. */
const PATIENCE_MS = 100

/** Creates the network when it is missing. Errors: NETWORK_FULL (no subnet is free), ADDRESS_TAKEN (its subnet or name is another's). */
export async function ensureNetwork(
  api: EngineApi,
  clock: Clock,
  installation: string,
  store: SubnetStore,
): Promise<void> {
  const name = networkName(installation)
  const refused: string[] = []
  for (let attempt = 1; ; attempt += 1) {
    const found = await api.network(name)
    if (found !== null) return adopt(found, installation, store)
    const kept = store.subnet()
    const subnet = kept ?? (await freeSubnet(api, refused, name))
    // Two processes may both be here. Whoever creates first is found by the other, which adopts its subnet.
    try {
      await create(api, installation, subnet)
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error
      if ((await api.network(name)) !== null) continue
      if (attempt >= ATTEMPTS) throw await subnetTaken(api, name, subnet, error)
      if (kept === null) refused.push(subnet)
      await clock.sleep(PATIENCE_MS)
    }
  }
}

function adopt(network: NetworkSeen, installation: string, store: SubnetStore): void {
  const taken = (address: string, by: string) =>
    fail('ADDRESS_TAKEN', { address, replica: 'the installation', by, network: network.Name })
  if (network.Labels?.[INSTALLATION] !== installation) {
    throw taken(network.Name, 'a network of that name that is not of this installation')
  }
  const subnet = network.IPAM.Config?.[0]?.Subnet ?? ''
  const kept = store.subnet()
  if (kept === null) store.choose(subnet)
  else if (kept !== subnet) throw taken(kept, `the network was created anew with ${subnet}`)
}

async function freeSubnet(api: EngineApi, refused: readonly string[], name: string): Promise<string> {
  const [networks, routes] = await Promise.all([api.networks([]), hostRoutes()])
  const subnets = networks.flatMap((network) => network.IPAM.Config ?? []).map((config) => config.Subnet ?? '')
  const subnet = chooseSubnet([...subnets, ...routes, ...refused])
  if (subnet === null) throw fail('NETWORK_FULL', { network: name })
  return subnet
}

async function create(api: EngineApi, installation: string, subnet: string): Promise<void> {
  const pool = addressPool(subnet)
  await api.createNetwork({
    Name: networkName(installation),
    Driver: 'bridge',
    CheckDuplicate: true,
    IPAM: { Driver: 'default', Config: [{ Subnet: pool.subnet, IPRange: pool.ipRange, Gateway: pool.gateway }] },
    Labels: { [INSTALLATION]: installation },
  })
}

async function subnetTaken(api: EngineApi, name: string, subnet: string, error: EngineRefusal): Promise<Error> {
  const networks = await api.networks([])
  const holder = networks.find((network) => network.IPAM.Config?.some((config) => config.Subnet === subnet))
  const by = holder === undefined ? error.message : `the network ${holder.Name}`
  return fail('ADDRESS_TAKEN', { address: subnet, replica: 'the installation', by, network: name }, error)
}

/** Where packets of this host go, as CIDRs. Empty where the kernel does not say. */
async function hostRoutes(): Promise<string[]> {
  try {
    return parseRoutes(await readFile('/proc/net/route', 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Reads /proc/net/route: a heading, then lines with destination and mask as hexadecimal numbers, the lowest byte first. */
export function parseRoutes(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 7)
    .map((fields) => {
      const [destination, mask] = [fields[1], fields[7]].map((hex) => swapBytes(Number.parseInt(hex ?? '', 16)))
      return formatCidr({ base: destination ?? 0, bits: 32 - Math.log2(2 ** 32 - (mask ?? 0)) })
    })
}

function swapBytes(word: number): number {
  return formatAddress(word)
    .split('.')
    .reduceRight((sum, byte) => sum * 256 + Number(byte), 0)
}
