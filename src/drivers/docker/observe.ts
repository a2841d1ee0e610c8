// What is true in the engine right now: the replicas of this installation, and those of others in the same scope.
import type { Scope } from '../../core/model.ts'
import type { ForeignReplica, ReplicaLevel, ReplicaSeen } from '../../ports/runtime.ts'
import type { ContainerListed, ContainerSeen } from './container-seen.ts'
import { ENVIRONMENT, INSTALLATION, networkName, readLabels, REPLICA, SERVICE } from './labels.ts'
import type { Workshop } from './workshop.ts'

/** How many containers are looked at at once. */
export const AT_ONCE = 16

export function listReplicas(shop: Workshop, scope?: Scope, signal?: AbortSignal): Promise<readonly ContainerListed[]> {
  return shop.api.containers([`${INSTALLATION}=${shop.installation}`, REPLICA, ...labelsOfScope(scope)], signal)
}

export async function observe(shop: Workshop, scope?: Scope): Promise<ReplicaSeen[]> {
  const listed = await listReplicas(shop, scope)
  const seen = await inBatches(listed, AT_ONCE, (container) => shop.api.container(container.Id))
  return seen.flatMap((container) => (container === null ? [] : (replicaOf(shop.installation, container) ?? [])))
}

export async function levels(shop: Workshop, scope?: Scope): Promise<ReplicaLevel[]> {
  const listed = await listReplicas(shop, scope)
  return listed.flatMap(({ Labels, State }) => {
    const labels = readLabels(Labels ?? {})
    if (labels === null) return []
    const { service, environment, name } = labels
    return [{ service, environment, name, level: levelOf[State] }]
  })
}

export async function foreign(shop: Workshop, scope: Scope): Promise<ForeignReplica[]> {
  const listed = await shop.api.containers([REPLICA, ...labelsOfScope(scope)])
  return listed.flatMap((container) => {
    const labels = readLabels(container.Labels ?? {})
    if (labels === null || labels.installation === shop.installation || !isAlive(container)) return []
    const { service, environment, installation } = labels
    return [{ service, environment, installation, running: container.State !== 'paused' }]
  })
}

function replicaOf(installation: string, container: ContainerSeen): ReplicaSeen | null {
  const labels = readLabels(container.Config.Labels ?? {})
  if (labels === null) return null
  const { service, environment, name, release, process, transactionId } = labels
  const { Status, ExitCode, OOMKilled } = container.State
  const end = container.NetworkSettings.Networks[networkName(installation)]
  return {
    service,
    environment,
    name,
    release,
    process,
    transactionId,
    level: levelOf[Status],
    address: end?.IPAddress || end?.IPAMConfig?.IPv4Address || null,
    exitCode: Status === 'exited' || Status === 'dead' ? ExitCode : null,
    oomKilled: OOMKilled,
    restarts: container.RestartCount,
  }
}

const levelOf: Readonly<Record<ContainerSeen['State']['Status'], ReplicaSeen['level']>> = {
  running: 'running',
  // The engine is about to start it again: it is meant to run.
  restarting: 'running',
  paused: 'frozen',
  created: 'stopped',
  exited: 'stopped',
  dead: 'stopped',
  removing: 'stopped',
}

function isAlive(container: ContainerListed): boolean {
  return container.State === 'running' || container.State === 'restarting' || container.State === 'paused'
}

export function labelsOfScope(scope: Scope | undefined): string[] {
  return scope === undefined ? [] : [`${SERVICE}=${scope.service}`, `${ENVIRONMENT}=${scope.environment}`]
}

export async function inBatches<T, R>(items: readonly T[], size: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += size) {
    results.push(...(await Promise.all(items.slice(start, start + size).map(work))))
  }
  return results
}
