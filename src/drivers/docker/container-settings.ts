// How the container of a replica or of a command is made: a pure function of it. What is not said here is the image's own.
import type { Mount, ProcessConfig } from '../../core/model.ts'
import type { OneOffSpec, ReplicaSpec } from '../../ports/runtime.ts'
import { containerOptions } from './container-options.ts'
import { labelsOf, labelsOfOneOff, networkName } from './labels.ts'

const LOG_MAX_SIZE = '10m'
const LOG_MAX_FILES = '3'
const NANO_CPUS = 1e9
const SECRETS_FOLDER = '/run/secrets'
const ROLE_FOLDER = '/run/astern'
const ROLE_FILE = { ASTERN_ROLE_FILE: `${ROLE_FOLDER}/role` }

/** The body of a create call. Holds opened secrets: never to be logged. */
export function containerSettings(installation: string, replica: ReplicaSpec): object {
  const { config } = replica
  const told = toldItsRole(replica)
  const network = networkName(installation)
  const portsOf = (containerPort: string) =>
    config.ports.filter((port) => `${port.containerPort}/${port.protocol}` === containerPort)
  const containerPorts = [...new Set(config.ports.map((port) => `${port.containerPort}/${port.protocol}`))]
  return {
    Image: replica.configDigest,
    ...(config.command === null ? {} : { Cmd: [...config.command] }),
    Labels: labelsOf(installation, replica),
    ...setting({ ...replica.openEnv(), ...told.env }, config),
    // The proxy and Astern ask the replica themselves; the image's own check would only cost a process every few seconds.
    ...(config.health.kind === 'image' ? {} : { Healthcheck: { Test: ['NONE'] } }),
    ExposedPorts: Object.fromEntries(containerPorts.map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: network,
      ...hostSetting({ ...config, mounts: [...config.mounts, ...told.mounts] }, replica.secretFiles),
      // Never `always`: that would wake stopped and frozen ones when the engine restarts.
      RestartPolicy: { Name: 'unless-stopped' },
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

/** Where the release itself mounts something in that place, that is what it wants. */
function toldItsRole({ config, roleFolder }: ReplicaSpec): {
  env: Readonly<Record<string, string>>
  mounts: readonly Mount[]
} {
  if (roleFolder === null || config.mounts.some(({ target }) => target === ROLE_FOLDER)) return { env: {}, mounts: [] }
  const mount: Mount = { kind: 'bind', source: roleFolder, target: ROLE_FOLDER, readOnly: true, shared: true }
  return { env: ROLE_FILE, mounts: [mount] }
}

/** The body of a create call for a command of its own: as the release has it, but without fixed ports, address and restarts. */
export function oneOffSettings(
  installation: string,
  oneOff: OneOffSpec,
  has: { readonly terminal: boolean; readonly stdin: boolean },
): object {
  const { config } = oneOff
  const network = networkName(installation)
  return {
    Image: oneOff.configDigest,
    Labels: labelsOfOneOff(installation, oneOff),
    ...setting(oneOff.openEnv(), config),
    ...(oneOff.argv === null && config.command !== null ? { Cmd: [...config.command] } : {}),
    // With an entrypoint of its own, the image's command does not count either.
    ...(oneOff.argv === null ? {} : { Entrypoint: [...oneOff.argv] }),
    Healthcheck: { Test: ['NONE'] },
    Tty: has.terminal,
    OpenStdin: has.stdin,
    StdinOnce: has.stdin,
    AttachStdin: has.stdin,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { NetworkMode: network, ...hostSetting(config, oneOff.secretFiles), RestartPolicy: { Name: 'no' } },
    NetworkingConfig: { EndpointsConfig: { [network]: {} } },
  }
}

function setting(env: Readonly<Record<string, string>>, { stop, container }: ProcessConfig): object {
  return {
    ...containerOptions(container).top,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    StopSignal: stop.signal,
    StopTimeout: stopSeconds(stop.timeoutMs),
  }
}

function hostSetting({ memoryBytes, cpus, mounts, container }: ProcessConfig, secretFiles: string | null): object {
  return {
    LogConfig: { Type: 'json-file', Config: { 'max-size': LOG_MAX_SIZE, 'max-file': LOG_MAX_FILES } },
    Init: false,
    ...containerOptions(container).host,
    ...(memoryBytes === null ? {} : { Memory: memoryBytes }),
    ...(cpus === null ? {} : { NanoCpus: Math.round(cpus * NANO_CPUS) }),
    Mounts: [
      ...mounts.map(({ kind, source, target, readOnly }) => ({
        Type: kind,
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
      ...(secretFiles === null ? [] : [{ Type: 'bind', Source: secretFiles, Target: SECRETS_FOLDER, ReadOnly: true }]),
    ],
  }
}

/** The engine counts whole seconds. */
export function stopSeconds(timeoutMs: number): number {
  return Math.ceil(timeoutMs / 1_000)
}
