import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionLost, createRuntimeApi, splitAnswers, type RuntimeApi } from './runtime-api.ts'
import { NotUnderstood } from './running.ts'

/** How HAProxy ends what it says in interactive mode: 3.2 prompts after a line, 3.0 after each command of it. */
const dialects = {
  '3.2': (answers: readonly string[]) =>
    `${answers.map((answer) => (answer === '' ? '\n' : `${answer}\n\n`)).join('')}> `,
  '3.0': (answers: readonly string[]) => answers.map((answer) => (answer === '' ? '\n> ' : `${answer}\n\n> `)).join(''),
}

describe.each(['3.2', '3.0'] as const)('the socket of HAProxy %s', (version) => {
  const say = dialects[version]
  let folder: string
  let server: Server
  let api: RuntimeApi
  let connections: Socket[]
  let lines: string[]
  /** What the proxy does with a line. */
  let onLine: (line: string, socket: Socket) => void
  const obey = (line: string): string[] =>
    line.split(';').map((command) => (command.startsWith('show ') ? `# ${command}` : ''))

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'astern-api-'))
    connections = []
    lines = []
    onLine = (line, socket) => socket.write(say(obey(line)))
    server = createServer((socket) => {
      connections.push(socket)
      let text = ''
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
          const line = text.slice(0, at)
          text = text.slice(at + 1)
          lines.push(line)
          if (line === 'prompt') socket.write('\n> ')
          else onLine(line, socket)
        }
      })
    })
    await new Promise<void>((resolve) => server.listen(join(folder, 'admin.sock'), resolve))
    api = createRuntimeApi(join(folder, 'admin.sock'))
  })
  afterEach(async () => {
    api.close()
    for (const socket of connections) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
    rmSync(folder, { recursive: true })
  })

  it('answers each command of a line', async () => {
    expect(await api.ask(['set weight a/b 1', 'show x', 'set weight a/c 0', 'show y'])).toEqual([
      '',
      '# show x',
      '',
      '# show y',
    ])
    expect(await api.ask(['show z'])).toEqual(['# show z'])
    expect(lines).toEqual(['prompt', 'set weight a/b 1;show x;set weight a/c 0;show y', 'show z'])
  })

  it('is kept open', async () => {
    expect(api.connected).toBe(false)
    await api.ask(['show a'])
    await api.ask(['show b'])
    expect(connections).toHaveLength(1)
    expect(api.connected).toBe(true)
  })

  it('is told one line at a time (R1)', async () => {
    const held: (() => void)[] = []
    onLine = (line, socket) => void held.push(() => socket.write(say(obey(line))))
    const answers = Promise.all([api.ask(['show a']), api.ask(['show b'])])
    await until(() => held.length === 1)
    expect(lines).toEqual(['prompt', 'show a'])
    held.shift()?.()
    await until(() => held.length === 1)
    held.shift()?.()
    expect(await answers).toEqual([['# show a'], ['# show b']])
  })

  it('is read to the end, however it comes in pieces', async () => {
    onLine = (line, socket) => {
      const text = say(obey(line))
      let at = 0
      const next = (): void => {
        if (at >= text.length) return
        socket.write(text[at] ?? '', () => setImmediate(next))
        at += 1
      }
      next()
    }
    expect(await api.ask(['show a', 'set weight a/b 1', 'show b'])).toEqual(['# show a', '', '# show b'])
  })

  it('that is closed between two questions is opened again', async () => {
    await api.ask(['show a'])
    connections[0]?.end()
    await until(() => !api.connected)
    expect(await api.ask(['show b'])).toEqual(['# show b'])
    expect(connections).toHaveLength(2)
  })

  it('that is closed in the middle of an answer says that nobody knows what was done', async () => {
    onLine = (_line, socket) => {
      socket.write('# half an ans')
      socket.end()
    }
    await expect(api.ask(['show a'])).rejects.toBeInstanceOf(ConnectionLost)
    onLine = (line, socket) => socket.write(say(obey(line)))
    expect(await api.ask(['show b'])).toEqual(['# show b'])
  })

  it('that says more than it was asked is not believed, and opened anew (R2)', async () => {
    onLine = (line, socket) => socket.write(say([...obey(line), '# something else']))
    await expect(api.ask(['show a'])).rejects.toBeInstanceOf(NotUnderstood)
    onLine = (line, socket) => socket.write(say(obey(line)))
    expect(await api.ask(['show b'])).toEqual(['# show b'])
    expect(connections).toHaveLength(2)
  })

  it('that speaks unasked is opened anew (R2)', async () => {
    await api.ask(['show a'])
    connections[0]?.write('surprise\n')
    await until(() => !api.connected)
    expect(await api.ask(['show b'])).toEqual(['# show b'])
  })

  it('that is closed here rejects what was asked, and can be used again', async () => {
    onLine = () => {}
    const asked = api.ask(['show a'])
    await until(() => lines.length === 2)
    api.close()
    await expect(asked).rejects.toBeInstanceOf(ConnectionLost)
    onLine = (line, socket) => socket.write(say(obey(line)))
    expect(await api.ask(['show b'])).toEqual(['# show b'])
  })

  it('that nobody listens on is a proxy that is down, also for those who asked in the meantime', async () => {
    const nobody = createRuntimeApi(join(folder, 'nobody.sock'))
    const asked = await Promise.allSettled([nobody.ask(['show a']), nobody.ask(['show b'])])
    for (const one of asked) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'PROXY_DOWN' } })
  })
})

describe('answers', () => {
  it('are told apart in both dialects, whatever they are', () => {
    const line = fc.stringMatching(/^[#a-z0-9][ -~]{0,20}$/)
    const answer = fc.oneof(
      fc.constant(''),
      fc.array(line, { minLength: 1, maxLength: 4 }).map((some) => some.join('\n')),
    )
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1 }), (answers) => {
        for (const say of Object.values(dialects)) expect(splitAnswers(say(answers))).toEqual(answers)
      }),
    )
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
