// Where the containers of a release live. Declarative: a caller says what must be true of a replica.
import type {
  ContainerOptions,
  Dependency,
  Health,
  ImageFacts,
  Level,
  Mount,
  ProcessConfig,
  PublishedPort,
  Scope,
} from '../core/model.ts'
import type { CommandEnd, Session } from './session.ts'

/** All that is needed to bring a replica to any level. */
export type ReplicaSpec = Scope & {
  /** `r41-1` */
  readonly name: string
  readonly release: number
  readonly process: string
  readonly transactionId: string
  readonly address: string
  readonly configDigest: string
  readonly config: ProcessConfig & { readonly health: Health }
  /** A folder of this host that its container sees as /run/secrets; `null`: it has no secrets as files. */
  readonly secretFiles: string | null
  /** A folder of this host with the file that says its release's role; `null`: its container gets none. */
  readonly roleFolder: string | null
  /** The whole environment, opened secrets included. Called only when a container is created. */
  readonly openEnv: () => Readonly<Record<string, string>>
}

/** Names a replica that exists, without what is needed to create it. */
export type ReplicaName = Scope & {
  readonly name: string
  readonly release: number
  readonly stop: ProcessConfig['stop']
}

/** A container of a release that runs one command, once. It is no replica: nobody sends it traffic, and `observe` does not show it. */
export type OneOffSpec = Scope & {
  /** `run-5f8a7b9c`, never used twice within a scope. */
  readonly name: string
  readonly release: number
  readonly process: string
  readonly transactionId: string
  readonly configDigest: string
  /** Its fixed ports do not count. */
  readonly config: ProcessConfig
  /** The program and its arguments, in place of the image's entrypoint and command; `null`: the process's own command. */
  readonly argv: readonly string[] | null
  /** As for a replica. */
  readonly secretFiles: string | null
  readonly openEnv: () => Readonly<Record<string, string>>
}

