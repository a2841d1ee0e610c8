// The suite of signals against the fake, and against a server of this host that speaks as Prometheus does; and what only a server can say.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeSignals } from '../../src/drivers/fake/signals.ts'
import { createHooks } from '../../src/drivers/hooks/hooks.ts'
import { createSignals } from '../../src/drivers/signals/signals.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import { readsSignals, signalOf, type SignalsWorld, type SignalWish } from './signals.ts'

const PROMETHEUS = { kind: 'prometheus', url: 'http://prometheus:9090', query: 'up' } as const

async function openFake(): Promise<SignalsWorld> {
  const fake = new FakeSignals(createVirtualClock())
  return {
    signals: fake.open(),
    sources: async ({ value = 0, takesMs = 0 }: SignalWish) => {
      const reading = value === null ? { unknown: 'it is NaN' } : { value }
      fake.behaviour = () => ({ reading, takesMs })
      return [PROMETHEUS]
    },
    close: async () => {},
  }
}

type Asked = { readonly path: string; readonly query: string | null; readonly authorization: string | undefined }
type HostWorld = SignalsWorld & {
  readonly folder: string
  readonly asked: Asked[]
  readonly host: string
  answer: (response: ServerResponse) => void
  readonly prometheus: (url?: string) => Promise<unknown>
  readonly command: (...argv: string[]) => Promise<unknown>
}

const nowS = () => realClock.now() / 1_000

async function openHost(): Promise<HostWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'astern-signals-'))
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://host')
    asked.push({
      path: url.pathname,
      query: url.searchParams.get('query'),
      authorization: request.headers.authorization,
    })
    world.answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const hooks = createHooks({ env: { PATH: process.env['PATH'] }, clock: realClock })
  const signals = createSignals({ clock: realClock, hooks })
  const world: HostWorld = {
    signals,
    folder,
    asked,
    host,
    answer: (response) => void response.end(),
    sources: async ({ value = 0, takesMs = 0 }) => {
      world.answer = (response) => {
        if (takesMs > 0) return // it never answers
        const isApi = asked.at(-1)?.path === '/api/v1/query'
        if (isApi) response.end(vector([[nowS(), value === null ? 'NaN' : String(value)]]))
        else response.writeHead(value === 0 ? 204 : 500).end()
      }
      const script = takesMs > 0 ? 'setTimeout(() => {}, 60000)' : `console.log(${value === null ? 'NaN' : value})`
      return [
        { kind: 'prometheus', url: `http://${host}`, query: 'up' },
        { kind: 'http', url: `http://${host}/check` },
        { kind: 'command', argv: [process.execPath, '-e', script], cwd: '/' },
      ]
    },
    prometheus: (url = `http://${host}/`) =>
      signals.read(signalOf({ kind: 'prometheus', url, query: 'sum(rate(x[1m]))' })),
    command: (...argv) => signals.read(signalOf({ kind: 'command', argv, cwd: folder }, { timeoutMs: 500 })),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
  return world
}

function vector(values: readonly (readonly [number, string])[]): string {
  const result = values.map((value) => ({ metric: { job: 'shop' }, value }))
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } })
}

describe('the fake signals', () => {
  readsSignals(openFake)
})

