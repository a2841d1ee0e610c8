// What the engine says of a container.
import type { HealthcheckSeen } from './image-seen.ts'

export type EndpointSeen = {
  readonly NetworkID: string
  readonly IPAddress: string
  readonly Aliases?: readonly string[] | null
  readonly IPAMConfig: { readonly IPv4Address?: string } | null
}

export type ContainerSeen = {
  readonly Id: string
  readonly Name: string
  readonly RestartCount: number
  readonly State: {
    readonly Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
    readonly OOMKilled: boolean
    readonly ExitCode: number
    /** 0: it does not run. */
    readonly Pid: number
    readonly StartedAt: string
    readonly FinishedAt: string
    readonly Health?: { readonly Status: string; readonly Log: readonly { readonly Output: string }[] | null }
  }
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>> | null
    readonly Healthcheck?: HealthcheckSeen | null
    readonly StopTimeout?: number
  }
  /** 0: without a limit. */
  readonly HostConfig: { readonly Memory: number }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointSeen>> }
}

export type ContainerListed = {
  readonly Id: string
  readonly Names: readonly string[]
  readonly State: ContainerSeen['State']['Status']
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Ports: readonly { readonly IP?: string; readonly PublicPort?: number; readonly Type: string }[] | null
}
