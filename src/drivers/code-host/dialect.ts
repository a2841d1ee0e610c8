// How code hosts differ.
import type { RequestWanted } from '../../ports/code-host.ts'

/** What a host wants to be asked, and how it answers. */
export type Dialect = {
  /** The variable that holds a token by custom. */
  readonly variable: string
  api(origin: string): string
  headers(token: string): Readonly<Record<string, string>>
  /** Below the API's address: the requests of a repository. */
  requests(path: string): string
  /** The query that finds the open ones of a branch. */
  openOnes(path: string, wanted: RequestWanted): Readonly<Record<string, string>>
  body(wanted: RequestWanted): Readonly<Record<string, unknown>>
  /** The address of a request's page, in an answer. */
  readonly page: string
}
