// The suite of hooks against the fake and against this host, and what only this host can do: start programs, and send headers.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeHooks } from '../../src/drivers/fake/hooks.ts'
import { createHooks } from '../../src/drivers/hooks/hooks.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import { type HookWish, type HooksWorld, runsHooks } from './hooks.ts'

async function openFake(): Promise<HooksWorld> {
  const fake = new FakeHooks(createVirtualClock())
  const wishes = new Map<string, HookWish>()
  fake.behaviour = (what) => {
    const { output, ...wish } = wishes.get(what) ?? {}
    return { ...wish, ...(output === undefined ? {} : { output: [output] }) }
  }
  const keep = (name: string, wish: HookWish) => {
    wishes.set(name, wish)
    return name
  }
  return {
    hooks: fake.open(),
    program: async (wish) => [keep('./hook.sh', wish)],
    address: async (wish) => keep('https://hooks.example.com', wish),
    get bodies() {
      return fake.calls.map(({ env }) => env)
    },
    close: async () => {},
  }
}

type HostWorld = HooksWorld & { readonly folder: string; readonly headers: IncomingHttpHeaders[] }

async function openHost(): Promise<HostWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'astern-hooks-'))
  const bodies: object[] = []
  const headers: IncomingHttpHeaders[] = []
  let asked: HookWish = {}
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (bytes: Buffer) => (text += bytes.toString()))
    request.on('end', () => {
      bodies.push(JSON.parse(text) as object)
      headers.push(request.headers)
      if (asked.takesMs !== undefined) return // it never answers
      response.writeHead(asked.status ?? 204, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    folder,
    bodies,
    headers,
    hooks: createHooks({ env: { PATH: process.env['PATH'], HOOK_TOKEN: 'hunter2' }, clock: realClock }),
    program: async ({ output, exitCode = 0, takesMs }) => {
      const words = [
        output === undefined ? '' : `echo ${output}`,
        takesMs === undefined ? '' : `sleep ${takesMs / 1_000}`,
      ]
      return ['sh', '-c', [...words.filter(Boolean), `exit ${exitCode}`].join('; ')]
    },
    address: async (wish) => {
      asked = wish
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}

describe('fake hooks', () => {
  runsHooks(openFake)
})

describe('hooks of this host', () => {
  runsHooks(openHost)

  let world: HostWorld
  beforeEach(async () => {
    world = await openHost()
  })
  afterEach(() => world.close())

  const run = async (argv: readonly string[], env: Record<string, string> = {}) => {
    let text = ''
    const onOutput = ({ bytes }: { bytes: Uint8Array }) => void (text += Buffer.from(bytes).toString('utf8'))
    const end = await world.hooks.runOnHost({ argv, cwd: world.folder, env, timeoutMs: 20_000, onOutput })
    return { ...end, text }
  }

  it('run without a shell, in their folder, with their variables beside those of Astern', async () => {
    await writeFile(join(world.folder, 'notify.sh'), '#!/bin/sh\necho "$PWD $ASTERN_HOOK $1"\n', { mode: 0o755 })
    const { text } = await run(['./notify.sh', '$HOME *'], { ASTERN_HOOK: 'after_rollback' })
    expect(text).toBe(`${world.folder} after_rollback $HOME *\n`)
  })

  it('are not waited for when they leave a child behind that holds their output', async () => {
    expect(await run(['sh', '-c', 'sleep 600 & echo done'])).toMatchObject({ exitCode: 0, text: 'done\n' })
  })

  it('whose program is missing say so', async () => {
    await expect(run(['no-such-program-here'])).rejects.toThrow('there is no program no-such-program-here')
  })

  it('send headers whose values come from a variable or a file, and name neither in an error', async () => {
    await writeFile(join(world.folder, 'token'), 's3cret\n')
    const headers = {
      Authorization: { kind: 'env', variable: 'HOOK_TOKEN' },
      'X-Token': { kind: 'file', path: join(world.folder, 'token') },
    } as const
    const call = { headers, body: {}, timeoutMs: 20_000 }
    await world.hooks.post({ ...call, url: await world.address({}) })
    expect(world.headers[0]).toMatchObject({ authorization: 'hunter2', 'x-token': 's3cret' })
    const gone = new URL('/secret-path', await world.address({}))
    await world.close()
    world = await openHost()
    const refused: unknown = await world.hooks
      .post({ ...call, headers: { Authorization: headers.Authorization }, url: gone.href })
      .catch(String)
    expect(refused).toContain('ECONNREFUSED')
    expect(refused).not.toMatch(/hunter2|s3cret|secret-path/)
    const missing = { ...headers, Authorization: { kind: 'env', variable: 'NOT_THERE' } as const }
    await expect(world.hooks.post({ ...call, headers: missing, url: 'http://127.0.0.1:9' })).rejects.toThrow(
      'there is no variable NOT_THERE for the header Authorization',
    )
  })
})
