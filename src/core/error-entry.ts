// What an error of the catalogue says.

/** 1 internal · 2 usage or configuration · 3 refused · 4 deploy failed, the previous release serves · 5 rollback failed · 6 nothing to do · 7 busy */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 7

export type Entry = {
  readonly exit: ExitCode
  /** For the API to come. */
  readonly http: number
  readonly retryable: boolean
  /** What and why, and what is true now. `{name}` is replaced by a detail. */
  readonly message: string
  /** What to do. */
  readonly hint: string
}
