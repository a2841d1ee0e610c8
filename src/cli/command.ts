// A command is data: what it is for, what it takes, how it looks in use. Help and completion are made from it; its handler is loaded when it runs.
import type { Text } from '../i18n/text.ts'
import type { Context } from './context.ts'

/** What a shell offers in a place; `target` is a release that a rollback may go to. */
export type Completes =
  | 'release'
  | 'target'
  | 'service'
  | 'environment'
  | 'transaction'
  | 'process'
  | 'shell'
  | 'docker_plugin'
  | 'language'
  | 'force_deploy'
  | 'force_rollback'
  | 'file'

export type OptionSpec = {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What stands for the value in help: `DURATION`. */
  readonly value?: string
  readonly complete?: Completes
  readonly summary: Text
}

export type Arguments = {
  /** The command's own name, for errors that point to its help. */
  readonly command: string
  readonly positionals: readonly string[]
  /** Those of them that stand behind `--`; `null`: there is no `--`. */
  readonly rest: readonly string[] | null
  /** The text of an option, or `null` when it was not given. */
  text(name: string): string | null
  flag(name: string): boolean
}

export type CommandSpec = {
  readonly name: string
  readonly summary: Text
  readonly positionals: readonly {
    readonly name: string
    readonly required: boolean
    /** It takes the rest of the line. */
    readonly many?: true
    readonly complete?: readonly Completes[]
  }[]
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly string[]
  readonly load: () => Promise<{ readonly run: (context: Context, args: Arguments) => Promise<number> }>
}
