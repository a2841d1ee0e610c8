// Where people look at source and agree on changes: GitHub, GitLab.
import type { CodeHostKind, WebRepository } from '../core/git-links.ts'
import type { TokenSource } from '../core/source.ts'

export type CodeHostAsked = {
  readonly kind: CodeHostKind
  readonly repository: WebRepository
  /** Of the API, without a slash at its end; `null`: the usual one of the kind. */
  readonly api: string | null
  /** `null`: the usual variable of the kind. */
  readonly token: TokenSource | null
}

export type RequestWanted = {
  /** It was pushed. */
  readonly branch: string
  readonly base: string
  readonly title: string
  /** Markdown. */
  readonly text: string
}

export type RequestOpened = { readonly url: string; readonly outcome: 'opened' | 'open_already' }

export type CodeHosts = {
  /** Without a word to the host. Error: CODE_HOST_TOKEN. */
  connect(asked: CodeHostAsked): {
    readonly api: string
    /**
     * Opens a pull or merge request, unless the branch has one that is open. Nothing that is told holds the token.
     * Errors: CODE_HOST_DENIED, CODE_HOST_REFUSED, CODE_HOST_UNREACHABLE.
     */
    open(wanted: RequestWanted, signal?: AbortSignal): Promise<RequestOpened>
  }
}
