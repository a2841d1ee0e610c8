// What is asked of version control.

export type Vcs = {
  /**
   * Whether `of` was built on `revision`, by the history of the repository that `folder` is in. `false` too when they are one and the same.
   * `null`: that cannot be said, since there is no repository, it does not know one of them, or nobody is there to ask.
   */
  isAncestor(revision: string, of: string, folder: string): Promise<boolean | null>
}
