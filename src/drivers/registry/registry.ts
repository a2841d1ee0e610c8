// A registry as the OCI distribution specification has it. What it sends is checked here: a digest is computed, never believed; a list that goes in a
// circle ends; every answer has a limit.
import { fail } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ManifestSeen, Registry } from '../../ports/registry.ts'
import { createAuthorization, denied, type FindLogin } from './authorization.ts'
import { exchange, NoAnswer, type Request, type Response } from './exchange.ts'
import { createLines, isLoopback, type Line, type LineOptions } from './lines.ts'
import { MANIFEST_TYPES, readManifest, shown } from './manifest.ts'
import { readPage } from './pages.ts'
import { patiently } from './patience.ts'
import { type Target, targetOf } from './target.ts'

const PAGE_TAGS = 1_000
const MAX_PAGES = 10_000
const MAX_REDIRECTIONS = 3

export type RegistryOptions = LineOptions & { readonly clock: Clock; readonly login: FindLogin }

type Call = Omit<Request, 'url'> & { readonly path: string }

export function createRegistry(options: RegistryOptions): Registry {
  const { clock, login } = options
  const lines = createLines(options)
  const authorization = createAuthorization(clock, login)

  /** Resolves to an answer that is neither a refusal of our login nor a plea to come again. Errors: REGISTRY_UNREACHABLE, REGISTRY_DENIED. */
  async function ask(target: Target, call: Call, signal: AbortSignal | undefined): Promise<Response> {
    let response: Response
    try {
      response = await patiently(clock, signal, () => askOnce(target, call, signal))
    } catch (error) {
      throw error instanceof NoAnswer ? unreachable(target, error.message, error) : error
    }
    const { status } = response
    if (status === 401) throw await authorization.unaccepted(target, signal)
    if (status === 403) throw denied(target, said(response))
    if (status === 429) {
      const wait = response.headers['retry-after']
      throw unreachable(
        target,
        `too many requests; it asks to wait ${wait === undefined ? 'a while' : `${shown(wait)} s`}`,
      )
    }
    if (status >= 500) throw unreachable(target, `it answers ${said(response)}`)
    return response
  }

  async function askOnce(target: Target, { path, ...call }: Call, signal: AbortSignal | undefined): Promise<Response> {
    const line = await lines.to(target.registry, signal)
    const url = new URL(`/v2/${target.name}/${path}`, line.origin)
    const send = (header: string | null) =>
      follow({ ...call, url }, header, (request) => exchange(request, line.agents, clock, signal))
    const response = await send(authorization.known(target))
    if (response.status !== 401) return response
    const forToken = (request: Request) => exchange(allowed(target, line, request), line.agents, clock, signal)
    return send(await authorization.obtain(target, response, forToken, signal))
  }

  async function getManifest(
    target: Target,
    reference: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly seen: ManifestSeen; readonly body: Buffer } | null> {
    const headers = { accept: MANIFEST_TYPES.join(', ') }
    const response = await ask(target, { method: 'GET', path: `manifests/${reference}`, headers }, signal)
    if (isMissing(target, response)) return null
    expectStatus(target, response, 200)
    const seen = readManifest(reference, {
      body: response.body,
      contentType: response.headers['content-type'],
      saidDigest: one(response.headers['docker-content-digest']),
    })
    if ('lie' in seen) throw lie(target, seen.lie)
    return { seen, body: response.body }
  }

  return {
    async resolve(repository, reference, signal) {
      const target = targetOf(repository, reference, 'pull')
      return (await getManifest(target, reference, signal))?.seen ?? null
    },

    async *tags(repository, signal) {
      const target = targetOf(repository, null, 'pull')
      const visited = new Set<string>()
      let path = `tags/list?n=${PAGE_TAGS}`
      for (let pages = 1; ; pages += 1) {
        const response = await ask(target, { method: 'GET', path }, signal)
        if (isMissing(target, response)) return
        expectStatus(target, response, 200)
        const prefix = `/v2/${target.name}/`
        const page = readPage(response.body, one(response.headers['link']), new URL(prefix + path, 'https://registry'))
        if ('lie' in page) throw lie(target, page.lie)
        const [first] = page.tags
        if (first !== undefined && visited.has(first)) throw lie(target, 'its list of tags goes in a circle')
        if (first !== undefined) visited.add(first)
        if (page.tags.length > 0) yield page.tags
        if (page.next === null) return
        if (visited.has(page.next) || pages === MAX_PAGES) throw lie(target, 'its list of tags goes in a circle')
        visited.add(page.next)
        path = page.next.slice(prefix.length)
      }
    },

    async point(repository, tag, digest, signal) {
      const target = targetOf(repository, tag, 'pull,push')
      const found = await getManifest(targetOf(repository, digest, 'pull,push'), digest, signal)
      if (found === null) {
        throw fail('IMAGE_NOT_FOUND', { image: `${repository}@${digest}`, reason: 'the registry has no such manifest' })
      }
      const headers = { 'content-type': found.seen.mediaType }
      const response = await ask(target, { method: 'PUT', path: `manifests/${tag}`, headers, body: found.body }, signal)
      expectStatus(target, response, 201)
      const taken = one(response.headers['docker-content-digest'])
      if (taken !== undefined && taken !== digest) throw lie(target, `it took ${digest} for ${shown(taken)}`)
    },

    async remove(repository, digest, signal) {
      const target = targetOf(repository, digest, 'pull,delete')
      const response = await ask(target, { method: 'DELETE', path: `manifests/${digest}` }, signal)
      const { status } = response
      if (status === 405 || status === 400)
        throw fail('REGISTRY_KEEPS', { registry: target.registry, reason: said(response) })
      if (isMissing(target, response)) return
      expectStatus(target, response, 200, 202, 204)
    },
  }
}

