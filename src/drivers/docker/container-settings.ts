// How a replica's container is made: a pure function of the replica. What is not said here is the image's own.
import type { ReplicaSpec } from '../../ports/runtime.ts'
import { containerOptions } from './container-options.ts'
import { labelsOf, networkName } from './labels.ts'

const LOG_MAX_SIZE = '10m'
const LOG_MAX_FILES = '3'
const NANO_CPUS = 1e9
const SECRETS_FOLDER = '/run/secrets'

/** The body of a create call. Holds opened secrets: never to be logged. */
export function containerSettings(installation: string, replica: ReplicaSpec): object {
  const { config } = replica
  const network = networkName(installation)
  const options = containerOptions(config.container)
  const portsOf = (containerPort: string) =>
    config.ports.filter((port) => `${port.containerPort}/${port.protocol}` === containerPort)
  const containerPorts = [...new Set(config.ports.map((port) => `${port.containerPort}/${port.protocol}`))]
  return {
    Image: replica.configDigest,
    ...(config.command === null ? {} : { Cmd: [...config.command] }),
    Env: Object.entries(replica.openEnv()).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(installation, replica),
    StopSignal: config.stop.signal,
    StopTimeout: stopSeconds(config.stop.timeoutMs),
    // The proxy and Astern ask the replica themselves; the image's own check would only cost a process every few seconds.
    ...(config.health.kind === 'image' ? {} : { Healthcheck: { Test: ['NONE'] } }),
    ExposedPorts: Object.fromEntries(containerPorts.map((port) => [port, {}])),
    ...options.top,
    HostConfig: {
      NetworkMode: network,
      // Never `always`: that would wake stopped and frozen ones when the engine restarts.
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': LOG_MAX_SIZE, 'max-file': LOG_MAX_FILES } },
      Init: false,
      ...options.host,
      ...(config.memoryBytes === null ? {} : { Memory: config.memoryBytes }),
      ...(config.cpus === null ? {} : { NanoCpus: Math.round(config.cpus * NANO_CPUS) }),
      Mounts: [
        ...config.mounts.map((mount) => ({
          Type: mount.kind,
          Source: mount.source,
          Target: mount.target,
          ReadOnly: mount.readOnly,
        })),
        ...(replica.secretFiles === null
          ? []
          : [{ Type: 'bind', Source: replica.secretFiles, Target: SECRETS_FOLDER, ReadOnly: true }]),
      ],
      PortBindings: Object.fromEntries(
        containerPorts.map((containerPort) => [
          containerPort,
          portsOf(containerPort).map((port) => ({ HostIp: port.hostAddress ?? '', HostPort: String(port.hostPort) })),
        ]),
      ),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: replica.address } } } },
  }
}

/** The engine counts whole seconds. */
export function stopSeconds(timeoutMs: number): number {
  return Math.ceil(timeoutMs / 1_000)
}
