// What differs between two releases. Values of secrets are not known here and so cannot be shown.
import { canonical } from './identity.ts'
import { containerLines } from './container-options.ts'
import type { Migration } from './migration.ts'
import type { ContainerOptions, Release, ReleaseProcess } from './model.ts'

export type ChangeKind =
  | 'image'
  | 'env'
  | 'command'
  | 'port'
  | 'published_port'
  | 'mount'
  | 'limit'
  | 'health'
  | 'stop'
  | 'container'
  | 'secret'
  | 'process'
  | 'schema'

/** `before` and `after` are `null` where there is nothing; for secrets they are versions, and `stays` says that a rollback leaves it alone. */
export type Change = {
  readonly kind: ChangeKind
  readonly name: string
  readonly before: string | null
  readonly after: string | null
  readonly stays: boolean
}

/** In the order a reader wants them: image, env, secrets, then the rest. */
export function diffReleases(before: Release, after: Release, keptSecrets: ReadonlySet<string> = new Set()): Change[] {
  const change = (kind: ChangeKind, name: string, a: unknown, b: unknown, stays = false): Change[] =>
    canonical(a ?? null) === canonical(b ?? null) ? [] : [{ kind, name, before: show(a), after: show(b), stays }]
  const a = before.config
  const b = after.config
  const image =
    before.configDigest === after.configDigest
      ? []
      : [{ kind: 'image' as const, name: 'image', before: label(before), after: label(after), stays: false }]
  return [
    ...image,
    ...keysOf(a.env, b.env).flatMap((name) => change('env', name, a.env[name], b.env[name])),
    ...secretChanges(before, after, keptSecrets),
    ...change('command', 'command', a.command, b.command),
    ...change('port', 'port', a.port, b.port),
    ...change('published_port', 'ports', a.ports, b.ports),
    ...change('mount', 'volumes', a.mounts, b.mounts),
    ...change('limit', 'memory', a.memoryBytes, b.memoryBytes),
    ...change('limit', 'cpus', a.cpus, b.cpus),
    ...change('health', 'health', a.health, b.health),
    ...change('stop', 'stop', a.stop, b.stop),
    ...containerChanges(a.container, b.container, change),
    ...processChanges(a.processes, b.processes),
    ...change('schema', 'database', schemaLine(a.migration), schemaLine(b.migration)),
  ]
}

/** `goose 7 (3–8, contract)` */
export function schemaLine(migration: Migration | undefined): string | null {
  if (migration === undefined) return null
  const { tool, version, from, to, phase } = migration
  const range = from === null && to === null ? [] : [`${from ?? ''}–${to ?? ''}`]
  return `${tool} ${version ?? '?'} (${[...range, phase].join(', ')})`
}

/** `worker`: it came or went; `worker.command`: what differs in it. */
function processChanges(a: readonly ReleaseProcess[], b: readonly ReleaseProcess[]): Change[] {
  const names = [...new Set([...a, ...b].map(({ name }) => name))].sort()
  return names.flatMap((name): Change[] => {
    const before = a.find((one) => one.name === name)
    const after = b.find((one) => one.name === name)
    if (before === undefined || after === undefined) {
      const label = (process: ReleaseProcess | undefined) =>
        process === undefined ? null : show(process.command ?? name)
      return [{ kind: 'process', name, before: label(before), after: label(after), stays: false }]
    }
    const settings = Object.keys(before) as (keyof ReleaseProcess)[]
    return settings
      .filter((setting) => canonical(before[setting]) !== canonical(after[setting]))
      .map((setting) => ({
        kind: 'process' as const,
        name: `${name}.${PROCESS_WORDS[setting] ?? setting}`,
        before: show(before[setting]),
        after: show(after[setting]),
        stays: false,
      }))
  })
}

/** Settings that astern.yaml calls otherwise. */
const PROCESS_WORDS: Partial<Record<keyof ReleaseProcess, string>> = { mounts: 'volumes', memoryBytes: 'memory' }

function containerChanges(
  a: ContainerOptions | undefined,
  b: ContainerOptions | undefined,
  change: (kind: ChangeKind, name: string, a: unknown, b: unknown) => Change[],
): Change[] {
  const [before, after] = [containerLines(a), containerLines(b)]
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].flatMap((name) => change('container', name, before.get(name), after.get(name)))
}

function secretChanges(before: Release, after: Release, kept: ReadonlySet<string>): Change[] {
  const versions = (release: Release) =>
    Object.fromEntries(
      release.config.secrets.map(({ name, version, as }) => [name, as === 'file' ? `${version} as a file` : version]),
    )
  const a = versions(before)
  const b = versions(after)
  return keysOf(a, b)
    .filter((name) => a[name] !== b[name])
    .map((name) => ({
      kind: 'secret',
      name,
      before: a[name] ?? null,
      after: b[name] ?? null,
      stays: kept.has(name) && name in a && name in b,
    }))
}

function keysOf(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
}

function label(release: Release): string {
  return release.version ?? release.image
}

function show(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : canonical(value)
}
