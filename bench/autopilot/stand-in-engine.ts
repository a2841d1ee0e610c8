// An engine for more replicas than a machine holds: it says of each that it runs, and lets the real engine answer everything else. What is measured
// is whoever asks; how long an engine takes is not.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { readLabels } from '../../src/drivers/docker/labels.ts'
import type { BenchContext } from '../bench.ts'

export type Labels = Readonly<Record<string, string>>

/** A container that is there in name only; `like`, a real one, lends it all but its labels. */
export type StandIn = { readonly id: string; readonly labels: Labels }

type Inspected = { readonly Id: string; readonly Config: object }

/** Listens at `socketPath`. Returns how often it was asked for its own. */
export async function startStandInEngine(
  { cleanup }: BenchContext,
  socketPath: string,
  realSocket: string,
  like: Inspected,
  containers: readonly StandIn[],
): Promise<{ asked(): number }> {
  const byId = new Map(containers.map((container) => [container.id, container]))
  const byScope = Map.groupBy(containers, ({ labels }) => scopeOf(labels))
  let asked = 0

  function answer(call: IncomingMessage, response: ServerResponse): void {
    const url = new URL(call.url ?? '/', 'http://engine')
    const [, id, what] = /\/containers\/([^/]+)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    const one = byId.get(id ?? '')
    if (call.method === 'GET' && id === 'json') return send(response, listed(url))
    if (one !== undefined && what === 'json') {
      return send(response, { ...like, Config: { ...like.Config, Labels: one.labels } })
    }
    forward(call, response, one === undefined ? call.url! : call.url!.replace(one.id, like.Id))
  }

  function listed(url: URL): object[] {
    const { label = [] } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label?: string[] | object }
    const wanted = (Array.isArray(label) ? label : Object.keys(label)) as string[]
    const pairs = Object.fromEntries(wanted.filter((text) => text.includes('=')).map((text) => text.split('=')))
    const found = byScope.get(scopeOf(pairs)) ?? containers
    return found
      .filter(({ labels }) => Object.entries(pairs).every(([key, value]) => labels[key] === value))
      .map(({ id, labels }) => ({ Id: id, Labels: labels, State: 'running' }))
  }

  function send(response: ServerResponse, body: unknown): void {
    asked++
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  }

  function forward(call: IncomingMessage, response: ServerResponse, path: string): void {
    const { method, headers } = call
    const onward = request({ socketPath: realSocket, method, path, headers }, (real) => {
      response.writeHead(real.statusCode ?? 500, real.headers)
      real.pipe(response)
    })
    onward.on('error', (error) => response.destroy(error))
    call.pipe(onward)
  }

  const server = createServer(answer)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(socketPath, resolve)
  await promise
  cleanup.add('stand-in of the engine', () => {
    server.close()
    server.closeAllConnections()
  })
  return { asked: () => asked }
}

function scopeOf(labels: Labels): string {
  const { 'astern.service': service = '', 'astern.environment': environment = '' } = labels
  return `${service}.${environment}`
}

/** Throws unless they are labels of a replica. */
export function checkedLabels(labels: Labels): Labels {
  if (readLabels(labels) === null) throw new Error(`no labels of a replica: ${JSON.stringify(labels)}`)
  return labels
}
