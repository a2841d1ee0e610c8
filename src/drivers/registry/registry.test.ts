// The driver's bad days: a registry that lies, is busy, breaks off, goes in a circle, or is none. Each is a real server on this host.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../ports/clock.ts'
import type { Login } from './authorization.ts'
import { createRegistry } from './registry.ts'

const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const CONFIG = { digest: digestOf('config'), size: 10 }
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config: CONFIG, layers: [CONFIG] })
const DIGEST = digestOf(MANIFEST)
const LIMIT_MS = 30_000

type Asked = { readonly method: string; readonly url: string; readonly authorization: string | undefined }
type Answer = (request: IncomingMessage, response: ServerResponse, asked: Asked) => void

/** Answers in turn; the last one again and again. The first question of all, whether there is a registry, is answered for them. */
let answers: Answer[]
let asked: Asked[]
let login: Login | null
let pauses: number[]
let nowMs: number
let host: string
let close: () => Promise<void>

/** Nobody waits; the limit of the requests that are on their way is reached when a test says so. */
let reachLimits: Set<() => void>
const clock: Clock = {
  now: () => nowMs,
  monotonic: () => nowMs,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      if (ms === LIMIT_MS) return void reachLimits.add(resolve)
      pauses.push(ms)
      nowMs += ms
      setImmediate(resolve)
    }),
}

beforeEach(async () => {
  answers = []
  asked = []
  login = null
  pauses = []
  nowMs = Date.UTC(2026, 3, 5, 10)
  reachLimits = new Set()
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request
    if (url === '/v2/') return void response.end('{}')
    const one = { method, url, authorization: request.headers.authorization }
    asked.push(one)
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!
    answer(request, response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
})
afterEach(() => close())

const registry = () =>
  createRegistry({
    clock,
    login: async () => login,
    insecure: async () => false,
    certificates: { folder: '/nowhere', bundle: undefined },
  })
const resolve = (reference = 'v1', signal?: AbortSignal) => registry().resolve(`${host}/shop`, reference, signal)

async function tags(): Promise<string[]> {
  const found: string[] = []
  for await (const page of registry().tags(`${host}/shop`)) found.push(...page)
  return found
}

const sends =
  (status: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)
const manifest = (body = MANIFEST, type = IMAGE, headers: Record<string, string> = {}) =>
  sends(200, { 'content-type': type, 'docker-content-digest': digestOf(body), ...headers }, body)
const page = (names: readonly string[] | null, next?: string) =>
  sends(
    200,
    { 'content-type': 'application/json', ...(next === undefined ? {} : { link: `<${next}>; rel="next"` }) },
    JSON.stringify({ name: 'shop', tags: names }),
  )
const says = (status: number, code: string, message = code.toLowerCase()) =>
  sends(status, {}, JSON.stringify({ errors: [{ code, message }] }))
const challenge = (header: string) => sends(401, { 'www-authenticate': header })
/** Sends the beginning of an answer, and is gone. */
const breaksOff = (body: string): Answer => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': IMAGE, 'content-length': body.length })
    response.write(body.slice(0, body.length / 2), () => response.destroy())
  }
}

