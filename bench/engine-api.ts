// The Docker engine by its own API, without a client library between: what a benchmark measures is the engine.
import { request } from 'node:http'
import { INSTALLATION } from '../src/drivers/docker/labels.ts'

const LIMIT_MS = 60_000

export type Engine = {
  /** Resolves with the parsed body. Throws for a status from 400 on; 304 is "it is so already". */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
}

export function engineSocket(env: Readonly<Record<string, string | undefined>>): string {
  const host = env['DOCKER_HOST'] || 'unix:///var/run/docker.sock'
  if (!host.startsWith('unix://')) throw new Error(`the benchmark needs the engine's unix socket, not ${host}`)
  return host.slice('unix://'.length)
}

export function createEngine(socketPath: string): Engine {
  return {
    call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const payload = body === undefined ? null : JSON.stringify(body)
      const headers =
        payload === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
      const call = request({ socketPath, method, path, headers, timeout: LIMIT_MS }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          const status = response.statusCode ?? 0
          if (status >= 400) return reject(new Error(`engine: ${method} ${path}: ${status} ${text.trim()}`))
          resolve((text === '' ? null : JSON.parse(text)) as T)
        })
      })
      call.on('timeout', () => call.destroy(new Error(`engine: ${method} ${path}: no answer within ${LIMIT_MS} ms`)))
      call.on('error', reject).end(payload ?? undefined)
      return promise
    },
  }
}

type Named = { readonly Id: string }

/** Takes away the containers and networks of one installation. */
export async function removeLabelled(engine: Engine, installation: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${INSTALLATION}=${installation}`] }))
  const containers = await engine.call<Named[]>('GET', `/containers/json?all=1&filters=${filters}`)
  for (const { Id } of containers) await engine.call('DELETE', `/containers/${Id}?force=1`)
  const networks = await engine.call<Named[]>('GET', `/networks?filters=${filters}`)
  for (const { Id } of networks) await engine.call('DELETE', `/networks/${Id}`)
}