describe('the signals of this host', () => {
  readsSignals(openHost)

  let world: HostWorld
  beforeEach(async () => {
    world = await openHost()
  })
  afterEach(() => world.close())
  const says = (body: object | string, status = 200) => {
    world.answer = (response) =>
      void response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  }

  it('are asked of Prometheus as an instant query, also below a path', async () => {
    says(vector([[nowS(), '0.25']]))
    expect(await world.prometheus(`http://${world.host}/metrics/prom/`)).toEqual({ value: 0.25 })
    expect(world.asked).toEqual([
      { path: '/metrics/prom/api/v1/query', query: 'sum(rate(x[1m]))', authorization: undefined },
    ])
  })
  it('may be a scalar', async () => {
    says({ status: 'success', data: { resultType: 'scalar', result: [nowS(), '1e3'] } })
    expect(await world.prometheus()).toEqual({ value: 1_000 })
  })
  it('are unknown, each for its reason', async () => {
    for (const [body, reason] of [
      [vector([]), 'the query found no series'],
      [
        vector([
          [nowS(), '1'],
          [nowS(), '2'],
        ]),
        'the query found 2 series, and should find one',
      ],
      [vector([[nowS(), 'NaN']]), 'the query gives NaN'],
      [vector([[nowS(), '+Inf']]), 'the query gives +Inf'],
      [vector([[nowS(), '-Inf']]), 'the query gives -Inf'],
      [vector([[nowS() - 400, '1']]), expect.stringMatching(/^its answer is 6m4\ds old$/)],
      [
        { status: 'success', data: { resultType: 'matrix', result: [] } },
        'the query gives a matrix, and should give one number',
      ],
      [{ status: 'success', data: { resultType: 'vector', result: [{}] } }, 'its answer is not that of Prometheus'],
      ['<html>', 'its answer is not that of Prometheus'],
      [{ status: 'success' }, 'its answer is not that of Prometheus'],
    ] as const) {
      says(body)
      expect(await world.prometheus()).toEqual({ unknown: reason })
    }
    says({ status: 'error', errorType: 'bad_data', error: '1:4: parse error' }, 400)
    expect(await world.prometheus()).toEqual({ unknown: 'Prometheus says: 1:4: parse error' })
    says('gateway', 502)
    expect(await world.prometheus()).toEqual({ unknown: 'it answered 502' })
  })
  it('are unknown when the answer is far too long', async () => {
    says('x'.repeat(2 * 1024 * 1024))
    expect(await world.prometheus()).toEqual({ unknown: 'no answer: it answered more than 1048576 bytes' })
  })
  it('send the name and password of an address, and never show them', async () => {
    says('gateway', 502)
    const url = `http://astern:hunter2%40@${world.host}`
    expect(await world.prometheus(url)).toEqual({ unknown: 'it answered 502' })
    expect(world.asked[0]?.authorization).toBe(`Basic ${Buffer.from('astern:hunter2@').toString('base64')}`)
    for (const bad of [
      'http://astern:hunter2@127.0.0.1:45999',
      'http://astern:hunter2@no host',
      'ftp://astern:hunter2@host',
    ]) {
      const reading = (await world.prometheus(bad)) as { unknown: string }
      expect(reading.unknown).toMatch(/REFUSED|none of http/)
      expect(reading.unknown).not.toContain('hunter2')
    }
  })
  it('take a redirection of a check for good, and no answer for bad', async () => {
    world.answer = (response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()
    const check = (url: string) => world.signals.read(signalOf({ kind: 'http', url }))
    expect(await check(`http://${world.host}/`)).toEqual({ value: 0 })
    expect(await check('http://127.0.0.1:45999/')).toEqual({ value: 1 })
    expect(await check('no address')).toEqual({ unknown: 'its address is none of http or https' })
  })
  it('are what a command prints last, 0 when that is no number, and 1 when it fails', async () => {
    const print = (text: string) =>
      world.command(process.execPath, '-e', `process.stdout.write(${JSON.stringify(text)})`)
    expect(await print('loading\n -1.5e2 \n')).toEqual({ value: -150 })
    expect(await print('')).toEqual({ value: 0 })
    expect(await print('all is well')).toEqual({ value: 0 })
    expect(await print('-inf')).toEqual({ unknown: 'it printed -inf' })
    expect(await world.command(process.execPath, '-e', 'console.log(7); process.exitCode = 3')).toEqual({ value: 1 })
  })
  it('are unknown when a command cannot be started, takes too long, or prints too much', async () => {
    expect(await world.command('./missing')).toEqual({ unknown: 'there is no program ./missing' })
    expect(await world.command(process.execPath, '-e', 'setTimeout(() => {}, 60000)')).toEqual({
      unknown: 'it did not end within 500ms',
    })
    const endless = 'setInterval(() => process.stdout.write("x".repeat(65536)), 1)'
    expect(await world.command(process.execPath, '-e', endless)).toEqual({
      unknown: 'it printed more than 65536 bytes',
    })
  })
  it('leave nothing of a command behind', async () => {
    const file = join(world.folder, 'pid')
    const child = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setTimeout(() => {}, 60000)`
    const parent = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], {stdio: 'inherit'}); setTimeout(() => {}, 60000)`
    const source = { kind: 'command', argv: [process.execPath, '-e', parent], cwd: '/' } as const
    expect(await world.signals.read(signalOf(source, { timeoutMs: 1_500 }))).toMatchObject({
      unknown: expect.any(String),
    })
    const pid = Number(await readFile(file, 'utf8'))
    const isGone = async () => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone')
      return state === 'gone' || / Z /.test(state)
    }
    await expect.poll(isGone, { timeout: 5_000 }).toBe(true)
  })
})
