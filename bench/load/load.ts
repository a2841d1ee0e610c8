// Users of the service, as long as they are let run.
import type { Traffic } from './answers.ts'

export type LoadName = 'constant' | 'saturating'

export type Load = {
  readonly name: LoadName
  /** Ends it, and says what the users saw. Throws when it had ended before, or saw nothing. */
  stop(): Promise<Traffic>
}

export type LoadOptions = {
  readonly name: string
  /** Where the service answers, e.g. `http://127.0.0.1:18080`. */
  readonly url: string
  /** What the program is started through, such as `nsenter` into another network. */
  readonly through: readonly string[]
}
