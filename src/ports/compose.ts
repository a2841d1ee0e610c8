// Compose projects around an image, for as long as it is checked.
import type { Output } from './session.ts'

export type ProjectWanted = {
  /** As compose knows it: lower-case letters, digits, dashes. */
  readonly name: string
  /** Absolute path of the compose file. */
  readonly file: string
  /** The image ID that takes the place of the image of a service. */
  readonly image: string
  /** Which service that is: the one of this name, if any, else the one that fits (core/checks.ts). */
  readonly replaces: { readonly named: string | null; readonly service: string; readonly repository: string }
  /** Where the image listens, which is published on a free port of this host; `null`: nowhere. */
  readonly port: number | null
  /** Of every container. */
  readonly labels: Readonly<Record<string, string>>
  /** Where what is replaced is written down for compose, in a folder that exists. */
  readonly overrideFile: string
}

/** A port of a container that this host publishes. */
export type ProjectPort = {
  readonly service: string
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: string
}

export type ProjectUp = {
  /** The service that the image is checked as. */
  readonly main: string
  readonly ports: readonly ProjectPort[]
}

export type ProjectSession = {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly onOutput: (output: Output) => void
}

export interface Compose {
  /** Says why there is no compose here; `null`: there is. */
  missing(): Promise<string | null>
  /**
   * Resolves when every service runs and is healthy. Whatever happens, some of it may be there afterwards: take it down. When the signal aborts its
   * reason is thrown. Error: COMPOSE_FAILED.
   */
  up(project: ProjectWanted, session: ProjectSession): Promise<ProjectUp>
  /** The last lines of every container of a project, with the service that wrote each. Without a project there are none. */
  logs(name: string, session: ProjectSession): Promise<void>
  /**
   * Removes containers, networks, volumes and images that were made for a project of this name, and nothing that it shares with others. What is absent
   * stays absent. Error: COMPOSE_FAILED.
   */
  down(name: string): Promise<void>
}
