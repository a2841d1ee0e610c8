// Removes everything of one installation: replicas, its proxy's container, its networks. Named volumes stay.
import type { ContainerListed } from './container-seen.ts'
import { EngineRefusal, type NetworkSeen } from './engine-api.ts'
import { INSTALLATION } from './labels.ts'
import { inBatches } from './observe.ts'
import type { Workshop } from './workshop.ts'

const AT_ONCE = 8
/** What the engine takes for a container that says nothing. */
const STOP_SECONDS = 10

type OnNetworkLeft = (network: string, usedBy: readonly string[]) => void

/** Stops each container gracefully before it removes it. A network that containers of others are on stays, and is reported. */
export async function removeAll(shop: Workshop, onNetworkLeft?: OnNetworkLeft): Promise<number> {
  const label = `${INSTALLATION}=${shop.installation}`
  const containers = await shop.api.containers([label])
  const gone = await inBatches(containers, AT_ONCE, (container) => remove(shop, container))
  for (const network of await shop.api.networks([label])) await removeNetwork(shop, network, onNetworkLeft)
  return gone.length
}

async function remove({ api }: Workshop, { Id, State }: ContainerListed): Promise<void> {
  if (State === 'paused') await tolerate(api.unpause(Id))
  const stopSeconds = (await api.container(Id))?.Config.StopTimeout ?? STOP_SECONDS
  if (State === 'paused' || State === 'running') await tolerate(api.stop(Id, stopSeconds))
  await tolerate(api.remove(Id))
  if ((await api.container(Id)) !== null) await tolerate(api.awaitRemoved(Id))
}

async function removeNetwork({ api }: Workshop, { Id }: NetworkSeen, onNetworkLeft?: OnNetworkLeft): Promise<void> {
  try {
    await api.removeNetwork(Id)
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    const network = await api.network(Id)
    if (network === null) return
    onNetworkLeft?.(
      network.Name,
      Object.values(network.Containers ?? {}).map((container) => container.Name),
    )
  }
}

/** Someone else may be removing the same container; whether it is gone is looked at afterwards. */
async function tolerate(change: Promise<void>): Promise<void> {
  await change.catch((error: unknown) => {
    if (!(error instanceof EngineRefusal)) throw error
  })
}
