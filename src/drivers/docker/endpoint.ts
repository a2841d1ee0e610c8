// Where the Docker engine is, found as Docker's own CLI finds it: DOCKER_HOST, else the context that DOCKER_CONTEXT or config.json
// names, else the local socket. Never throws: an endpoint that cannot be used says why with every call, and a warm rollback makes none.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../../core/errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Tls = {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly verify: boolean
}

export type Connection =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: Tls | null }
  | { readonly kind: 'unusable'; readonly reason: string }

export type DockerEndpoint = {
  /** As a user would write it: `unix:///var/run/docker.sock`. */
  readonly name: string
  readonly connection: Connection
  /** The folder of config.json, where the CLI keeps contexts and credentials. `null`: there is no home. */
  readonly configFolder: string | null
  /** Handed to credential helpers. */
  readonly environment: Environment
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock'
const PLAIN_PORT = 2375
const TLS_PORT = 2376

export function resolveEndpoint(environment: Environment): DockerEndpoint {
  const home = environment['HOME']
  const configFolder = environment['DOCKER_CONFIG'] || (home ? join(home, '.docker') : null)
  const common = { configFolder, environment }
  const host = environment['DOCKER_HOST']
  try {
    if (host) return { ...common, ...reach(host, tlsOfEnvironment(environment, configFolder)) }
    const context = environment['DOCKER_CONTEXT'] || currentContext(configFolder)
    if (context === null || context === 'default') return { ...common, ...reach(DEFAULT_HOST, null) }
    return { ...common, ...contextOf(configFolder, context) }
  } catch (error) {
    const name = host || (environment['DOCKER_CONTEXT'] ? `context ${environment['DOCKER_CONTEXT']}` : DEFAULT_HOST)
    return { ...common, name, connection: unusable(reasonOf(error)) }
  }
}

function reach(host: string, tls: Tls | null): Pick<DockerEndpoint, 'name' | 'connection'> {
  const [scheme, rest] = host.includes('://') ? host.split(/:\/\/(.*)/s) : ['tcp', host]
  const name = host.includes('://') ? host : `tcp://${host}`
  switch (scheme) {
    case 'unix':
      return { name, connection: rest ? { kind: 'unix', socketPath: rest } : unusable('it names no socket') }
    case 'tcp':
    case 'http':
    case 'https':
      return { name, connection: tcp(name, scheme === 'https' ? (tls ?? plainTrust) : tls) }
    case 'ssh':
      return {
        name,
        connection: unusable('ssh:// is not supported yet; run Astern on that host, or forward its socket'),
      }
    case undefined:
    default:
      return { name, connection: unusable(`${scheme}:// is not supported; use unix:// or tcp://`) }
  }
}

const plainTrust: Tls = { ca: null, cert: null, key: null, verify: true }

function unusable(reason: string): Connection {
  return { kind: 'unusable', reason }
}

function tcp(name: string, tls: Tls | null): Connection {
  const url = URL.parse(name.replace(/^[a-z]+:/, 'http:'))
  if (url === null || url.hostname === '') return unusable('it names no host')
  const port = /:(\d+)\/?$/.exec(name)?.[1]
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { kind: 'tcp', host, port: port === undefined ? (tls ? TLS_PORT : PLAIN_PORT) : Number(port), tls }
}

function tlsOfEnvironment(environment: Environment, configFolder: string | null): Tls | null {
  const verify = Boolean(environment['DOCKER_TLS_VERIFY'])
  if (!verify && !environment['DOCKER_TLS']) return null
  const folder = environment['DOCKER_CERT_PATH'] || configFolder
  return folder === null ? { ...plainTrust, verify } : certificates(folder, verify)
}

function certificates(folder: string, verify: boolean): Tls {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readIfThere(join(folder, file)))
  return { ca: ca ?? null, cert: cert ?? null, key: key ?? null, verify }
}

function currentContext(configFolder: string | null): string | null {
  if (configFolder === null) return null
  const text = readIfThere(join(configFolder, 'config.json'))
  if (text === null) return null
  const { currentContext } = parse(text, join(configFolder, 'config.json')) as { currentContext?: string }
  return currentContext || null
}

type ContextMeta = { Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } } }

function contextOf(configFolder: string | null, context: string): Pick<DockerEndpoint, 'name' | 'connection'> {
  const missing = `there is no Docker context ${context}; docker context ls shows them`
  if (configFolder === null) throw new Error(missing)
  const id = createHash('sha256').update(context).digest('hex')
  const path = join(configFolder, 'contexts', 'meta', id, 'meta.json')
  const text = readIfThere(path)
  if (text === null) throw new Error(missing)
  const meta = parse(text, path) as ContextMeta
  const endpoint = meta.Endpoints?.docker
  if (!endpoint?.Host) throw new Error(`the Docker context ${context} names no host`)
  const tls = certificates(join(configFolder, 'contexts', 'tls', id, 'docker'), endpoint.SkipTLSVerify !== true)
  return reach(endpoint.Host, tls.ca === null && tls.cert === null ? null : tls)
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
    throw error
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${path} is not JSON: ${reasonOf(error)}`, { cause: error })
  }
}
