// A command that runs in a container while somebody watches: what it is given, and how it ended.

export type TerminalSize = { readonly columns: number; readonly rows: number }

/** A terminal on the other side. `resizes` says each new size; it may go on for ever. */
export type Terminal = { readonly size: TerminalSize; readonly resizes: AsyncIterable<TerminalSize> }

/** With a terminal everything is `stdout`. */
export type Output = { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }

export type Session = {
  /** Waited for, so that a slow reader slows the command down. */
  readonly onOutput: (output: Output) => void | Promise<void>
  /** `null`: it has no standard input. May go on for ever; nobody reads it after the command's end. */
  readonly stdin: AsyncIterable<Uint8Array> | null
  readonly terminal: Terminal | null
  readonly signal?: AbortSignal
}

export type CommandEnd = { readonly exitCode: number; readonly oomKilled: boolean; readonly timedOut: boolean }
