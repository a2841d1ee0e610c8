// The one vocabulary: what a release, a replica, a step and a plan are. Pure types, no behaviour.
// Lengths of time are milliseconds and end in `Ms`; sizes are bytes and end in `Bytes`; points in time are
// milliseconds since the Unix epoch and end in `At`.
import type { FreezeWindow } from './freeze.ts'
import type { DatabaseDefinition, Migration } from './migration.ts'
import type { RetentionPolicy } from './retention-policy.ts'
import type { BuildDefinition } from './build.ts'
import type { CodeHost, VersionPolicy } from './source.ts'
import type { Check } from './checks.ts'
import type { TrialPolicy } from './trial.ts'

/** A service in an environment. Releases are numbered, leases are held and traffic is shared per scope. */
export type Scope = { readonly service: string; readonly environment: string }

/** `gin-shop.prod`: the name of a scope in proxies, file names and error messages. Services and environments hold no dot. */
export function scopeName(scope: Scope): string {
  return `${scope.service}.${scope.environment}`
}

/** How ready a standby is. From fastest to slowest: running, paused, stopped container, image only. */
export type Rung = 'warm' | 'frozen' | 'cold' | 'retired'

/** What is wanted of a container. */
export type Level = 'running' | 'frozen' | 'stopped' | 'absent'

export type Strategy = 'start_first' | 'stop_first'

export type HealthTiming = {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly rise: number
  readonly fall: number
  readonly startPeriodMs: number
}
/** `image` is the image's own HEALTHCHECK as the engine runs it; `running`: nobody can be asked, so it is enough that it keeps running. */
export type Health = HealthTiming &
  ({ readonly kind: 'http'; readonly path: string } | { readonly kind: 'tcp' | 'image' | 'running' })

export type Mount = {
  readonly kind: 'volume' | 'bind'
  /** A volume's name (unique on the host as given) or an absolute path on the host. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** True when several releases may write to it at once. */
  readonly shared: boolean
}

/** A fixed port on the host. Two containers cannot hold it at once. */
export type PublishedPort = {
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
}

export type OnRollback = 'restore' | 'keep_current'

/** Where the value of a secret comes from. Paths are absolute; `exec` runs without a shell in `cwd`. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[]; readonly cwd: string }
  | { readonly kind: 'env_file'; readonly path: string }
  /** A text of a compose file whose variables are filled in when it is read: from the environment, else from the `.env` at `path`. */
  | { readonly kind: 'template'; readonly text: string; readonly variables: readonly string[]; readonly path: string }

/** What is said of a secret that its container finds as /run/secrets/NAME. Not said: it is an environment variable, as in every older release. */
export type SecretDelivery = { readonly as?: 'file' }

/** What a definition says of a secret: where its value is to be read. `at` is file, line and column of who says so. */
export type SecretReference = SecretDelivery & {
  readonly name: string
  readonly source: SecretSource
  readonly onRollback: OnRollback
  readonly at?: string
}

/** What a release says of a secret: which value it had, never the value. `version` is a keyed HMAC of the value. */
export type SecretVersion = SecretDelivery & {
  readonly name: string
  readonly version: string
  readonly onRollback: OnRollback
}

export type StopPolicy = { readonly signal: string; readonly timeoutMs: number; readonly drainMs: number }

/** How many standbys are kept on each rung, and how long they stay there. */
export type StandbyPolicy = {
  readonly warm: number
  readonly warmForMs: number
  readonly frozen: number
  readonly frozenForMs: number
  readonly cold: number
}

/** Further settings of a container, in the words of compose files. Each is there only where it was said: a release without any keeps its identity. */
export type ContainerOptions = {
  readonly entrypoint?: readonly string[]
  readonly user?: string
  readonly workingDir?: string
  readonly init?: boolean
  readonly readOnly?: boolean
  /** `/run` or `/run:size=64m` */
  readonly tmpfs?: readonly string[]
  readonly shmBytes?: number
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly securityOpt?: readonly string[]
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  /** `name:address`, where the address may be `host-gateway`. */
  readonly extraHosts?: readonly string[]
  /** Networks that are not Astern's, by name. They exist before a replica starts. */
  readonly networks?: readonly string[]
  /** Those that hold what it depends on: joined if they are there when a replica starts. */
  readonly dependencyNetworks?: readonly string[]
  /** The old release is stopped before the new one starts, because somebody said so. */
  readonly stopFirst?: true
}

/** What decides how the containers of a release behave, without image and secrets. */
export type ProcessConfig = {
  /** Where it listens in its container; `null`: it takes no requests. */
  readonly port: number | null
  /** `null`: the image's own command. */
  readonly command: readonly string[] | null
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly ports: readonly PublishedPort[]
  readonly memoryBytes: number | null
  readonly cpus: number | null
  readonly stop: StopPolicy
  readonly container?: ContainerOptions
}

