// This process's own streams, for a command that runs in a container. With a terminal on both sides its keys are passed on as they are typed.
import { on } from 'node:events'
import type { Session, Terminal } from '../ports/session.ts'

export type Attached = Pick<Session, 'stdin' | 'terminal' | 'onOutput'> & {
  /** Gives the terminal back. */
  readonly end: () => void
}

/** `plain`: never as a terminal. */
export function attach({ plain }: { readonly plain: boolean }): Attached {
  const { stdin, stdout, stderr } = process
  const terminal = !plain && stdin.isTTY && stdout.isTTY ? terminalOf(stdout) : null
  if (terminal !== null) stdin.setRawMode(true)
  return {
    // At a terminal that is not handed over, nobody is expected to type.
    stdin: terminal === null && stdin.isTTY ? null : stdin,
    terminal,
    onOutput: ({ stream, bytes }) =>
      new Promise((resolve) => {
        const target = stream === 'stdout' ? stdout : stderr
        target.write(bytes, () => resolve())
      }),
    end: () => {
      if (terminal !== null) stdin.setRawMode(false)
      stdin.pause()
    },
  }
}

function terminalOf(stdout: NodeJS.WriteStream): Terminal {
  const size = () => ({ columns: stdout.columns, rows: stdout.rows })
  async function* resizes() {
    for await (const _ of on(stdout, 'resize')) yield size()
  }
  return { size: size(), resizes: resizes() }
}
