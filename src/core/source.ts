// What a configuration says of the source that a service is built from. No part of a release.
import type { CodeHostKind } from './git-links.ts'

/** `folder`: only what touches it counts; absolute. `null`: all of the repository does. */
export type VersionPolicy = { readonly folder: string | null; readonly tagPrefix: string }

/** Where a token is, when it is needed. */
export type TokenSource =
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string }

/** `null`: what the remote's address tells, or what is usual. */
export type CodeHost = {
  readonly host: CodeHostKind | null
  /** Without a slash at its end. */
  readonly api: string | null
  readonly token: TokenSource | null
  readonly branch: string | null
}