/** When a process that does not run all the time is started, and how long it may take. */
export type Schedule = { readonly cron: string; readonly timeZone: string; readonly timeoutMs: number }

/** A process beside `web`. It takes no requests: a worker runs all the time, a schedule from time to time. */
type BesideWeb = ProcessConfig & {
  readonly name: string
  /** How one release hands over to the next; `null`: start-first wherever two releases may run at once. */
  readonly handover: Strategy | null
  /** `null`: it runs all the time. */
  readonly schedule: Schedule | null
}

/** As a configuration file has it. */
export type ProcessDefinition = BesideWeb & { readonly replicas: number; readonly standby: StandbyPolicy }

/** As a release keeps it. */
export type ReleaseProcess = BesideWeb & { readonly health: Health }

/** A service of a compose project that compose runs. */
export type Dependency = { readonly project: string; readonly service: string }

/** `before_deploy`: before anything moves · `release`: once a deploy, before the new release is woken · `after_…`: when it is done. */
export type HookName = 'before_deploy' | 'release' | 'after_deploy' | 'after_rollback'

/** Where the value of a header comes from, when it is sent. */
export type HeaderSource =
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string }

/** `run`: in a container of the release. `host`: a program on this host, without a shell, in the folder of the configuration file. */
export type HookAction =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  | { readonly kind: 'host'; readonly argv: readonly string[]; readonly cwd: string }
  | { readonly kind: 'webhook'; readonly url: string; readonly headers: Readonly<Record<string, HeaderSource>> }

/** What is done beside a deploy or rollback. Not part of a release: what the configuration says now counts. */
export type Hook = {
  readonly name: HookName
  /** Counts from 1 among those of its name. */
  readonly place: number
  readonly action: HookAction
  readonly timeoutMs: number
  /** The operation fails with it; otherwise its failure is a warning. */
  readonly required: boolean
}

/** One service in one environment as its configuration file has it: validated, defaults filled in, no secret values. */
export type Definition = Scope & {
  /** Absolute path of the file it came from. */
  readonly configPath: string
  /** Repository without tag, e.g. `registry.example.com/shop/gin-shop`. */
  readonly image: string
  /** No registry stands between where it is built and where it runs: `astern push` carries it, and a deploy asks none. */
  readonly registry?: 'none'
  /** The tag in the compose file, if one was named there. */
  readonly composeTag: string | null
  /** No part of a release. States of older versions lack it. */
  readonly build?: BuildDefinition
  /** Address and port where users connect, e.g. `127.0.0.1:18080`; empty for a service without a `web` process. */
  readonly listen: string
  /** Host names that are routed here; empty: everything that reaches `listen`. */
  readonly hosts: readonly string[]
  /** `null`: the image's HEALTHCHECK if it has one, else a TCP connect. */
  readonly health: Health | null
  readonly replicas: number
  /** The process `web`; without one, its port is `null` and the rest is what the other processes have in common. */
  readonly process: ProcessConfig
  readonly processes: readonly ProcessDefinition[]
  readonly secrets: readonly SecretReference[]
  readonly standby: StandbyPolicy
  /** Sets of services that it belongs to, by name, and its place in each: 0 is deployed first. */
  readonly sets: Readonly<Record<string, number>>
  /** When deploys are refused. Part of the environment, not of a release. */
  readonly freeze: readonly FreezeWindow[]
  /** What should run before it does. No part of a release. */
  readonly dependencies?: readonly Dependency[]
  readonly hooks: readonly Hook[]
  readonly trial: TrialPolicy
  readonly database?: DatabaseDefinition
  readonly retention: RetentionPolicy
  /** How its versions are counted. No part of a release. */
  readonly version?: VersionPolicy
  /** Where its source is looked at, and requests are opened. */
  readonly git?: CodeHost
  /** What `astern verify` does with an image here, in the order of the file. No part of a release. */
  readonly checks?: readonly Check[]
  /** Environments in which an image has to have passed before it may be deployed here. */
  readonly requires?: readonly string[]
}

/** The snapshot that a release is made of: the process `web`, and those beside it. Immutable. */
export type ReleaseConfig = ProcessConfig & {
  readonly health: Health
  readonly processes: readonly ReleaseProcess[]
  readonly secrets: readonly SecretVersion[]
  /** Only of a service that says what its database is. */
  readonly migration?: Migration
}

/**
 * What is known of an image. `configDigest` (`sha256:…`) is the image ID, which never changes by a push;
 * `digest` is the registry's manifest digest when known, else the image ID.
 */
export type ImageFacts = {
  readonly reference: string
  readonly digest: string
  readonly configDigest: string
  readonly hasHealthcheck: boolean
  /** OCI labels that Astern reads: version and revision; `null` when the image has none. */
  readonly version: string | null
  readonly revision: string | null
  /** Those of its labels that begin with `astern.migration.`, without that. */
  readonly migration?: Readonly<Record<string, string>>
}

