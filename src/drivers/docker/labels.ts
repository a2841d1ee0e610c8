// Names and labels of everything that Astern makes in Docker. A container or network without the installation's label is not ours.
import { releaseName, type Scope } from '../../core/model.ts'
import type { OneOffSpec, ReplicaSpec } from '../../ports/runtime.ts'

export const INSTALLATION = 'astern.installation'
export const SERVICE = 'astern.service'
export const ENVIRONMENT = 'astern.environment'
export const RELEASE = 'astern.release'
export const PROCESS = 'astern.process'
export const REPLICA = 'astern.replica'
export const TRANSACTION = 'astern.transaction'
/** In place of REPLICA, on a container that runs one command. */
const ONE_OFF = 'astern.oneoff'

export type Labels = Readonly<Record<string, string>>

export function networkName(installation: string): string {
  return `astern-${installation}`
}

export function containerName(installation: string, replica: Scope & { readonly name: string }): string {
  return `astern-${installation}-${replica.service}-${replica.environment}-${replica.name}`
}

export function labelsOf(installation: string, replica: ReplicaSpec): Labels {
  return {
    [INSTALLATION]: installation,
    [SERVICE]: replica.service,
    [ENVIRONMENT]: replica.environment,
    [RELEASE]: releaseName(replica.release),
    [PROCESS]: replica.process,
    [REPLICA]: replica.name,
    [TRANSACTION]: replica.transactionId,
  }
}

export function labelsOfOneOff(installation: string, oneOff: OneOffSpec): Labels {
  return {
    [INSTALLATION]: installation,
    [SERVICE]: oneOff.service,
    [ENVIRONMENT]: oneOff.environment,
    [RELEASE]: releaseName(oneOff.release),
    [PROCESS]: oneOff.process,
    [ONE_OFF]: oneOff.name,
    [TRANSACTION]: oneOff.transactionId,
  }
}

/** True when the labels are those of the container of this very command. */
export function areOfOneOff(labels: Labels, installation: string, oneOff: Scope & { readonly name: string }): boolean {
  return (
    labels[INSTALLATION] === installation &&
    labels[SERVICE] === oneOff.service &&
    labels[ENVIRONMENT] === oneOff.environment &&
    labels[ONE_OFF] === oneOff.name
  )
}

/** True when the labels are those of this very replica. Service and environment may hold hyphens, so a name alone does not tell. */
export function areOf(labels: Labels, installation: string, replica: Scope & { readonly name: string }): boolean {
  return (
    labels[INSTALLATION] === installation &&
    labels[SERVICE] === replica.service &&
    labels[ENVIRONMENT] === replica.environment &&
    labels[REPLICA] === replica.name
  )
}

export type ReplicaLabels = Scope & {
  readonly installation: string
  readonly name: string
  readonly release: number
  readonly process: string
  readonly transactionId: string
}

/** `null`: not the labels of a replica, but perhaps of a proxy. */
export function readLabels(labels: Labels): ReplicaLabels | null {
  const { [INSTALLATION]: installation, [SERVICE]: service, [ENVIRONMENT]: environment, [REPLICA]: name } = labels
  const release = /^r(\d+)$/.exec(labels[RELEASE] ?? '')?.[1]
  if (!installation || !service || !environment || !name || release === undefined) return null
  return {
    installation,
    service,
    environment,
    name,
    release: Number(release),
    process: labels[PROCESS] ?? '',
    transactionId: labels[TRANSACTION] ?? '',
  }
}
