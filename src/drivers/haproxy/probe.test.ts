import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { createAnswerReader, probeThrough, reachable } from './probe.ts'

describe('where a proof is asked', () => {
  it.each([
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['0.0.0.0:8080', '127.0.0.1', 8080],
    ['*:80', '127.0.0.1', 80],
    ['[::]:80', '::1', 80],
  ])('%s is reached at %s, port %i', (listen, address, port) => {
    expect(reachable(listen)).toEqual({ address, port })
  })
})

const plain = (status: number, release: string | null, body: string) =>
  `HTTP/1.1 ${status} X\r\n${release === null ? '' : `x-astern-release: ${release}\r\n`}Content-Length: ${body.length}\r\n\r\n${body}`
const chunked = (release: string, ...chunks: readonly string[]) =>
  `HTTP/1.1 200 OK\r\nX-Astern-Release: ${release}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)};x=1\r\n${chunk}\r\n`).join('')}0\r\nTrailer: 1\r\n\r\n`

describe('answers in a row', () => {
  const stream = [
    plain(200, 'r41', 'HTTP/1.1 500 not an answer\r\n\r\n'),
    chunked('r42', 'hello', 'HTTP/1.1 500\r\n\r\n'),
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n',
    plain(503, null, ''),
    'HTTP/1.1 204 No Content\r\nX-Astern-Release: r7\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\nX-Astern-Release: r7\r\nContent-Length: 10\r\n\r\n',
    plain(500, 'nonsense', 'x'),
  ].join('')
  const expected = [
    { release: 41, status: 200 },
    { release: 42, status: 200 },
    { release: null, status: 503 },
    { release: 7, status: 204 },
    { release: 7, status: 304 },
    { release: null, status: 500 },
  ]

  it('are told apart, in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 20 }), (cuts) => {
        const reader = createAnswerReader()
        let at = 0
        for (const cut of [...cuts.sort((a, b) => a - b), stream.length]) {
          reader.read(stream.slice(at, cut))
          at = Math.max(at, cut)
        }
        expect(reader.answers).toEqual(expected)
        expect(reader.broken).toBe(false)
      }),
    )
  })
  it('that are no HTTP are broken', () => {
    const reader = createAnswerReader()
    reader.read(`${plain(200, 'r1', 'x')}SSH-2.0-OpenSSH\r\n\r\n`)
    expect(reader.answers).toEqual([{ release: 1, status: 200 }])
    expect(reader.broken).toBe(true)
  })
  it('that do not end are broken after a while', () => {
    const reader = createAnswerReader()
    for (let megabyte = 0; megabyte < 5; megabyte += 1) reader.read('x'.repeat(1024 * 1024))
    expect(reader.broken).toBe(true)
  })
  it('whose chunks are none are broken', () => {
    const reader = createAnswerReader()
    reader.read('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
    expect(reader.broken).toBe(true)
  })
})

describe('a proof', () => {
  let server: Server | null = null
  afterEach(async () => {
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)))
    server = null
  })
  async function serve(onRequests: (requests: string[], socket: Socket) => void): Promise<string> {
    server = createServer((socket) => {
      let text = ''
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const requests = text.split('\r\n\r\n')
        text = requests.pop() ?? ''
        onRequests(requests, socket)
      })
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const ask = (listen: string, count: number, host: string | null = null) =>
    probeThrough({ listen, host, path: '/healthz', secret: 'c0ffee', count, to: null })

  it('is asked over two connections, with the secret, for the host', async () => {
    const seen: string[] = []
    const sockets = new Set<Socket>()
    const listen = await serve((requests, socket) => {
      sockets.add(socket)
      seen.push(...requests)
      socket.write(plain(200, 'r1', '').repeat(requests.length))
    })
    expect(await ask(listen, 5, 'shop.example.com')).toEqual(
      Array.from({ length: 5 }, () => ({ release: 1, status: 200 })),
    )
    expect(sockets.size).toBe(2)
    expect(seen).toHaveLength(5)
    expect(new Set(seen)).toEqual(
      new Set([
        'GET /healthz HTTP/1.1\r\nHost: shop.example.com\r\nX-Astern-Proof: c0ffee\r\nUser-Agent: astern-proof\r\nAccept: */*',
      ]),
    )
  })
  it('goes on over another connection when the first is closed', async () => {
    const listen = await serve((requests, socket) => {
      if (requests.length > 0) socket.end(plain(200, 'r1', 'x'))
    })
    expect(await ask(listen, 6)).toEqual(Array.from({ length: 6 }, () => ({ release: 1, status: 200 })))
  })
  it('does not go on for ever', async () => {
    const listen = await serve((_requests, socket) => socket.destroy())
    expect(await ask(listen, 3)).toEqual(Array.from({ length: 3 }, () => ({ release: null, status: 0 })))
  })
  it('has as many answers as it was asked for, where nobody listens too', async () => {
    expect(await ask('127.0.0.1:1', 3)).toEqual(Array.from({ length: 3 }, () => ({ release: null, status: 0 })))
    expect(await ask('127.0.0.1:1', 0)).toEqual([])
  })
  it('asks for nothing but a path', async () => {
    await expect(
      probeThrough({
        listen: '127.0.0.1:1',
        host: null,
        path: '/ HTTP/1.1\r\nX: y',
        secret: 'c0ffee',
        count: 1,
        to: null,
      }),
    ).rejects.toThrow('not a path')
  })
})