export type ReleaseState = 'candidate' | 'active' | 'standby' | 'retired' | 'failed'

export type Release = Scope & {
  readonly number: number
  readonly version: string | null
  /** Image reference with tag, as deployed. */
  readonly image: string
  readonly digest: string
  readonly configDigest: string
  /** Hash of all that decides how the release behaves. */
  readonly identity: string
  readonly config: ReleaseConfig
  readonly gitRevision: string | null
  readonly createdAt: number
  readonly state: ReleaseState
  /** It has survived its bake; without one, its deploy succeeded. */
  readonly stable: boolean
  /** It served, and its time as active ended otherwise than by a rollback from it. */
  readonly rolledBack: boolean
  readonly pinned: boolean
  /** Why it was pinned; `null`: nobody said. */
  readonly pinName: string | null
  /** When retention deleted the last copy of its image; `null`: it did not. */
  readonly prunedAt: number | null
  /** When it last began to serve; `null`: never. */
  readonly activeAt: number | null
  /** The kind of operation that last made it serve. */
  readonly activeBy: OperationKind | null
  /** When it last stopped serving; `null`: never, or it serves now. */
  readonly standbySince: number | null
}

/** `r42` */
export function releaseName(number: number): string {
  return `r${number}`
}

/** A container of a release as Astern has it in its state. `name` is `r41-1`, never used twice within a scope. */
export type Replica = Scope & {
  readonly name: string
  readonly release: number
  readonly process: string
  /** Fixed IPv4 address on the installation's own network. */
  readonly address: string
  readonly level: Level
  /** Hash of the `keep_current` secrets that the container was created with; another one makes it stale. */
  readonly secretsHash: string
}

/** A reference to a release in machine-readable answers. */
export type ReleaseRef = {
  readonly release: string
  readonly version: string | null
  readonly image: string
  readonly digest: string
}

/** Who asks, and from where. `automated` actors are CI and the autopilot. */
export type Actor = { readonly name: string; readonly automated: boolean }

/** `exec`, `run`, `schedule` and what is done to images hold no lease: they go on beside every other operation. */
export type OperationKind =
  | 'deploy'
  | 'rollback'
  | 'ladder'
  | 'remove'
  | 'bisect'
  | 'scale'
  | 'hold'
  | 'resume'
  | 'promote'
  | 'abort'
  | 'exec'
  | 'run'
  | 'schedule'
  | 'build'
  | 'push'
  | 'verify'
  | 'prune'
  | 'pin'
  | 'revert'

export type Outcome = 'succeeded' | 'rolled_back' | 'failed' | 'refused' | 'noop' | 'busy'

/**
 * One thing that must become true. Every step but a hook and a revert is an *ensure*: running it twice is running it once.
 * `replicas` are replica names of `release`, all of one process: `web` unless `process` says another.
 */
export type Step =
  | { readonly kind: 'pull'; readonly release: number; readonly image: string }
  | ({ readonly kind: 'create' } & OfReplicas)
  | ({ readonly kind: 'wake' } & OfReplicas)
  | ({ readonly kind: 'health' } & OfReplicas)
  | {
      readonly kind: 'shift_traffic'
      readonly release: number | null
      readonly ramp?: Ramp
      readonly holdback?: Holdback
    }
  /** A share of the requests for some time: how long, and what counts as enough, stands in the policy of its trial. */
  | {
      readonly kind: 'canary'
      readonly release: number
      readonly against: number
      /** Counts from 0. */
      readonly place: number
      /** Of 10,000 requests. */
      readonly share: number
    }
  | { readonly kind: 'prove'; readonly release: number }
  | { readonly kind: 'drain'; readonly release: number; readonly replicas: readonly string[] }
  | ({ readonly kind: 'demote'; readonly level: Level } & OfReplicas)
  /** No ensure: it carries a token, by which is known whether it was done. Its hook stands in the definition. */
  | { readonly kind: 'hook'; readonly release: number; readonly hook: HookName; readonly place: number }
  /** The schema, as it is after its migrations, is one that the release can live with. `forced`: or one that somebody took upon himself. */
  | { readonly kind: 'schema'; readonly release: number; readonly forced?: true }
  /** No ensure either, but the schema itself tells whether it was done. `release`: in whose image it runs. */
  | { readonly kind: 'database_revert'; readonly release: number; readonly from: number; readonly to: number }

/** While the new release can still be judged, the former one keeps its weights and this share (of 10,000 requests). */
export type Holdback = { readonly release: number; readonly share: number }

/** Traffic moves step by step from a release, over a length of time. */
export type Ramp = { readonly from: number; readonly ms: number }

type OfReplicas = { readonly release: number; readonly replicas: readonly string[]; readonly process?: string }

export type StepKind = Step['kind']
export type StepStatus = 'started' | 'in_progress' | 'succeeded' | 'failed' | 'skipped'
