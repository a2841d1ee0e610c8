// Why a replica could not be created or started. The engine's message is English prose that changes between versions, so the world is
// asked instead: is the image there, the network, the address, the port? Only what is left over is read from the message.
import { fail } from '../../core/errors.ts'
import { releaseName, type PublishedPort } from '../../core/model.ts'
import type { ReplicaSpec } from '../../ports/runtime.ts'
import type { ContainerSeen } from './container-seen.ts'
import { EngineRefusal, type NetworkSeen } from './engine-api.ts'
import { networkName } from './labels.ts'
import { startFailed, type Workshop } from './workshop.ts'

const PORT_IN_USE = /port is already allocated|bind: address already in use|ports are not available/i

/** The error to throw, or `mended` when the network was missing or had forgotten the container, and is right again. */
export async function explainStart(
  shop: Workshop,
  replica: ReplicaSpec,
  container: ContainerSeen | null,
  error: EngineRefusal,
): Promise<Error | 'mended'> {
  const { api, installation } = shop
  if (container === null && (await api.image(replica.configDigest)) === null) {
    return fail('IMAGE_NOT_FOUND', { image: replica.configDigest, reason: 'it is not on this host' }, error)
  }
  const network = await api.network(networkName(installation))
  if (network === null || (container !== null && isForgotten(network, container))) {
    await attach(shop, replica, container)
    return 'mended'
  }
  const by = holderOf(network, replica.address, container)
  if (by !== null) {
    const details = { address: replica.address, replica: replica.name, release: releaseName(replica.release) }
    return fail('ADDRESS_TAKEN', { ...details, by, network: network.Name }, error)
  }
  return (await portTaken(shop, replica, container, error)) ?? startFailed(replica, error.message, error)
}

/** Puts a container back on the network under its address, creating the network when it is missing. */
export async function attach(shop: Workshop, replica: ReplicaSpec, container: ContainerSeen | null): Promise<void> {
  const { api, installation } = shop
  await shop.ensureNetwork()
  if (container === null) return
  const name = networkName(installation)
  await api.disconnect(name, container.Id).catch(onlyRefusals)
  try {
    await api.connect(name, container.Id, replica.address)
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    const network = await api.network(name)
    const by = network === null ? null : holderOf(network, replica.address, container)
    if (by === null) throw startFailed(replica, error.message, error)
    throw fail('ADDRESS_TAKEN', { address: replica.address, replica: replica.name, by, network: name }, error)
  }
}

/** The container remembers a network of that name that is gone, or the network holds an end of it from before a crash. */
function isForgotten(network: NetworkSeen, container: ContainerSeen): boolean {
  const end = container.NetworkSettings.Networks[network.Name]
  if (end === undefined || (end.NetworkID !== '' && end.NetworkID !== network.Id)) return true
  return Object.entries(network.Containers ?? {}).some(
    ([id, held]) => id !== container.Id && held.Name === container.Name.replace(/^\//, ''),
  )
}

function holderOf(network: NetworkSeen, address: string, self: ContainerSeen | null): string | null {
  const holder = Object.entries(network.Containers ?? {}).find(
    ([id, held]) => id !== self?.Id && held.IPv4Address.replace(/\/.*$/, '') === address,
  )
  return holder === undefined ? null : holder[1].Name || holder[0]
}

async function portTaken(
  { api }: Workshop,
  replica: ReplicaSpec,
  self: ContainerSeen | null,
  error: EngineRefusal,
): Promise<Error | null> {
  const { ports } = replica.config
  if (ports.length === 0) return null
  for (const container of await api.containers([])) {
    if (container.Id === self?.Id) continue
    const port = ports.find((wanted) => container.Ports?.some((held) => collides(wanted, held)))
    if (port === undefined) continue
    const name = container.Names[0]?.replace(/^\//, '') ?? container.Id
    return fail('PORT_TAKEN', { address: addressOf(port), by: ` by the container ${name}` }, error)
  }
  if (!PORT_IN_USE.test(error.message)) return null
  const named = ports.find((port) => error.message.includes(`:${port.hostPort}`)) ?? ports[0]
  return named === undefined ? null : fail('PORT_TAKEN', { address: addressOf(named), by: '' }, error)
}

function collides(wanted: PublishedPort, held: { IP?: string; PublicPort?: number; Type: string }): boolean {
  return (
    held.PublicPort === wanted.hostPort &&
    held.Type === wanted.protocol &&
    (isAny(held.IP) || isAny(wanted.hostAddress) || held.IP === wanted.hostAddress)
  )
}

function isAny(address: string | null | undefined): boolean {
  return !address || address === '0.0.0.0' || address === '::'
}

function addressOf(port: PublishedPort): string {
  return `${port.hostAddress ?? '0.0.0.0'}:${port.hostPort}`
}

/** A container that is not on the network need not be taken off it. */
function onlyRefusals(error: unknown): void {
  if (!(error instanceof EngineRefusal)) throw error
}
