// A repository with a remote that a suite can work in, by whatever stands behind Vcs.
import type { Vcs } from '../../src/ports/vcs.ts'

export type RepositoryWorld = {
  readonly vcs: Vcs
  readonly root: string
  /** Writes files and commits them, and nothing else. */
  commit(message: string, files?: Readonly<Record<string, string>>): Promise<string>
  /** A tag that is no more than a name. */
  tag(name: string, commit: string): Promise<void>
  /** Writes a file and leaves it at that. */
  write(path: string, text: string): Promise<void>
  detach(): Promise<void>
  readonly remote: {
    readonly name: string
    readonly url: string
    branch(name: string, commit: string): Promise<void>
    /** The commit of a branch there. */
    head(branch: string): Promise<string | null>
    /** Nobody answers there any more. */
    leave(): Promise<void>
  }
}
