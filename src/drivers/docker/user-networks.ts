// Networks that are not Astern's: a replica joins them under no name but its own, so that no name on them ever means two things.
import { fail } from '../../core/errors.ts'
import type { ProcessConfig } from '../../core/model.ts'
import type { Neighbourhood, ReplicaSpec, Surroundings } from '../../ports/runtime.ts'
import type { ContainerSeen } from './container-seen.ts'
import { EngineRefusal } from './engine-api.ts'
import type { Workshop } from './workshop.ts'

const COMPOSE_PROJECT = 'com.docker.compose.project'
const COMPOSE_SERVICE = 'com.docker.compose.service'

/** Puts the container on those networks that it is not on yet, or that were made anew. Error: NETWORK_UNKNOWN, of one that must be there. */
export async function joinNetworks(
  { api }: Workshop,
  { config, service }: Pick<ReplicaSpec, 'service'> & { readonly config: ProcessConfig },
  container: ContainerSeen,
): Promise<void> {
  const { networks = [], dependencyNetworks = [] } = config.container ?? {}
  for (const name of [...networks, ...dependencyNetworks]) {
    const network = await api.network(name)
    const end = container.NetworkSettings.Networks[name]
    if (network === null && networks.includes(name))
      throw fail('NETWORK_UNKNOWN', { network: name, service, command: 'docker compose up -d' })
    if (network !== null && end !== undefined && (end.NetworkID === '' || end.NetworkID === network.Id)) continue
    try {
      if (end !== undefined) await api.disconnect(name, container.Id)
    } catch (error) {
      // It is the network that is gone, so nothing is left to take it off.
      if (!(error instanceof EngineRefusal)) throw error
    }
    if (network !== null) await api.connect(name, container.Id, null)
  }
}

export async function lookAround({ api }: Workshop, wanted: Neighbourhood): Promise<Surroundings> {
  const networks = wanted.networks.map(async (name) => ({ name, there: (await api.network(name)) !== null }))
  const dependencies = wanted.dependencies.map(async ({ project, service }) => {
    const containers = await api.containers([`${COMPOSE_PROJECT}=${project}`, `${COMPOSE_SERVICE}=${service}`])
    return { service, there: containers.some(({ State }) => State === 'running') }
  })
  return {
    missingNetworks: (await Promise.all(networks)).filter(({ there }) => !there).map(({ name }) => name),
    stoppedDependencies: (await Promise.all(dependencies)).filter(({ there }) => !there).map(({ service }) => service),
  }
}

/** As Docker's own name server would find it: by the container's name, or one that it has on the network. */
export async function addressOf({ api }: Workshop, name: string, networks: readonly string[]): Promise<string | null> {
  for (const network of networks) {
    for (const id of Object.keys((await api.network(network))?.Containers ?? {})) {
      const container = await api.container(id)
      const end = container?.NetworkSettings.Networks[network]
      if (container === null || end === undefined || end.IPAddress === '') continue
      if (container.Name === `/${name}` || end.Aliases?.includes(name) === true) return end.IPAddress
    }
  }
  return null
}
