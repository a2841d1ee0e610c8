// What the engine says of a container that Astern did not make.
import type { ContainerSeen } from './container-seen.ts'

/** As far as another container can be made like it. */
export type ContainerWhole = ContainerSeen & {
  readonly Image: string
  readonly Mounts: readonly {
    readonly Type: string
    readonly Name?: string
    readonly Source: string
    readonly Destination: string
    readonly RW: boolean
  }[]
  readonly Config: {
    readonly Image: string
    readonly Env: readonly string[] | null
    readonly Cmd: readonly string[] | null
    readonly Entrypoint: readonly string[] | null
    readonly User: string
    readonly WorkingDir: string
  }
  readonly HostConfig: {
    readonly NetworkMode: string
    readonly RestartPolicy: { readonly Name: string }
    readonly Memory: number
    readonly NanoCpus: number
    readonly Init?: boolean | null
    readonly ReadonlyRootfs: boolean
    readonly Tmpfs?: Readonly<Record<string, string>> | null
    readonly ShmSize: number
    readonly CapAdd: readonly string[] | null
    readonly CapDrop: readonly string[] | null
    readonly SecurityOpt: readonly string[] | null
    readonly ExtraHosts: readonly string[] | null
    readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[] | null
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null
  }
}
