// Carries bytes between a command in a container and who watches it.
import type { Duplex, Readable } from 'node:stream'
import type { Session, TerminalSize } from '../../ports/session.ts'
import type { EngineApi } from './engine-api.ts'
import { EngineRefusal } from './engine-api.ts'
import { createFrameReader } from './log-frames.ts'

/** Hands over everything that it writes, until it ends. A terminal's output is raw, everything else comes in frames. */
export async function passOutput(api: EngineApi, stream: Readable, session: Session): Promise<void> {
  const frames = createFrameReader()
  // An upgraded connection is no answer to a request, but is read in the same way.
  for await (const chunk of api.read(stream as Parameters<EngineApi['read']>[0])) {
    if (session.terminal !== null) await session.onOutput({ stream: 'stdout', bytes: chunk })
    else for (const frame of frames(chunk)) await session.onOutput(frame)
  }
}

/** Hands over standard input until it ends. Goes on behind whoever called it: the command may end first, and then nobody reads it. */
export function passInput(connection: Duplex, { stdin }: Session): void {
  connection.on('error', ignoreHungUp)
  if (stdin === null) return
  const pass = async () => {
    for await (const bytes of stdin) {
      if (connection.writableEnded || connection.destroyed) return
      if (!connection.write(bytes)) await drained(connection)
    }
    connection.end()
  }
  pass().catch(ignoreHungUp)
}

/** Tells the engine how large the terminal is, now and each time that changes. */
export function passSizes({ terminal, signal }: Session, resize: (size: TerminalSize) => Promise<unknown>): void {
  if (terminal === null) return
  const pass = async () => {
    await resize(terminal.size)
    for await (const size of terminal.resizes) {
      if (signal?.aborted === true) return
      await resize(size)
    }
  }
  // A command that has ended has no terminal any more.
  pass().catch((error: unknown) => {
    if (!(error instanceof EngineRefusal)) ignoreHungUp()
  })
}

function drained(connection: Duplex): Promise<void> {
  return new Promise((resolve) => {
    connection.once('drain', resolve).once('close', resolve)
  })
}

/** Who reads the output hears of it. */
function ignoreHungUp(): void {}
