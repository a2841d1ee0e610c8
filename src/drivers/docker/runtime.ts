// The Docker runtime driver: replicas are containers on the installation's own network. Everything it makes bears the label of its
// installation, and nothing without that label is ever changed.
import type { Clock } from '../../ports/clock.ts'
import type { EngineFacts, Runtime } from '../../ports/runtime.ts'
import { resolveEndpoint, type Environment } from './endpoint.ts'
import { createEngineApi } from './engine-api.ts'
import { ownerOf } from './file-owner.ts'
import { awaitHealthy } from './health.ts'
import { findImage } from './images.ts'
import { networkName } from './labels.ts'
import { readLogs } from './logs.ts'
import { ensureNetwork, type SubnetStore } from './network.ts'
import { foreign, levels, observe } from './observe.ts'
import { exec, removeOneOff, runOnce } from './one-off.ts'
import { ensureOneOffCreated, readOneOff, seeOneOff, startOneOff, stopOneOff } from './one-off-moves.ts'
import { removeAll } from './removal.ts'
import { ensureDown, ensureUp } from './replicas.ts'
import { stats } from './stats.ts'
import { findStranger, setStranger } from './strangers.ts'
import { addressOf, lookAround } from './user-networks.ts'
import type { Workshop } from './workshop.ts'

export type DockerRuntimeOptions = {
  readonly installation: string
  readonly subnets: SubnetStore
  /** Where Docker's own CLI would look: DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, HOME, and PATH for credential helpers. */
  readonly env: Environment
  readonly clock: Clock
}

export function createDockerRuntime({ installation, subnets, env, clock }: DockerRuntimeOptions): Runtime {
  const endpoint = resolveEndpoint(env)
  const api = createEngineApi(endpoint, clock)
  let creating: Promise<void> | null = null
  const network = () =>
    (creating ??= ensureNetwork(api, clock, installation, subnets).finally(() => {
      creating = null
    }))
  const shop: Workshop = { api, clock, installation, ensureNetwork: network }

  async function facts(): Promise<EngineFacts> {
    const [version, info] = await Promise.all([api.version(), api.info()])
    return {
      version: version.Version,
      apiVersion: version.ApiVersion,
      liveRestore: info.LiveRestoreEnabled === true,
      endpoint: endpoint.name,
    }
  }

  return {
    facts,
    image: (reference, options) => findImage(api, clock, reference, options),
    observe: (scope) => observe(shop, scope),
    levels: (scope) => levels(shop, scope),
    foreign: (scope) => foreign(shop, scope),
    ensureRunning: (replica, signal) => ensureUp(shop, replica, 'running', signal),
    ensureCreated: (replica, signal) => ensureUp(shop, replica, 'created', signal),
    ensureDown: (replica, level, signal) => ensureDown(shop, replica, level, signal),
    awaitHealthy: (replica, signal) => awaitHealthy(shop, replica, signal),
    addressOf: (name, networks) => addressOf(shop, name, [...networks, networkName(installation)]),
    lookAround: (wanted) => lookAround(shop, wanted),
    stranger: (name) => findStranger(shop, name),
    setStranger: (stranger, level, signal) => setStranger(shop, stranger, level, signal),
    ownerOf: (configDigest, user) => ownerOf(api, configDigest, user),
    logs: (replica, options) => readLogs(shop, replica, options),
    runOnce: (oneOff, session) => runOnce(shop, oneOff, session),
    ensureOneOffCreated: (oneOff) => ensureOneOffCreated(shop, oneOff),
    startOneOff: (oneOff) => startOneOff(shop, oneOff),
    seeOneOff: (oneOff) => seeOneOff(shop, oneOff),
    stopOneOff: (oneOff) => stopOneOff(shop, oneOff),
    readOneOff: (oneOff, most) => readOneOff(shop, oneOff, most),
    removeOneOff: (oneOff) => removeOneOff(shop, oneOff),
    exec: (replica, argv, session) => exec(shop, replica, argv, session),
    stats: (scope, signal) => stats(shop, scope, signal),
    ensureNetwork: network,
    removeAll: (onNetworkLeft) => removeAll(shop, onNetworkLeft),
    close: () => api.close(),
  }
}
