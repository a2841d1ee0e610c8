// The suite between two Docker engines, over a socket and over ssh.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngines } from '../../src/drivers/docker/engines.ts'
import { ensureInstalled } from '../fixtures/packages.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { type SecondEngine, startSecondEngine } from '../fixtures/second-engine.ts'
import { carriesImages, type EnginesWorld } from './engines.ts'

const run = promisify(execFile)
/** Enough that it does not fit into a pipe. */
const LAYER_BYTES = 8 * 1024 * 1024

let folder: string
let second: SecondEngine
const made = new Set<string>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astern-carry-'))
  second = await startSecondEngine()
})
afterAll(async () => {
  for (const reference of made) await run('docker', ['rmi', '--force', reference])
  await second.close()
  await rm(folder, { recursive: true, force: true })
})

async function make(reference: string, seed: string): Promise<string> {
  const context = join(folder, seed)
  await mkdir(context)
  await writeFile(join(context, 'layer'), Buffer.alloc(LAYER_BYTES, seed))
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY layer /layer\nCMD ["/layer"]\n')
  await run('docker', ['build', '--quiet', '--tag', reference, context])
  made.add(reference)
  return (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', reference])).stdout.trim()
}

function world(to: string, nowhere: string, seed: string, env: NodeJS.ProcessEnv = process.env): EnginesWorld {
  const reference = `astern-carried-${seed}:v1`
  return {
    engines: createEngines({ env, clock: realClock }),
    reference,
    make: () => make(reference, seed),
    to,
    nowhere,
  }
}

describe('two engines over a socket', () => {
  carriesImages(async () => world(second.host, `unix://${folder}/nothing.sock`, 'socket'))

  it('leaves nothing behind of what broke half-way', async () => {
    const id = await make('astern-broken:v1', 'broken')
    const engines = createEngines({ env: process.env, clock: realClock })
    const controller = new AbortController()
    const stopped = engines.stream(
      id,
      { from: null, to: second.host },
      () => controller.abort(new Error('enough')),
      controller.signal,
    )
    await expect(stopped).rejects.toThrow('enough')
    expect(await engines.image(second.host, id)).toBeNull()
    await engines.stream(id, { from: null, to: second.host }, () => {})
    expect((await engines.image(second.host, id))?.configDigest).toBe(id)
  })

  it('says that there is no docker command', async () => {
    const engines = createEngines({ env: { PATH: folder }, clock: realClock })
    const absent = expect.stringContaining('the docker command is not installed')
    await expect(engines.image(null, 'shop:v1')).rejects.toMatchObject({ message: absent })
    const streamed = engines.stream(`sha256:${'1'.repeat(64)}`, { from: null, to: second.host }, () => {})
    await expect(streamed).rejects.toMatchObject({ code: 'CARRY_FAILED', message: absent })
  })
})

describe('two engines over ssh', () => {
  let server: ChildProcess
  let to: string
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    await ensureInstalled({ '/usr/sbin/sshd': 'openssh-server', '/usr/bin/ssh': 'openssh-client' })
    const port = await freePort()
    const file = (name: string) => join(folder, name)
    for (const name of ['host', 'user']) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)])
    await writeFile(
      file('sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${file('host')}`,
        `AuthorizedKeysFile ${file('user.pub')}`,
        'PasswordAuthentication no',
        'StrictModes no',
        'PidFile none',
        // Where that host's own engine is.
        `SetEnv DOCKER_HOST=${second.host}`,
        '',
      ].join('\n'),
    )
    await mkdir('/run/sshd', { recursive: true })
    server = spawn('/usr/sbin/sshd', ['-D', '-f', file('sshd_config')], { stdio: 'ignore' })
    // ssh looks for keys in the home of the account, whatever HOME says.
    const options = `-i ${file('user')} -o IdentitiesOnly=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR -o BatchMode=yes`
    await mkdir(file('bin'))
    await writeFile(file('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${options} "$@"\n`)
    await chmod(file('bin/ssh'), 0o755)
    env = { ...process.env, PATH: `${file('bin')}:${process.env['PATH']}` }
    to = `ssh://${process.env['USER'] ?? 'root'}@127.0.0.1:${port}`
    await reachable(port)
  })
  afterAll(async () => {
    if (server.kill()) await once(server, 'exit')
  })

  carriesImages(async () => world(to, 'ssh://127.0.0.1:1', 'ssh', env))
})

async function reachable(port: number): Promise<void> {
  for (let looks = 0; looks < 200; looks += 1) {
    const socket = connect(port, '127.0.0.1')
    const answers = await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('sshd does not answer')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
