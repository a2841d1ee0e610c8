// What is asked of version control.
import type { Commit } from '../core/version/commits.ts'
import type { SeenTag, Tag } from '../core/version/tags.ts'

/** Where work on a repository is done. */
export type Checkout = {
  /** Its top folder. */
  readonly root: string
  /** The folder that was asked about, from there; empty: the same. */
  readonly within: string
  /** The commit that is checked out; `null`: there is none yet. */
  readonly head: string | null
  /** `null`: no branch is checked out. */
  readonly branch: string | null
  /** Its history was not fetched to its beginning. */
  readonly shallow: boolean
}

export type Remote = { readonly name: string; readonly url: string }

export type RevertWanted = {
  readonly remote: string
  /** The branch of the remote that is to get rid of it; `null`: its default branch. */
  readonly base: string | null
  readonly good: string
  readonly bad: string
  /** The branch that it is pushed to. */
  readonly branch: string
  /** Commits with a line that begins like this are left alone. */
  readonly except: string
}

export type Reverted =
  | { readonly outcome: 'pushed' | 'pushed_before'; readonly base: string; readonly head: string }
  /** Later changes touch the same lines of these files. */
  | { readonly outcome: 'conflict'; readonly base: string; readonly files: readonly string[] }
  /** The base has nothing of it, or took it back already. */
  | { readonly outcome: 'nothing'; readonly base: string; readonly why: 'not_in_base' | 'reverted_already' }

/** `root` is that of a `Checkout`. Every call may throw GIT_UNAVAILABLE, and GIT_FAILED with what git says. */
export type Vcs = {
  /**
   * Whether `of` was built on `revision`, by the history of the repository that `folder` is in. `false` too when they are one and the same.
   * `null`: that cannot be said, since there is no repository, it does not know one of them, or nobody is there to ask. Throws nothing.
   */
  isAncestor(revision: string, of: string, folder: string): Promise<boolean | null>
  /**
   * When each of these revisions was committed, in milliseconds since the Unix epoch. Those that the repository does not have are missing; all of
   * them where there is no repository, or nobody to ask. Throws nothing.
   */
  committedAt(revisions: readonly string[], folder: string): Promise<ReadonlyMap<string, number>>
  /** `null`: the folder is in no repository, or is none. */
  checkout(folder: string): Promise<Checkout | null>
  /** Every tag that stands for a commit and begins with `prefix`. */
  tags(root: string, prefix: string): Promise<SeenTag[]>
  /** What is checked out and what it was built on, newest first, in parts as they come. `since`: without this tag and what that was built on. */
  commits(root: string, range: { since: string | null; path: string | null }): AsyncIterable<readonly Commit[]>
  /** Paths from the root that differ from the last commit, and those that it does not know. */
  changes(root: string): Promise<{ readonly changed: readonly string[]; readonly unknown: readonly string[] }>
  /** A file as it was committed last, and as it is; `null`: it is not there. */
  file(root: string, path: string): Promise<{ readonly committed: string | null; readonly now: string | null }>
  /** Writes a file and commits it alone, whatever else differs. When it cannot, the file is as it was. Returns the commit. */
  commitFile(root: string, file: { path: string; text: string; message: string }): Promise<string>
  /** Makes an annotated tag. */
  tag(root: string, tag: Tag & { readonly message: string }): Promise<void>
  /** The one that the branch is pushed to, else `origin`, else the only one. Throws nothing. */
  remote(folder: string): Promise<Remote | null>
  /** As `tags`, at the remote. */
  remoteTags(root: string, remote: string, prefix: string): Promise<Tag[]>
  /** The branch as it is checked out, and a tag: both or neither. Error: PUSH_FAILED. */
  push(root: string, remote: string, refs: { branch: string; tag: string }): Promise<void>
  /**
   * Takes back everything of `bad` that is not in `good`, on the newest state of the base, in a folder of its own that is gone afterwards; pushes
   * that to a branch. One that was pushed before stays as it is. Error: PUSH_FAILED.
   */
  pushRevert(root: string, wanted: RevertWanted): Promise<Reverted>
}
