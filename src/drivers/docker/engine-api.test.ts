import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import { realClock } from '../../../test/fixtures/real-clock.ts'
import { resolveEndpoint } from './endpoint.ts'
import { createEngineApi, limits, type EngineApi } from './engine-api.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let folder: string
let asked: string[]
let handle: Handler
let close: () => void
const apis: EngineApi[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engine-api-'))
  asked = []
  handle = (_, response) => answer(response, 200, {})
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.startsWith('/_ping') === true) response.writeHead(200, { 'api-version': apiVersion }).end('OK')
    else handle(request, response)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(join(folder, 'engine.sock'), resolve)
  await promise
  close = () => {
    server.close()
    server.closeAllConnections()
  }
})
afterEach(() => {
  for (const api of apis.splice(0)) api.close()
  close()
  rmSync(folder, { recursive: true, force: true })
})

let apiVersion = '1.41'
const answer = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const open = (version = '1.41', clock = realClock) => {
  apiVersion = version
  const api = createEngineApi(resolveEndpoint({ DOCKER_HOST: `unix://${folder}/engine.sock` }), clock)
  apis.push(api)
  return api
}

describe('the engine', () => {
  it('is asked in the newest version that both sides know, found out once', async () => {
    const old = open('1.41')
    await old.start('a')
    await old.pause('a')
    await open('1.99').unpause('a')
    expect(asked.map((call) => call.replace(/\?$/, ''))).toEqual([
      'GET /_ping',
      'POST /v1.41/containers/a/start',
      'POST /v1.41/containers/a/pause',
      'GET /_ping',
      'POST /v1.51/containers/a/unpause',
    ])
  })
  it('that is too old says its version', async () => {
    handle = (_, response) => answer(response, 200, { Version: '19.03.15', ApiVersion: '1.40' })
    await expect(open('1.40').start('a')).rejects.toMatchObject({
      code: 'ENGINE_TOO_OLD',
      details: { version: '19.03.15' },
    })
  })
  it('may say that it is already so', async () => {
    handle = (_, response) => response.writeHead(304).end()
    await expect(open().start('a')).resolves.toBeUndefined()
  })
  it('may refuse, with its own words', async () => {
    handle = (_, response) => answer(response, 409, { message: 'container a is paused - unpause it' })
    await expect(open().start('a')).rejects.toMatchObject({
      name: 'EngineRefusal',
      status: 409,
      message: 'container a is paused - unpause it',
    })
    await expect(open().pull('a', 'b', null)).rejects.toMatchObject({
      name: 'EngineRefusal',
      status: 409,
      message: 'container a is paused - unpause it',
    })
  })
  it('may not know what is asked for', async () => {
    handle = (_, response) => answer(response, 404, { message: 'No such container: a' })
    expect(await open().container('a')).toBeNull()
    expect(await open().image('a')).toBeNull()
    await expect(open().start('a')).rejects.toMatchObject({ status: 404 })
  })
  it('is asked again when a connection that was kept open turns out to be closed', async () => {
    let calls = 0
    handle = (request, response) => {
      calls += 1
      if (calls === 2) request.socket.destroy()
      else answer(response, 200, { Id: 'abc' })
    }
    const api = open()
    await api.container('a')
    expect(await api.container('a')).toEqual({ Id: 'abc' })
    expect(calls).toBe(3)
  })
  it('that hangs up on every call is unavailable', async () => {
    handle = (request) => request.socket.destroy()
    await expect(open().container('a')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      details: { reason: 'it hung up' },
    })
  })
  it('that does not answer a call is unavailable when its limit is reached', async () => {
    handle = () => undefined
    const clock = createVirtualClock()
    const before = clock.now()
    await expect(open('1.41', clock).start('a')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      details: { reason: 'no answer to POST /containers/a/start within 60 s' },
    })
    expect(clock.now() - before).toBe(limits.startMs)
  })
  it('is asked again after it came back', async () => {
    const api = createEngineApi(resolveEndpoint({ DOCKER_HOST: `unix://${folder}/late.sock` }), realClock)
    await expect(api.containers([])).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    const late = createServer((_, response) => {
      response.writeHead(200, { 'api-version': '1.41' }).end('[]')
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    late.listen(join(folder, 'late.sock'), resolve)
    await promise
    expect(await api.containers([])).toEqual([])
    api.close()
    late.close()
  })
  it('gets a login in a header and nowhere else', async () => {
    let header = ''
    handle = (request, response) => {
      header = String(request.headers['x-registry-auth'])
      response.end('')
    }
    const login = { username: 'alice', password: 's3cret', serveraddress: 'r.example.com' }
    ;(await open().pull('r.example.com/shop', 'v1', login)).resume()
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual(login)
    expect(asked.at(-1)).toBe('POST /v1.41/images/create?fromImage=r.example.com%2Fshop&tag=v1')
  })
  it('is left alone when the caller called off', async () => {
    const reason = new Error('pre-empted')
    await expect(open().start('a', AbortSignal.abort(reason))).rejects.toBe(reason)
    handle = () => undefined
    const caller = new AbortController()
    const starting = open().start('a', caller.signal)
    caller.abort(reason)
    await expect(starting).rejects.toBe(reason)
  })
})
