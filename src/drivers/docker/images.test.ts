import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import { fail } from '../../core/errors.ts'
import { EngineRefusal, limits, type EngineApi } from './engine-api.ts'
import type { ImageSeen } from './image-seen.ts'
import { findImage } from './images.ts'
import { LimitReached } from './limit.ts'

const ID = `sha256:${'1'.repeat(64)}`
const DIGEST = `sha256:${'d'.repeat(64)}`
const OTHER_DIGEST = `sha256:${'e'.repeat(64)}`

type Pulled = () => Promise<AsyncIterable<Buffer>>

/** An engine with the images that it has by reference; a pull that ends well brings `pulled`. */
function engine(
  images: Record<string, Partial<ImageSeen>>,
  pull?: Pulled,
  pulled: Record<string, Partial<ImageSeen>> = {},
) {
  const asked: string[] = []
  const host = new Map(Object.entries(images))
  const api = {
    endpoint: { name: 'unix:///test.sock', configFolder: null, environment: {} },
    image: async (reference: string) => {
      const found = host.get(reference)
      return found === undefined ? null : { Id: ID, RepoDigests: null, Config: null, ...found }
    },
    pull: async (repository: string, tag: string) => {
      asked.push(`${repository} ${tag}`)
      const reports = (await pull?.()) ?? []
      return Object.assign(
        (async function* () {
          yield* reports
          for (const [reference, image] of Object.entries(pulled)) host.set(reference, image)
        })(),
        { destroy: () => undefined },
      )
    },
    read: (stream: AsyncIterable<Buffer>) => stream,
  }
  return { api: api as unknown as EngineApi, asked }
}

const find = (api: EngineApi, reference: string, pull = true) =>
  findImage(api, createVirtualClock(), reference, { pull })