/** `created`: it has never run. */
export type OneOffSeen = {
  readonly status: 'created' | 'running' | 'ended'
  readonly exitCode: number | null
  readonly oomKilled: boolean
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export type OneOffSession = Session & {
  /** It is stopped then, and killed when it does not stop. `null`: never. */
  readonly timeoutMs: number | null
}

export type ReplicaSeen = Scope & {
  readonly name: string
  readonly release: number
  readonly process: string
  readonly transactionId: string
  readonly level: Exclude<Level, 'absent'>
  readonly address: string | null
  readonly exitCode: number | null
  readonly oomKilled: boolean
  readonly restarts: number
}

export type ReplicaLevel = Pick<ReplicaSeen, 'service' | 'environment' | 'name' | 'level'>

/** What a replica needs and how it fares. `null`: cannot be told. */
export type ReplicaStats = Scope & {
  readonly name: string
  readonly release: number
  readonly process: string
  /** Its program is there, paused or not. False, too, while the engine waits before it starts it again. */
  readonly running: boolean
  /** Of its present or last run. */
  readonly startedAt: number | null
  /** Memory that cannot be given back at once: usage without inactive file pages. */
  readonly workingSetBytes: number | null
  /** `null` too: it has no limit. */
  readonly memoryLimitBytes: number | null
  /** How often the engine has started it again by itself. */
  readonly restarts: number
  /** Of its last end, also when the engine has started it again since. `null` too: none is known. */
  readonly exitCode: number | null
  /** That end was for lack of memory. */
  readonly oomKilled: boolean
  /** How often the kernel has killed something in it for lack of memory, in its present or last run. */
  readonly oomKills: number
}

/** A container that bears Astern's labels of another installation. */
export type ForeignReplica = Scope & { readonly installation: string; readonly running: boolean }

export type LogLine = {
  readonly replica: string
  readonly at: number | null
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}
export type LogOptions = {
  readonly tail: number
  readonly follow: boolean
  readonly sinceAt: number | null
  readonly signal?: AbortSignal
}

/** What a service needs around it that is not Astern's. */
export type Neighbourhood = { readonly networks: readonly string[]; readonly dependencies: readonly Dependency[] }

export type Surroundings = {
  readonly missingNetworks: readonly string[]
  /** Services of compose of which no container runs. */
  readonly stoppedDependencies: readonly string[]
}

/** By number, as this host knows them. */
export type FileOwner = { readonly uid: number; readonly gid: number }

/** A container that somebody else made, as far as another one can be made like it. Its environment may hold secrets: never to be logged. */
export type Stranger = {
  readonly id: string
  readonly name: string
  readonly running: boolean
  /** As it was named when it was made: `gin-shop:v1.0.0`. */
  readonly image: string
  readonly configDigest: string
  /** What it has beside the environment of its image. */
  readonly env: Readonly<Record<string, string>>
  /** `null`: the image's own. */
  readonly command: readonly string[] | null
  readonly mounts: readonly Mount[]
  readonly ports: readonly PublishedPort[]
  readonly memoryBytes: number | null
  readonly cpus: number | null
  readonly container: ContainerOptions
  /** Names of the networks it is on, without those that every engine has. */
  readonly networks: readonly string[]
  /** It has no network of its own, so its place cannot be taken. */
  readonly sharesNetwork: boolean
  /** Made by Astern, of whatever installation. */
  readonly isReplica: boolean
  /** What brings it back when the engine starts: `always`. */
  readonly restart: string
}

export type EngineFacts = {
  readonly version: string
  readonly apiVersion: string
  readonly liveRestore: boolean
  readonly endpoint: string
}

export interface Runtime {
  /** Version and settings of the engine. Errors: ENGINE_UNAVAILABLE, ENGINE_PERMISSION, ENGINE_TOO_OLD. */
  facts(): Promise<EngineFacts>
  /**
   * Finds an image by reference (`repo:tag`, or an image ID `sha256:…`), pulling it when it is not on the host and names a registry
   * and `pull` is true. `null`: it is not on the host and was not to be pulled. `repository` lets an image ID that is gone be found again
   * by `repository@digest`. Errors: IMAGE_NOT_FOUND, REGISTRY_UNREACHABLE.
   */
  image(
    reference: string,
    options: { readonly pull: boolean; readonly signal?: AbortSignal; readonly onProgress?: (text: string) => void },
  ): Promise<ImageFacts | null>
  /** Containers of this installation, of one scope or of all. */
  observe(scope?: Scope): Promise<readonly ReplicaSeen[]>
  /** Only on which level each of them is: one question, however many there are. */
  levels(scope?: Scope): Promise<readonly ReplicaLevel[]>
  /** How the replicas of a scope fare now, running or not, frozen or not. One that goes away meanwhile is left out. */
  stats(scope: Scope, signal?: AbortSignal): Promise<readonly ReplicaStats[]>
  /** Running containers of *other* installations for this scope. */
  foreign(scope: Scope): Promise<readonly ForeignReplica[]>
  /** Makes the replica running: created, started, thawed, whatever is missing. Errors: START_FAILED, PORT_TAKEN, NETWORK_UNKNOWN, ADDRESS_TAKEN, IMAGE_NOT_FOUND. */
  ensureRunning(replica: ReplicaSpec, signal?: AbortSignal): Promise<void>
  /** Creates the container without starting it, so that a later start is short. */
  ensureCreated(replica: ReplicaSpec, signal?: AbortSignal): Promise<void>
  /** Takes an existing replica down to a level: paused, stopped (signal, then kill after the timeout) or removed. What is absent stays absent. */
  ensureDown(replica: ReplicaName, level: Exclude<Level, 'running'>, signal?: AbortSignal): Promise<void>
  /** Resolves when the replica answers as its health says (`rise` times in a row). Errors: HEALTH_FAILED with its last log lines. */
  awaitHealthy(replica: ReplicaSpec, signal?: AbortSignal): Promise<void>
  /** Where on this host the container is that has this name on one of the networks, or the installation's own; `null`: none has, or this host cannot reach it. */
  addressOf(name: string, networks: readonly string[]): Promise<string | null>
  /** What of it is missing now. */
  lookAround(wanted: Neighbourhood): Promise<Surroundings>
  /** A container by name or ID; `null`: there is none. */
  stranger(name: string): Promise<Stranger | null>
  /** Stops it for good (it does not come back with the engine), or starts it again as it was. Never removes it. */
  setStranger(stranger: Stranger, level: 'running' | 'stopped', signal?: AbortSignal): Promise<void>
  /** Who the processes of an image run as on this host; `null`: that cannot be told (a user by name, or an engine that maps users). `user` wins over the image's own. */
  ownerOf(configDigest: string, user?: string): Promise<FileOwner | null>
  logs(replica: ReplicaName, options: LogOptions): AsyncIterable<LogLine>
  /**
   * Runs a command to its end, once for ever: when a container of that name is there already, what it does or did is taken over, and nothing is
   * started again. The container stays, with its result, until it is removed. When the signal aborts it is stopped, and the signal's reason thrown.
   * Errors: START_FAILED, IMAGE_NOT_FOUND.
   */
  runOnce(oneOff: OneOffSpec, session: OneOffSession): Promise<CommandEnd>
  /** Creates the container of a command that nobody watches. It never starts by itself. Errors: START_FAILED, IMAGE_NOT_FOUND. */
  ensureOneOffCreated(oneOff: OneOffSpec): Promise<void>
  /** Starts it; also again, so whoever asks has to know that nobody did before. Error: START_FAILED. */
  startOneOff(oneOff: ReplicaName): Promise<void>
  /** `null`: there is none. */
  seeOneOff(oneOff: Scope & { readonly name: string }): Promise<OneOffSeen | null>
  /** Its stop signal, then a kill after the timeout. What does not run is left as it is. */
  stopOneOff(oneOff: ReplicaName): Promise<void>
  /** The last lines that it wrote. */
  readOneOff(oneOff: Scope & { readonly name: string }, most: number): Promise<readonly string[]>
  /** Removes a container of a command, also one that still runs. What is absent stays absent. */
  removeOneOff(oneOff: Scope & { readonly name: string }): Promise<void>
  /** Runs a command in a replica that runs. When the signal aborts nobody watches it any more. Error: START_FAILED. */
  exec(replica: ReplicaName, argv: readonly string[], session: Session): Promise<CommandEnd>
  /** Creates the installation's network if it is missing. Errors: NETWORK_FULL, ADDRESS_TAKEN. */
  ensureNetwork(): Promise<void>
  /**
   * Removes every container and network of this installation; named volumes stay. Returns how many containers went.
   * A network that containers of others are attached to is left, and reported with their names.
   */
  removeAll(onNetworkLeft?: (network: string, usedBy: readonly string[]) => void): Promise<number>
  close(): void
}
