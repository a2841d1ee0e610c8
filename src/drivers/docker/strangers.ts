// Containers that somebody else made: what they are made of, and how they are stopped for good or started again. They are never removed.
import { fail } from '../../core/errors.ts'
import type { ContainerOptions, Mount, PublishedPort } from '../../core/model.ts'
import type { Stranger } from '../../ports/runtime.ts'
import type { ContainerWhole } from './container-whole.ts'
import { EngineRefusal } from './engine-api.ts'
import type { ImageSeen } from './image-seen.ts'
import { INSTALLATION } from './labels.ts'
import type { Workshop } from './workshop.ts'

const DEFAULT_SHM_BYTES = 64 * 1024 * 1024
const NANO_CPUS = 1e9
/** What the engine takes for a container that says nothing. */
const STOP_SECONDS = 10
/** Networks that every engine has. */
const BUILT_IN = ['bridge', 'default', 'host', 'none']

export async function findStranger({ api }: Workshop, name: string): Promise<Stranger | null> {
  const container = await api.containerWhole(name)
  if (container === null) return null
  const image = await api.image(container.Image)
  const { Config, HostConfig, State } = container
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ''),
    running: State.Status === 'running' || State.Status === 'restarting',
    image: Config.Image,
    configDigest: container.Image,
    env: environmentOf(container, image),
    command: same(Config.Cmd, image?.Config?.Cmd) ? null : (Config.Cmd ?? []),
    mounts: container.Mounts.flatMap(mountOf),
    ports: Object.entries(HostConfig.PortBindings ?? {}).flatMap(portsOf),
    memoryBytes: HostConfig.Memory || null,
    cpus: HostConfig.NanoCpus === 0 ? null : HostConfig.NanoCpus / NANO_CPUS,
    container: optionsOf(container, image),
    networks: Object.keys(container.NetworkSettings.Networks).filter((network) => !BUILT_IN.includes(network)),
    sharesNetwork: HostConfig.NetworkMode === 'host' || HostConfig.NetworkMode.startsWith('container:'),
    isReplica: Config.Labels?.[INSTALLATION] !== undefined,
    restart: HostConfig.RestartPolicy.Name || 'no',
  }
}

export async function setStranger(
  { api }: Workshop,
  stranger: Stranger,
  level: 'running' | 'stopped',
  signal?: AbortSignal,
): Promise<void> {
  try {
    if (level === 'running') {
      await api.update(stranger.id, { RestartPolicy: { Name: stranger.restart } }, signal)
      await api.start(stranger.id, signal)
      return
    }
    await api.update(stranger.id, { RestartPolicy: { Name: 'no' } }, signal)
    await api.stop(stranger.id, (await api.container(stranger.id))?.Config.StopTimeout ?? STOP_SECONDS, signal)
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    throw fail('ADOPT_IMPOSSIBLE', { container: stranger.name, reason: error.message }, error)
  }
}

function environmentOf({ Config }: ContainerWhole, image: ImageSeen | null): Record<string, string> {
  const own = new Set(image?.Config?.Env ?? [])
  const lines = (Config.Env ?? []).filter((line) => !own.has(line) && line.includes('='))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

function optionsOf({ Config, HostConfig: host }: ContainerWhole, image: ImageSeen | null): ContainerOptions {
  const own = image?.Config
  const all = {
    entrypoint: same(Config.Entrypoint, own?.Entrypoint) ? undefined : (Config.Entrypoint ?? undefined),
    user: Config.User === (own?.User ?? '') ? undefined : Config.User,
    workingDir: Config.WorkingDir === (own?.WorkingDir ?? '') ? undefined : Config.WorkingDir,
    init: host.Init === true ? true : undefined,
    readOnly: host.ReadonlyRootfs ? true : undefined,
    tmpfs: some(Object.entries(host.Tmpfs ?? {}).map(([target, how]) => (how === '' ? target : `${target}:${how}`))),
    shmBytes: host.ShmSize === DEFAULT_SHM_BYTES || host.ShmSize === 0 ? undefined : host.ShmSize,
    capAdd: some(host.CapAdd ?? []),
    capDrop: some(host.CapDrop ?? []),
    securityOpt: some(host.SecurityOpt ?? []),
    ulimits: some((host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard }))),
    extraHosts: some(host.ExtraHosts ?? []),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function mountOf({ Type, Name, Source, Destination, RW }: ContainerWhole['Mounts'][number]): Mount[] {
  if (Type !== 'volume' && Type !== 'bind') return []
  const source = Type === 'volume' ? (Name ?? '') : Source
  return [{ kind: Type, source, target: Destination, readOnly: !RW, shared: false }]
}

function portsOf([key, bindings]: [string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null]) {
  const [port = '', protocol] = key.split('/')
  return (bindings ?? []).map(({ HostIp, HostPort }): PublishedPort => ({
    hostAddress: HostIp === '' ? null : HostIp,
    hostPort: Number(HostPort),
    containerPort: Number(port),
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  }))
}

function same(one: readonly string[] | null | undefined, other: readonly string[] | null | undefined): boolean {
  return JSON.stringify(one ?? []) === JSON.stringify(other ?? [])
}

function some<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values
}