describe('a registry that lies', () => {
  const lie = (reason: string) => ({ code: 'REGISTRY_LIES', message: expect.stringContaining(reason) })

  it('about the digest that it was asked for', async () => {
    answers = [manifest()]
    await expect(resolve(digestOf('another'))).rejects.toMatchObject(lie(`what came is ${DIGEST}`))
    expect(await resolve(DIGEST)).toMatchObject({ digest: DIGEST, configDigest: CONFIG.digest, sizeBytes: 20 })
  })
  it('about the digest of what it sends for a tag', async () => {
    answers = [manifest(MANIFEST, IMAGE, { 'docker-content-digest': digestOf('another') })]
    await expect(resolve()).rejects.toMatchObject(lie(`it says that it is ${digestOf('another')}`))
  })
  it.each([
    ['is no kind of manifest', '<html>log in</html>', 'text/html'],
    ['is no kind of manifest', MANIFEST, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['is no JSON', 'null', IMAGE],
    ['of two kinds at once', MANIFEST, INDEX],
    ['of two kinds at once', JSON.stringify({ config: CONFIG, layers: [], manifests: [] }), IMAGE],
    ['malformed', JSON.stringify({ config: { ...CONFIG, size: -1 }, layers: [] }), IMAGE],
    ['malformed', JSON.stringify({ config: { ...CONFIG, digest: 'md5:1' }, layers: [] }), IMAGE],
    ['malformed', JSON.stringify({ config: CONFIG, layers: [null] }), IMAGE],
    ['malformed', JSON.stringify({ manifests: {} }), INDEX],
  ])('about what a manifest is: %s', async (reason, body, type) => {
    answers = [manifest(body, type)]
    await expect(resolve()).rejects.toMatchObject(lie(reason))
  })
  it('about which manifest it took', async () => {
    answers = [manifest(), sends(201, { 'docker-content-digest': digestOf('another') })]
    await expect(registry().point(`${host}/shop`, 'latest', DIGEST)).rejects.toMatchObject(lie(`it took ${DIGEST} for`))
  })
  it('about its tags', async () => {
    for (const names of [['v1', '--help'], ['v1\u001b[2J'], [7]]) {
      answers = [page(names as string[])]
      await expect(tags()).rejects.toMatchObject(lie('no list of tags'))
    }
  })
  it('about where its next page is, which gets no login', async () => {
    for (const next of ['http://elsewhere.test/v2/shop/tags/list?last=v1', '/v2/other/tags/list?last=v1']) {
      answers = [page(['v1'], next)]
      await expect(tags()).rejects.toMatchObject(lie('its next page lies elsewhere'))
    }
  })
  it('about there being another page, again and again', async () => {
    answers = [page(['v1'], '?last=v1'), page(['v2'], '?last=v2'), page(['v1'], '?last=v3')]
    await expect(tags()).rejects.toMatchObject(lie('goes in a circle'))
    answers = [page([], '?last=v1')]
    await expect(tags()).rejects.toMatchObject(lie('goes in a circle'))
  })
})

describe('a long list of tags', () => {
  it('is read page by page', async () => {
    answers = [page(['a', 'b'], '/v2/shop/tags/list?last=b&n=2'), page([], '?last=b2&n=2'), page(['c'])]
    expect(await tags()).toEqual(['a', 'b', 'c'])
    expect(asked.map(({ url }) => url)).toEqual([
      '/v2/shop/tags/list?n=1000',
      '/v2/shop/tags/list?last=b&n=2',
      '/v2/shop/tags/list?last=b2&n=2',
    ])
  })
  it('may have lost its last tag', async () => {
    answers = [page(null)]
    expect(await tags()).toEqual([])
  })
  it('goes on where the registry died half-way, and came back', async () => {
    answers = [
      page(['a'], '?last=a'),
      breaksOff('{"tags":["b","c"]}'),
      breaksOff('{"tags":["b","c"]}'),
      page(['b', 'c']),
    ]
    expect(await tags()).toEqual(['a', 'b', 'c'])
    expect(pauses).toEqual([250, 500])
  })
  it('is never taken for whole when the registry stays away', async () => {
    answers = [page(['a'], '?last=a'), breaksOff('{"tags":["b","c"]}')]
    const found: string[] = []
    const reading = (async () => {
      for await (const names of registry().tags(`${host}/shop`)) found.push(...names)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect([found, asked.length]).toEqual([['a'], 6])
  })
})

describe('a registry that is busy', () => {
  it('is asked again as late as it wants', async () => {
    const at = new Date(nowMs + 12_000).toUTCString()
    answers = [sends(429, { 'retry-after': '7' }), sends(503, { 'retry-after': at }), sends(502), manifest()]
    expect(await resolve()).toMatchObject({ digest: DIGEST })
    expect(pauses).toEqual([7_000, 5_000, 1_000])
  })
  it('is left alone when it wants that for long', async () => {
    answers = [sends(429, { 'retry-after': '3600' })]
    await expect(resolve()).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('too many requests; it asks to wait 3600 s'),
    })
    expect(asked).toHaveLength(1)
  })
  it('is not asked for ever', async () => {
    answers = [says(503, 'UNAVAILABLE', 'down for \u001b[31mmaintenance')]
    await expect(resolve()).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('503 UNAVAILABLE: down for  [31mmaintenance'),
    })
    expect(pauses).toEqual([250, 500, 1_000, 2_000])
  })
  it('is given up when the signal aborts', async () => {
    const controller = new AbortController()
    answers = [
      (_request, response) => {
        controller.abort(new Error('enough'))
        response.writeHead(503).end()
      },
    ]
    await expect(resolve('v1', controller.signal)).rejects.toThrow('enough')
  })
  it('does not hang us when it never answers', async () => {
    answers = [() => reachLimits.forEach((reach) => reach())]
    await expect(resolve()).rejects.toMatchObject({ message: expect.stringContaining('no whole answer within 30 s') })
    expect(asked).toHaveLength(5)
  })
})