const report =
  (...lines: object[]) =>
  async () =>
    (async function* () {
      for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`)
    })()
const refuse = (status: number, message: string) => () => Promise.reject(new EngineRefusal(status, message))

describe('what is known of an image', () => {
  it('is its ID as digest while no registry has it', async () => {
    const { api, asked } = engine({ 'shop:v1': { RepoDigests: [] } })
    expect(await find(api, 'shop:v1')).toEqual({
      reference: 'shop:v1',
      digest: ID,
      configDigest: ID,
      hasHealthcheck: false,
      version: null,
      revision: null,
    })
    expect(asked).toEqual([])
  })
  it('is what its labels say of migrations, and nothing of others', async () => {
    const Labels = { 'astern.migration.version': '7', 'astern.migration.phase': 'contract', 'astern.release': 'r1' }
    const { api } = engine({ 'shop:v1': { Config: { Labels } } })
    expect((await find(api, 'shop:v1'))?.migration).toEqual({ version: '7', phase: 'contract' })
  })
  it('is the digest that its own repository gave it, not that of another one', async () => {
    const RepoDigests = [`mirror.test/shop@${OTHER_DIGEST}`, `r.test/shop@${DIGEST}`]
    const { api } = engine({ 'r.test/shop:v1': { RepoDigests }, 'shop:v1': { RepoDigests }, [ID]: { RepoDigests } })
    expect(await find(api, 'r.test/shop:v1')).toMatchObject({ digest: DIGEST })
    expect(await find(api, 'shop:v1')).toMatchObject({ digest: ID })
    expect(await find(api, ID)).toMatchObject({ digest: ID })
  })
  it('is the digest that was asked for when there are several', async () => {
    const RepoDigests = [`r.test/shop@${OTHER_DIGEST}`, `r.test/shop@${DIGEST}`]
    const { api } = engine({ [`r.test/shop@${DIGEST}`]: { RepoDigests } })
    expect(await find(api, `r.test/shop@${DIGEST}`)).toMatchObject({ digest: DIGEST })
  })
  it('is the same for the Hub under any of its names', async () => {
    const { api } = engine({ 'docker.io/library/nginx:1': { RepoDigests: [`nginx@${DIGEST}`] } })
    expect(await find(api, 'docker.io/library/nginx:1')).toMatchObject({ digest: DIGEST })
  })
  it('is whether it checks its own health', async () => {
    const test = (Test: string[]) => ({ Config: { Healthcheck: { Test } } })
    const { api } = engine({ 'a:1': test(['CMD', '/check']), 'b:1': test(['NONE']), 'c:1': test([]) })
    const found = await Promise.all(['a:1', 'b:1', 'c:1'].map((reference) => find(api, reference)))
    expect(found.map((facts) => facts?.hasHealthcheck)).toEqual([true, false, false])
  })
})

describe('an image that is not on the host', () => {
  it('is not pulled unless that was asked', async () => {
    const { api, asked } = engine({})
    expect(await find(api, 'r.test/shop:v1', false)).toBeNull()
    expect(asked).toEqual([])
  })
  it('is pulled with its tag, its digest, or the tag latest, never with all its tags', async () => {
    const pulled = {
      'r.test/a:v1': {},
      [`r.test/a@${DIGEST}`]: { RepoDigests: [`r.test/a@${DIGEST}`] },
      'r.test/a': {},
    }
    for (const [reference, asks] of [
      ['r.test/a:v1', 'r.test/a v1'],
      [`r.test/a@${DIGEST}`, `r.test/a ${DIGEST}`],
      ['r.test/a', 'r.test/a latest'],
    ] as const) {
      const { api, asked } = engine({}, report({ id: 'x', status: 'Pull complete' }), pulled)
      expect(await find(api, reference)).toMatchObject({ reference })
      expect(asked).toEqual([asks])
    }
  })
  it('is refused when what came bears another digest', async () => {
    const reference = `r.test/a@${DIGEST}`
    const { api } = engine({}, report(), { [reference]: { RepoDigests: [`r.test/a@${OTHER_DIGEST}`] } })
    await expect(find(api, reference)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })
  it.each(['Gin-Shop:v1', 'a b', '--help'])('and whose reference is %j is not looked for', async (reference) => {
    await expect(find(engine({}).api, reference)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      details: { reason: 'that is not an image reference' },
    })
  })
  it('cannot be pulled by its ID', async () => {
    await expect(find(engine({}).api, ID)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })
  it.each([
    ['IMAGE_NOT_FOUND', 404, 'manifest for r.test/a:v1 not found: manifest unknown'],
    ['IMAGE_NOT_FOUND', 404, 'pull access denied for r.test/a, repository does not exist or may require authorization'],
    ['IMAGE_NOT_FOUND', 500, 'denied: requested access to the resource is denied'],
    ['REGISTRY_UNREACHABLE', 500, 'Get "https://r.test/v2/": dial tcp: lookup r.test: no such host'],
    ['REGISTRY_UNREACHABLE', 500, 'Get "http://r.test/v2/": dial tcp 127.0.0.1:9: connect: connection refused'],
    ['REGISTRY_UNREACHABLE', 500, 'Head "https://r.test/v2/a/manifests/v1": no basic auth credentials'],
    ['REGISTRY_UNREACHABLE', 500, 'received unexpected HTTP status: 502 Bad Gateway'],
  ])('is %s when the engine says %i %s', async (code, status, message) => {
    const { api } = engine({}, refuse(status, message))
    await expect(find(api, 'r.test/a:v1')).rejects.toMatchObject({
      code,
      details: { image: 'r.test/a:v1', reason: message },
    })
  })
  it('is judged in the same way by an error in the middle of the report', async () => {
    const { api } = engine({}, report({ id: 'x', status: 'Waiting' }, { error: 'unexpected EOF' }))
    await expect(find(api, 'r.test/a:v1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  })
  it('and names no registry is taken for one that was never built, also where the Hub does not answer', async () => {
    const { api } = engine({}, refuse(500, 'dial tcp: lookup registry-1.docker.io: no such host'))
    await expect(find(api, 'shop:v9')).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      details: { reason: expect.stringContaining('it names no registry') },
    })
  })
  it('is given up when the pull falls silent, at its beginning or later', async () => {
    const silence = engine({}, async () => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    }))
    await expect(find(silence.api, 'r.test/a:v1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    const limit = new LimitReached(limits.silenceMs)
    const late = fail('ENGINE_UNAVAILABLE', { endpoint: 'x', reason: 'no answer' }, limit)
    await expect(find(engine({}, () => Promise.reject(late)).api, 'r.test/a:v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    })
  })
  it('is not blamed for an engine that is gone', async () => {
    const gone = fail('ENGINE_UNAVAILABLE', { endpoint: 'x', reason: 'connection refused' })
    await expect(find(engine({}, () => Promise.reject(gone)).api, 'r.test/a:v1')).rejects.toBe(gone)
  })
})
