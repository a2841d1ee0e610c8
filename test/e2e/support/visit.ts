// One request, as a user of the service makes it. In a process of its own where the service is in another network.
import { request } from 'node:http'
import { output } from './command.ts'

const WITHIN_MS = 10_000

export type Visit = {
  readonly port: number
  readonly path?: string
  readonly host?: string
  readonly address?: string
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Visited = {
  /** 0: there was no answer. */
  readonly status: number
  /** The release that answered, by the variable MARK in what the probe's /env answers. */
  readonly release: string | null
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export async function visit(asked: Visit, within: readonly string[] = []): Promise<Visited> {
  if (within.length === 0) return ask(asked)
  return JSON.parse(await output([...within, process.execPath, import.meta.filename, JSON.stringify(asked)])) as Visited
}

function ask({ port, path = '/env', host, address = '127.0.0.1', method = 'GET', body, headers }: Visit) {
  const { promise, resolve } = Promise.withResolvers<Visited>()
  const nobody = (error: Error) => resolve({ status: 0, release: null, body: error.message, headers: {} })
  const asked = request({
    host: address,
    port,
    path,
    method,
    timeout: WITHIN_MS,
    agent: false,
    headers: { ...(host === undefined ? {} : { host }), ...headers },
  })
  asked.on('response', (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    answer.on('error', nobody)
    answer.on('end', () => {
      const release = /"MARK":"([^"]*)"/.exec(text)?.[1] ?? null
      resolve({ status: answer.statusCode ?? 0, release, body: text, headers: answer.headers })
    })
  })
  asked.on('timeout', () => asked.destroy(new Error('timeout')))
  asked.on('error', nobody)
  asked.end(body)
  return promise
}

if (import.meta.main) process.stdout.write(JSON.stringify(await ask(JSON.parse(process.argv[2] ?? '{}') as Visit)))
