// HAProxy's admin socket: one connection that is kept open, commands in, answers out.
// Invariants: one line of commands is on its way at a time (R1); an answer is read to its end, and one that cannot be read closes the connection,
// so that no answer is ever taken for another one's (R2); an idle connection does not keep the program alive (R3).
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { fail, reasonOf } from '../../core/errors.ts'
import { answerBytes, answerTimeoutMs } from './limits.ts'
import { NotUnderstood, excerpt } from './running.ts'

/** The connection ended before the answer was complete: nobody knows what was done. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

export interface RuntimeApi {
  /** True while a connection is open, so that what was learned over it still concerns the same process. */
  readonly connected: boolean
  /** One answer per command. Errors: PROXY_DOWN (no connection), ConnectionLost, NotUnderstood. */
  ask(commands: readonly string[]): Promise<string[]>
  close(): void
}

type Waiting = {
  readonly count: number
  readonly resolve: (answers: string[]) => void
  readonly reject: (error: Error) => void
}

export function createRuntimeApi(path: string): RuntimeApi {
  let socket: Socket | null = null
  let ready = false
  let received = ''
  let waiting: Waiting | null = null
  let last: Promise<unknown> = Promise.resolve()

  function drop(error: Error): void {
    const lost = socket
    socket = null
    ready = false
    received = ''
    const asker = waiting
    waiting = null
    lost?.destroy()
    asker?.reject(error)
  }

  function open(): Socket {
    const opened = connect({ path, timeout: answerTimeoutMs })
    opened.setEncoding('latin1')
    opened.on('connect', () => {
      if (opened === socket) ready = true
    })
    opened.on('data', (chunk: string) => {
      if (opened !== socket) return
      received += chunk
      if (received.length > answerBytes) drop(new NotUnderstood(`an answer of more than ${answerBytes} bytes`))
      else if (waiting === null) drop(new NotUnderstood(`an answer nobody asked for: ${excerpt(received)}`))
      else if (received.endsWith(prompt)) finish(waiting)
    })
    opened.on('timeout', () => {
      if (opened === socket && waiting !== null) {
        drop(new ConnectionLost(`HAProxy did not answer within ${answerTimeoutMs} ms`))
      }
    })
    opened.on('error', (error) => {
      if (opened !== socket) return
      drop(
        ready
          ? new ConnectionLost(reasonOf(error), { cause: error })
          : fail('PROXY_DOWN', { reason: reasonOf(error) }, error),
      )
    })
    opened.on('close', () => {
      if (opened === socket) drop(new ConnectionLost('HAProxy closed the connection'))
    })
    return opened
  }

  function finish(asker: Waiting): void {
    const answers = splitAnswers(received)
    if (answers.length < asker.count) return
    if (answers.length > asker.count) {
      drop(new NotUnderstood(`${answers.length} answers to ${asker.count} commands: ${excerpt(received)}`))
      return
    }
    received = ''
    waiting = null
    socket?.unref()
    asker.resolve(answers)
  }

  function send(commands: readonly string[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const line = `${commands.join(';')}\n`
      if (socket === null) {
        socket = open()
        // the answer to `prompt` is one prompt more
        waiting = { count: commands.length + 1, resolve: (answers) => resolve(answers.slice(1)), reject }
        socket.write(`prompt\n${line}`)
        return
      }
      waiting = { count: commands.length, resolve, reject }
      socket.ref()
      socket.write(line)
    })
  }

  return {
    get connected() {
      return socket !== null && ready
    },
    ask(commands) {
      const answers = last.then(() => send(commands))
      last = answers.catch(() => undefined)
      return answers
    },
    close() {
      drop(new ConnectionLost('the connection was closed here'))
    },
  }
}

const prompt = '\n> '

/**
 * Each answer ends with an empty line; no answer is an empty line alone. HAProxy 3.0 prompts after every command, newer ones after each line;
 * no line of an answer begins like a prompt.
 */
export function splitAnswers(received: string): string[] {
  const text = received.replaceAll(prompt, '\n')
  const answers: string[] = []
  let at = 0
  while (at < text.length) {
    if (text[at] === '\n') {
      answers.push('')
      at += 1
      continue
    }
    const end = text.indexOf('\n\n', at)
    if (end < 0) break
    answers.push(text.slice(at, end))
    at = end + 2
  }
  return answers
}
