// What HAProxy itself says and is told over its admin socket, past Astern: for tests that change or look at the proxy behind its back.
import { connect } from 'node:net'
import { join } from 'node:path'

const WITHIN_MS = 5_000

/** `socket`: `admin` is the worker's, `master` that of the process above it. */
export function askProxy(stateFolder: string, command: string, socket: 'admin' | 'master' = 'admin'): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const connection = connect(join(stateFolder, 'proxy', 'run', `${socket}.sock`))
  let answer = ''
  connection.setTimeout(WITHIN_MS, () => connection.destroy(new Error(`the proxy does not answer ${command}`)))
  connection.setEncoding('utf8').on('data', (text: string) => (answer += text))
  connection.on('error', reject).on('close', () => resolve(answer.trim()))
  connection.write(`${command}\n`)
  return promise
}
