// Asks a running `astern serve` over its unix socket, one JSON object a line. Loads nothing heavy: this is the fastest way back.
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Answered } from '../operations/answer.ts'
import { HURRY, type Reply, type RollbackMessage, type Watching, type WireError } from './rollback-request.ts'

export function socketPath(stateFolder: string): string {
  return join(stateFolder, 'serve.sock')
}

/** True when an `astern serve` runs for this state. */
export async function daemonAnswers(stateFolder: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(socketPath(stateFolder))
    .on('connect', () => resolve(true))
    .on('error', () => resolve(false))
  const answer = await promise
  socket.destroy()
  return answer
}

export type DaemonAnswer =
  | { readonly answered: Omit<Answered, 'error'> & { error: WireError | null } }
  | { readonly thrown: WireError }

/** `null`: no daemon runs, or it went away before it answered anything; then nothing has begun. */
export async function askDaemon(
  stateFolder: string,
  message: RollbackMessage,
  watching: Watching,
): Promise<DaemonAnswer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<DaemonAnswer | null>()
  const socket = connect(socketPath(stateFolder))
  let text = ''
  let heard = false
  socket.setEncoding('utf8')
  socket.on('connect', () => socket.write(`${JSON.stringify(message)}\n`))
  watching.hurry.addEventListener('abort', () => socket.write(HURRY))
  socket.on('data', (chunk: string) => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      heard = true
      const reply = JSON.parse(line) as Reply
      if ('head' in reply) watching.onHead(reply.head)
      else if ('event' in reply) watching.onEvent(reply.event)
      else resolve(reply)
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    if (heard) reject(new Error('astern serve went away while the rollback ran; astern status shows what is true now'))
    else resolve(null)
  })
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
