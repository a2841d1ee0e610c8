// What `astern init` has seen of a project, and what it makes of that. Pure: a listing and the texts of its files go in.

/** A project's folder, as far as it was read: paths are relative, with `/`, those near the root first. */
export type Seen = {
  /** The name of the folder. */
  readonly folder: string
  readonly paths: readonly string[]
  /** Path → text, of the files that were worth reading. */
  readonly texts: ReadonlyMap<string, string>
}

/** Where something stands: the line counts from 1. */
export type At = { readonly file: string; readonly line: number; readonly text: string }

/** Something that was found in the project; `at` is `null` when it is assumed, since nothing says it. */
export type Found<T> = { readonly value: T; readonly at: At | null }

/** What findings are about. */
export type FindingKind = 'language' | 'framework' | 'main' | 'port' | 'health' | 'database' | 'compose' | 'ci'

export type Finding = { readonly kind: FindingKind } & Found<string>

/** What a user should know before going on; each is a message of its own (`init_note_…`). */
export type NoteCode =
  | 'loopback'
  | 'port_guessed'
  | 'ports_several'
  | 'health_prefix'
  | 'mains_several'
  | 'replace_outside'
  | 'cgo'
  | 'modules_several'
  | 'start_unknown'
  | 'management_port'
  | 'no_git'
  | 'not_all_read'
  | 'compose_unusable'
  | 'dockerfile_port'
  | 'no_check'
export type Note = { readonly code: NoteCode; readonly details: Readonly<Record<string, string | number>> }

export type Language = 'go' | 'node' | 'java' | 'dockerfile'

type Common = {
  readonly name: string
  /** Gin, Express, Spring Boot …; `null`: none that is known. */
  readonly framework: string | null
  readonly port: Found<number>
  /** A path; `null`: none was found, a TCP connect has to do. */
  readonly health: Found<string> | null
  /** The environment variable that names the PostgreSQL database; `null`: it uses none, as far as can be seen. */
  readonly database: Found<string> | null
  /** The environment variable that the port is read from, where nothing stands in for it. */
  readonly portVariable: string | null
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
}

/** A project whose Dockerfile can be written. */
type Written = Common & {
  /** What its container runs. */
  readonly command: readonly string[]
}

export type GoProject = Written & {
  readonly language: 'go'
  /** Of Go, as tags of the image `golang` have it: `1.26`. */
  readonly version: string
  /** Folders with a `package main`; the best guess first. */
  readonly mains: readonly string[]
  /** For -X of the linker: `main.version`. */
  readonly versionVariable: string
  /** Packages that are compiled before its own code: those of other modules that it imports, or else `net/http`. */
  readonly imports: readonly string[]
  readonly hasVendor: boolean
  /** Tags that it is built with. */
  readonly tags: readonly string[]
  /** Modules that are replaced by folders of the project itself: then dependencies cannot be had before the code is there. */
  readonly replacesLocally: boolean
  readonly cgo: boolean
}

export type NodeProject = Written & {
  readonly language: 'node'
  readonly version: string
  readonly manager: 'npm' | 'yarn' | 'pnpm'
  readonly lockfile: string | null
  readonly builds: boolean
}

export type JavaProject = Written & {
  readonly language: 'java'
  readonly version: string
  readonly tool: 'maven' | 'gradle'
  /** Files that say what it depends on. */
  readonly manifests: readonly string[]
  readonly boot: boolean
}

export type DockerfileProject = Common & { readonly language: 'dockerfile' }

export type Project = GoProject | NodeProject | JavaProject | DockerfileProject

/** Health routes that people name so, the best one first: one that asks a database would take every release out together with it. */
export const HEALTH_WORDS = ['healthz', 'health', 'livez', 'live', 'readyz', 'ready', 'ping', 'status'] as const

/** How good a path is as a health route; `null`: it is none. */
export function healthRank(path: string): number | null {
  const rank = HEALTH_WORDS.findIndex((word) => path.split('/').at(-1) === word)
  return rank < 0 ? null : rank
}

/** As services may be called in astern.yaml. */
export function serviceName(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '')
  return plain === '' ? 'app' : plain
}
