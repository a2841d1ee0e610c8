// What every command is given: where it was started, how it speaks, and the doors to state and configuration.
import type { Actor } from '../core/model.ts'
import type { Language } from '../i18n/text.ts'
import type { Translate } from '../i18n/messages.ts'
import type { App } from '../operations/app.ts'
import type { Vcs } from '../ports/vcs.ts'
import type { Attached } from './attach.ts'

export type Context = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly language: Language
  readonly t: Translate
  readonly json: boolean
  /** True where progress may be drawn over and colours are wanted. */
  readonly terminal: boolean
  readonly colour: boolean
  /** How wide the terminal is now. */
  readonly columns: () => number
  /** Standard output: what was asked for. */
  readonly print: (line: string) => void
  /** Standard output without a line's end, for a line that grows. */
  readonly write: (text: string) => void
  /** Standard error: what is said beside it. */
  readonly say: (line: string) => void
  /** Asks at the terminal, where silence is a no; `null` where nobody can be asked. */
  readonly confirm: (question: string) => Promise<boolean | null>
  /** True where a person can be asked. */
  readonly canAsk: boolean
  /** Asks at the terminal for a line; nothing typed is `otherwise`. `null`: nobody can be asked, or whoever could has left. */
  readonly ask: (question: string, otherwise: string) => Promise<string | null>
  /** Calls back at the first Ctrl-C or SIGTERM; the second one ends the process. Returns how to stop. */
  readonly onInterrupt: (callback: () => void) => () => void
  /** Calls back when nobody reads standard output any more, as behind `| head`. An operation goes on all the same. */
  readonly onOutputClosed: (callback: () => void) => void
  /** Hands the streams of this process to a command that runs in a container. */
  readonly attach: () => Promise<Attached>
  readonly actor: Actor
  readonly stateFolder: string
  /** Opens the state once, and makes it where there is none. */
  readonly open: () => Promise<App>
  /** Leaves what is overdue to a process of its own. */
  readonly tendLater: () => Promise<void>
  /** Opens, or makes, a state in another folder. */
  readonly openIn: (folder: string) => Promise<App>
  /** Version control alone, without the state. */
  readonly vcs: () => Promise<Vcs>
  readonly now: () => number
}