describe('a registry that dies', () => {
  it('half-way through a manifest, and comes back', async () => {
    answers = [breaksOff(MANIFEST), manifest()]
    expect(await resolve()).toMatchObject({ digest: DIGEST })
  })
  it('and stays away, is told', async () => {
    await close()
    await expect(resolve()).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      exit: 2,
      message: expect.stringContaining('connection refused'),
    })
  })
  it('does not take a manifest without end', async () => {
    answers = [
      (_request, response) => {
        const more = () => response.write(Buffer.alloc(1024 * 1024), (error) => (error ? undefined : more()))
        more()
      },
    ]
    await expect(resolve()).rejects.toMatchObject({ message: expect.stringContaining('it answers more than') })
    expect(asked).toHaveLength(1)
  })
})

describe('what is not there', () => {
  it.each(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'NOT_FOUND'])('is nothing when the registry says %s', async (code) => {
    answers = [says(404, code)]
    expect([await resolve(), await tags()]).toEqual([null, []])
    await registry().remove(`${host}/shop`, DIGEST)
  })
  it('is not known when something else than a registry says so', async () => {
    answers = [sends(404, {}, '<h1>not found</h1>')]
    const refused = { code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining('no registry') }
    await expect(resolve()).rejects.toMatchObject(refused)
    await expect(tags()).rejects.toMatchObject(refused)
    await expect(registry().remove(`${host}/shop`, DIGEST)).rejects.toMatchObject(refused)
  })
  it('is not asked for under a name that cannot be one', async () => {
    for (const reference of ['../../secret', '-v1', 'v1?x=1', 'sha256:12']) {
      await expect(resolve(reference)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    }
    expect(asked).toEqual([])
  })
})

it.each([
  [405, 'UNSUPPORTED'],
  [400, 'UNSUPPORTED'],
])('is told when no deletion is allowed: %s', async (status, code) => {
  answers = [says(status, code)]
  await expect(registry().remove(`${host}/shop`, DIGEST)).rejects.toMatchObject({ code: 'REGISTRY_KEEPS' })
})