/** Our login goes to no other host, and nothing that came over TLS leads to where there is none. */
async function follow(
  request: Request,
  authorization: string | null,
  send: (request: Request) => Promise<Response>,
): Promise<Response> {
  const withLogin = authorization === null ? {} : { authorization }
  let response = await send({ ...request, headers: { ...request.headers, ...withLogin } })
  let { url } = request
  for (let followed = 0; request.method === 'GET' && isRedirection(response); followed += 1) {
    const next = URL.parse(response.headers.location ?? '', url.href)
    if (next === null || followed === MAX_REDIRECTIONS) throw new NoAnswer('it sends us elsewhere without end', true)
    if (next.protocol !== 'https:' && next.protocol !== url.protocol) throw new NoAnswer('it leads away from TLS', true)
    const headers = next.origin === request.url.origin ? { ...request.headers, ...withLogin } : { ...request.headers }
    response = await send({ ...request, url: next, headers })
    url = next
  }
  return response
}

function isRedirection({ status, headers }: Response): boolean {
  return headers.location !== undefined && [301, 302, 303, 307, 308].includes(status)
}

/** A login is sent to a token server in the clear only where the registry itself would get it so, or on this host. */
function allowed(target: Target, line: Line, request: Request): Request {
  const secret = request.method === 'POST' || request.headers?.['authorization'] !== undefined
  const clear = request.url.protocol === 'http:' && !line.origin.startsWith('http:') && !isLoopback(request.url.host)
  if (secret && clear) throw denied(target, 'it wants the login sent to its token server in the clear')
  return request
}

/** Whether the registry itself says that there is no such thing: what any other server says about it means nothing. */
function isMissing(target: Target, response: Response): boolean {
  if (response.status !== 404) return false
  if (errorsOf(response) === null && response.headers['docker-distribution-api-version'] === undefined) {
    throw unreachable(target, 'what answers there is no registry (404)')
  }
  return true
}

function expectStatus(target: Target, response: Response, ...expected: readonly number[]): void {
  if (!expected.includes(response.status)) throw unreachable(target, `it answers ${said(response)}`)
}

/** The status, and the registry's own words for it. */
function said(response: Response): string {
  const [first] = errorsOf(response) ?? []
  const words = [first?.code, first?.message].filter((word) => typeof word === 'string').join(': ')
  return words === '' ? String(response.status) : `${response.status} ${shown(words)}`
}

function errorsOf({ body }: Response): readonly { readonly code?: unknown; readonly message?: unknown }[] | null {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: unknown }
    return Array.isArray(errors) ? errors.filter((one) => typeof one === 'object' && one !== null) : null
  } catch {
    return null
  }
}

function one(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}

function unreachable({ image }: Target, reason: string, cause?: unknown): Error {
  return fail('REGISTRY_UNREACHABLE', { image, reason }, cause)
}

function lie({ registry, image }: Target, reason: string): Error {
  return fail('REGISTRY_LIES', { registry, image, reason })
}
