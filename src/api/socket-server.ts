// The daemon's unix socket: whoever may use the state may ask here. One request a connection.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { isAsternError, fail, reasonOf } from '../core/errors.ts'
import type { App } from '../operations/app.ts'
import { daemonAnswers, socketPath } from './socket-client.ts'
import { performRollback } from './perform-rollback.ts'
import { type Reply, type RollbackMessage, toWire } from './rollback-request.ts'

/** A request is a few hundred bytes. */
const MAX_REQUEST_BYTES = 64 * 1024

/** `null`: another daemon answers there. */
export async function listenForRequests(app: App, stateFolder: string, afterwards: () => void): Promise<Server | null> {
  if (await daemonAnswers(stateFolder)) return null
  const path = socketPath(stateFolder)
  rmSync(path, { force: true })
  const server = createServer((socket) => receive(app, socket, afterwards))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.on('error', reject).listen(path, resolve)
  await promise
  chmodSync(path, 0o660)
  return server
}

function receive(app: App, socket: Socket, afterwards: () => void): void {
  let text = ''
  socket.setEncoding('utf8').on('error', () => {}) // the asker went away; the rollback goes on
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MAX_REQUEST_BYTES) socket.destroy()
    const end = text.indexOf('\n')
    if (end < 0) return
    const hurry = new AbortController()
    socket.removeAllListeners('data').on('data', () => hurry.abort())
    void answer(app, socket, text.slice(0, end), hurry.signal).then(afterwards)
  })
}

async function answer(app: App, socket: Socket, line: string, hurry: AbortSignal): Promise<void> {
  const send = (reply: Reply) => {
    if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`)
  }
  try {
    const message = JSON.parse(line) as RollbackMessage
    const answered = await performRollback(app, message, {
      onHead: (head) => send({ head }),
      onEvent: (event) => send({ event }),
      hurry,
    })
    send({ answered: { ...answered, error: answered.error === null ? null : toWire(answered.error) } })
  } catch (error) {
    send({ thrown: toWire(isAsternError(error) ? error : fail('INTERNAL', { reason: reasonOf(error) }, error)) })
  }
  socket.end()
}