describe('a login', () => {
  const bearer = (realm: string) => challenge(`Bearer realm="${realm}",service="s",scope="repository:shop:pull"`)

  it('is not sent before it is asked for, and then with every request', async () => {
    login = { username: 'alice', password: 's3cret' }
    answers = [challenge('Basic realm="a, b"'), manifest()]
    const one = registry()
    await one.resolve(`${host}/shop`, 'v1')
    await one.resolve(`${host}/shop`, 'v1')
    const header = `Basic ${Buffer.from('alice:s3cret').toString('base64')}`
    expect(asked.map(({ authorization }) => authorization)).toEqual([undefined, header, header])
  })
  it('becomes a token, and another one when that has expired', async () => {
    login = { username: 'alice', password: 's3cret' }
    const token = (name: string) => sends(200, {}, JSON.stringify({ access_token: name, expires_in: 60 }))
    answers = [bearer(`http://${host}/token`), token('t1'), manifest(), manifest()]
    const one = registry()
    await one.resolve(`${host}/shop`, 'v1')
    await one.resolve(`${host}/shop`, 'v1')
    nowMs += 60_000
    answers = [bearer(`http://${host}/token`), token('t2'), manifest()]
    await one.resolve(`${host}/shop`, 'v1')
    expect(asked.map(({ url, authorization }) => [url.split('?')[0], authorization?.slice(0, 9)])).toEqual([
      ['/v2/shop/manifests/v1', undefined],
      ['/token', 'Basic YWx'],
      ['/v2/shop/manifests/v1', 'Bearer t1'],
      ['/v2/shop/manifests/v1', 'Bearer t1'],
      ['/v2/shop/manifests/v1', undefined],
      ['/token', 'Basic YWx'],
      ['/v2/shop/manifests/v1', 'Bearer t2'],
    ])
    expect(asked[1]?.url).toContain('service=s&scope=repository%3Ashop%3Apull')
  })
  it('is renewed when the registry does not take its token any more', async () => {
    login = { identitytoken: 'refresh' }
    const token = (name: string) => sends(200, {}, JSON.stringify({ access_token: name, expires_in: 9_000 }))
    answers = [bearer(`http://${host}/token`), token('t1'), manifest()]
    const one = registry()
    await one.resolve(`${host}/shop`, 'v1')
    answers = [bearer(`http://${host}/token`), token('t2'), manifest()]
    expect(await one.resolve(`${host}/shop`, 'v1')).toMatchObject({ digest: DIGEST })
    expect(asked.filter(({ url }) => url === '/token').map(({ method }) => method)).toEqual(['POST', 'POST'])
  })
  it.each([
    ['its token server sent no token', sends(200, {}, '{}')],
    ['its token server sent no token', sends(200, {}, '{"token":"a\\r\\nb"}')],
    ['it may have expired (its token server answers 401)', sends(401)],
  ])('that brings nothing: %s', async (reason, answer) => {
    login = { username: 'alice', password: 's3cret' }
    answers = [bearer(`http://${host}/token`), answer]
    await expect(resolve()).rejects.toMatchObject({ code: 'REGISTRY_DENIED', message: expect.stringContaining(reason) })
  })
  it('that opens nothing here is told apart from one that is not accepted', async () => {
    login = { username: 'alice', password: 's3cret' }
    answers = [bearer(`http://${host}/token`), sends(200, {}, '{"token":"t"}'), bearer(`http://${host}/token`)]
    await expect(resolve()).rejects.toMatchObject({
      message: expect.stringContaining('whoever is logged in there may not'),
    })
    answers = [says(403, 'DENIED', 'requested access is denied')]
    await expect(resolve()).rejects.toMatchObject({
      message: expect.stringContaining('403 DENIED: requested access is denied'),
    })
  })
  it('goes along to no other host', async () => {
    login = { username: 'alice', password: 's3cret' }
    const elsewhere = host.replace('127.0.0.1', 'localhost')
    answers = [challenge('Basic realm="a"'), sends(307, { location: `http://${elsewhere}/blob` }), manifest()]
    expect(await resolve()).toMatchObject({ digest: DIGEST })
    expect(asked.map(({ url, authorization }) => [url, authorization !== undefined])).toEqual([
      ['/v2/shop/manifests/v1', false],
      ['/v2/shop/manifests/v1', true],
      ['/blob', false],
    ])
    answers = [sends(307, { location: '/round' })]
    await expect(resolve()).rejects.toMatchObject({ message: expect.stringContaining('elsewhere without end') })
  })
})
