// The login for a registry, found where `docker login` left it: a credential helper, the credentials store, or config.json itself.
// A login goes to the engine in one header and nowhere else: never into a log, an error or the journal.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../ports/clock.ts'
import type { DockerEndpoint } from './endpoint.ts'
import { within } from './limit.ts'

/** As the Engine API wants it. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string }

type Auth = { auth?: string; username?: string; password?: string; identitytoken?: string }
type DockerConfig = {
  auths?: Readonly<Record<string, Auth>>
  credHelpers?: Readonly<Record<string, string>>
  credsStore?: string
}

/** The Hub's name in config.json. */
export const HUB_ADDRESS = 'https://index.docker.io/v1/'
const HELPER_LIMIT_MS = 30_000
/** What helpers print when they know nothing of a registry. */
const NOT_FOUND = /credentials not found/i
/** What helpers give as user name when the secret is a token. */
const TOKEN_USER = '<token>'

/** `null`: nobody logged in to that registry. Rejects when config.json or a helper does not work. */
export async function findLogin(
  registry: string | null,
  endpoint: Pick<DockerEndpoint, 'configFolder' | 'environment'>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<RegistryLogin | null> {
  const serveraddress = registry === null || isHub(registry) ? HUB_ADDRESS : registry
  const config = await readConfig(endpoint.configFolder)
  const host = hostOf(serveraddress)
  const helper = entryOf(config.credHelpers, host) ?? config.credsStore
  if (helper) return askHelper(helper, serveraddress, endpoint, clock, signal)
  const auth = entryOf(config.auths, host)
  return auth === undefined ? null : loginOf(auth, serveraddress)
}

async function readConfig(folder: string | null): Promise<DockerConfig> {
  if (folder === null) return {}
  const path = join(folder, 'config.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return {}
    throw error
  }
  try {
    return JSON.parse(text) as DockerConfig
  } catch {
    // The parser's own message quotes the text, and the text may hold a password.
    throw new Error(`${path} is not JSON`)
  }
}

/** Keys may be `registry.example.com`, or carry a scheme and a path. */
function entryOf<T>(entries: Readonly<Record<string, T>> | undefined, host: string): T | undefined {
  return Object.entries(entries ?? {}).find(([key]) => hostOf(key) === host)?.[1]
}

function hostOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
  return isHub(host) ? 'index.docker.io' : host
}

function isHub(host: string): boolean {
  return host === 'docker.io' || host === 'index.docker.io' || host === 'registry-1.docker.io'
}

function loginOf(auth: Auth, serveraddress: string): RegistryLogin | null {
  if (auth.identitytoken) return { identitytoken: auth.identitytoken, serveraddress }
  const pair = auth.auth
    ? Buffer.from(auth.auth, 'base64').toString('utf8')
    : `${auth.username ?? ''}:${auth.password ?? ''}`
  const colon = pair.indexOf(':')
  if (colon < 1) return null
  // Docker ends some stored passwords with a zero byte.
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1).replaceAll('\0', ''), serveraddress }
}

async function askHelper(
  helper: string,
  serveraddress: string,
  endpoint: Pick<DockerEndpoint, 'environment'>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<RegistryLogin | null> {
  if (!/^[\w.-]+$/.test(helper)) throw new Error(`config.json names an impossible credential helper: ${helper}`)
  const program = `docker-credential-${helper}`
  const { ok, output } = await within(clock, HELPER_LIMIT_MS, signal, (inner) =>
    run(program, serveraddress, endpoint.environment, inner),
  )
  if (!ok && NOT_FOUND.test(output)) return null
  if (!ok) throw new Error(`${program} failed: ${output.trim().split('\n')[0] ?? ''}`)
  const answer = parseAnswer(program, output)
  if (!answer.Secret) return null
  return answer.Username === TOKEN_USER
    ? { identitytoken: answer.Secret, serveraddress }
    : { username: answer.Username ?? '', password: answer.Secret, serveraddress }
}

function parseAnswer(program: string, output: string): { Username?: string; Secret?: string } {
  try {
    return JSON.parse(output) as { Username?: string; Secret?: string }
  } catch {
    throw new Error(`${program} did not answer with JSON`)
  }
}

function run(
  program: string,
  input: string,
  environment: DockerEndpoint['environment'],
  signal: AbortSignal,
): Promise<{ ok: boolean; output: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ ok: boolean; output: string }>()
  const child = execFile(program, ['get'], { env: environment, signal }, (error, stdout, stderr) => {
    if (error !== null && (error.code === 'ENOENT' || error.code === 'EACCES' || error.name === 'AbortError')) {
      reject(error.code === 'ENOENT' ? new Error(`${program} is not installed`) : error)
    } else resolve({ ok: error === null, output: error === null ? stdout : stdout || stderr })
  })
  // A helper that ends without reading closes the pipe; its exit says the rest.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  return promise
}
