// HAProxy as a process, in a container and as a program of the host: what it may do, how it starts, ends and comes back, and why it does not start.
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { docker, engineOf, until } from '../../../test/conformance/haproxy-world.ts'
import { realClock } from '../../../test/fixtures/real-clock.ts'
import { createServer } from 'node:net'
import type { ProxyProcess, Traffic, TrafficWanted } from '../../ports/traffic.ts'
import { createEngineApi } from '../docker/engine-api.ts'
import { resolveEndpoint } from '../docker/endpoint.ts'
import { createHaproxyTraffic } from './driver.ts'
import { createProxyProcess } from './process.ts'

const IMAGE = 'haproxy:3.2-nonroot'
const NO_IMAGE = 'localhost:9/haproxy:none'
const LISTEN = '127.0.0.1:21990'
const installation = 'testproxy'
const container = `astern-${installation}-proxy`
const run = promisify(execFile)

let state: string
let dir: string
let wanted: TrafficWanted
let traffic: Traffic
let proxy: ProxyProcess

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'astern-process-'))
  open(join(state, 'proxy'))
})
afterEach(async () => {
  traffic.close()
  await proxy.ensureStopped()
  await docker('rm', '--force', container).catch(() => undefined)
  rmSync(state, { recursive: true, force: true })
})

function open(folder: string, env: Readonly<Record<string, string>> = { ASTERN_HAPROXY_IMAGE: IMAGE }): void {
  dir = folder
  wanted = { generation: 1, proofSecret: 'c0ffee', backends: [backendAt(LISTEN)] }
  traffic = createHaproxyTraffic({ dir, wanted: () => wanted, lock: (work) => work(), clock: realClock })
  proxy = createProxyProcess({ dir, installation, env, clock: realClock, engine: engineOf() })
}

function backendAt(listen: string): TrafficWanted['backends'][number] {
  const check = { intervalMs: 500, timeoutMs: 500, rise: 1, fall: 2 }
  return {
    service: 'shop',
    environment: 'prod',
    listen,
    hosts: [],
    check,
    servers: [],
    trial: null,
    standIn: null,
    rules: { sticky: null, failure: { header: null, statuses: [], grpc: true }, previewFrom: [] },
  }
}

/** As `up` does it. */
async function up(): Promise<unknown> {
  await traffic.ensure().catch(() => undefined)
  return proxy.ensureRunning()
}

async function status(listen = LISTEN): Promise<number> {
  return (await fetch(`http://${listen}/`).catch(() => null))?.status ?? 0
}

describe('in a container', () => {
  it('starts, is known, and ends', async () => {
    expect(await proxy.facts()).toEqual({ running: false, version: null, kind: null })
    const facts = await up()
    expect(facts).toEqual({ running: true, version: expect.stringMatching(/^3\./) as string, kind: 'container' })
    expect(await proxy.facts()).toEqual(facts)
    expect(await status()).toBe(503)
    await traffic.ensure()
    await proxy.ensureStopped()
    expect(await proxy.facts()).toEqual({ running: false, version: null, kind: null })
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${container}`)).toBe('')
    await proxy.ensureStopped()
  })

  it('is not started twice', async () => {
    await up()
    const id = await docker('inspect', '--format', '{{.Id}}', container)
    await up()
    expect(await docker('inspect', '--format', '{{.Id}}', container)).toBe(id)
  })

  it('has the rights that it needs, and no other', async () => {
    await up()
    const [seen] = JSON.parse(await docker('inspect', container)) as [Record<string, Record<string, unknown>>]
    expect(seen['Config']).toMatchObject({
      Labels: { 'astern.installation': installation, 'astern.role': 'proxy' },
      StopSignal: 'SIGUSR1',
    })
    expect(seen['HostConfig']).toMatchObject({
      NetworkMode: 'host',
      RestartPolicy: { Name: 'unless-stopped' },
      Privileged: false,
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    })
    const pid = Number(seen['State']?.['Pid'])
    // set for root; the worker has none left
    expect(capabilitiesOf(pid)).toEqual(['kill', 'net_bind_service', 'setgid', 'setuid'])
    const { stdout } = await run('pgrep', ['--parent', String(pid)])
    expect(capabilitiesOf(Number(stdout.trim()))).toEqual([])
    expect(readFileSync(`/proc/${stdout.trim()}/status`, 'utf8')).toMatch(/^Uid:\s+99\s/m)
  })

  it('gives way to its successor after a reload, so that no former worker serves on', async () => {
    await up()
    await traffic.ensure()
    const before = (await traffic.observe()).process
    wanted = {
      ...wanted,
      generation: 2,
      backends: [...wanted.backends, { ...backendAt('127.0.0.1:21991'), service: 'api' }],
    }
    await traffic.ensure()
    expect((await traffic.observe()).process).not.toBe(before)
    await until(async () => (await docker('top', container)).split('\n').length === 3)
  })

  it('comes back with its file when it is killed', async () => {
    await up()
    const { process: before } = await traffic.observe()
    process.kill(Number(await docker('inspect', '--format', '{{.State.Pid}}', container)), 'SIGKILL')
    await until(async () => {
      const seen = await traffic.observe().catch(() => null)
      return seen !== null && seen.process !== before
    })
    expect(await status()).toBe(503)
    await traffic.ensure()
  })

  it('listens on a port below 1024', async () => {
    wanted = { ...wanted, backends: [backendAt('127.0.0.1:981')] }
    await up()
    expect(await status('127.0.0.1:981')).toBe(503)
  })

  it('works with a state that belongs to somebody else', async () => {
    chmodSync(state, 0o770)
    chownSync(state, 1000, 1000)
    await up()
    await traffic.ensure()
    wanted = {
      ...wanted,
      generation: 2,
      backends: [...wanted.backends, { ...backendAt('127.0.0.1:21991'), service: 'api' }],
    }
    await traffic.ensure()
    expect(await status('127.0.0.1:21991')).toBe(503)
    const { stdout } = await run('stat', [
      '--format',
      '%G %a',
      join(dir, 'run', 'admin.sock'),
      join(dir, 'cfg', 'haproxy.cfg'),
    ])
    const group = (await run('stat', ['--format', '%G', state])).stdout.trim()
    expect(stdout.trim().split('\n')).toEqual([`${group} 660`, `${group} 660`])
  })

  it('is started again when it was stopped by hand', async () => {
    await up()
    await docker('stop', '--time', '1', container)
    expect((await proxy.facts()).running).toBe(false)
    await up()
    expect(await status()).toBe(503)
  })
})

describe('what keeps it from starting', () => {
  it('is a port that somebody else has, who is named', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(21_990, '127.0.0.1', resolve))
    try {
      await expect(up()).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        details: { address: LISTEN, by: expect.stringContaining(`process ${process.pid}`) as string },
      })
      expect(await docker('ps', '--all', '--quiet', '--filter', `name=${container}`)).toBe('')
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
    await up()
    expect(await status()).toBe(503)
  })

  it('is an address that this host does not have', async () => {
    wanted = { ...wanted, backends: [backendAt('203.0.113.7:21990')] }
    await expect(up()).rejects.toMatchObject({ code: 'PROXY_REFUSED', details: { command: 'bind 203.0.113.7:21990' } })
  })

  it('is a file that it does not understand, and what it says of it is shown', async () => {
    await traffic.ensure().catch(() => undefined)
    writeFileSync(join(dir, 'cfg', 'haproxy.cfg'), 'global\n  nonsense\n')
    await expect(proxy.ensureRunning()).rejects.toMatchObject({
      code: 'PROXY_REFUSED',
      message: expect.stringContaining('nonsense') as string,
    })
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${container}`)).toBe('')
  })

  it('is an image that cannot be had, on a host without HAProxy', async () => {
    open(dir, { ASTERN_HAPROXY_IMAGE: NO_IMAGE, PATH: '/nowhere' })
    const said: string[] = []
    await traffic.ensure().catch(() => undefined)
    await expect(proxy.ensureRunning((text) => said.push(text))).rejects.toMatchObject({
      code: 'PROXY_UNAVAILABLE',
      message: expect.stringMatching(/localhost:9\/haproxy:none is not on this host .*; there is no haproxy/) as string,
    })
    expect(said).toEqual([`pulling ${NO_IMAGE}`])
  })

  it('is a HAProxy of the host that is too old', async () => {
    program('#!/bin/sh\necho "HAProxy version 2.6.12-1+deb12u2 2025/04/01 - https://haproxy.org/"\n')
    open(dir, { ASTERN_HAPROXY_IMAGE: NO_IMAGE, PATH: join(state, 'bin') })
    await expect(up()).rejects.toMatchObject({ code: 'PROXY_TOO_OLD', details: { version: '2.6.12-1+deb12u2' } })
  })

  it('is neither an engine nor a program', async () => {
    await traffic.ensure().catch(() => undefined)
    const engine = createEngineApi(resolveEndpoint({ DOCKER_HOST: 'unix:///nowhere.sock' }), realClock)
    const nowhere = createProxyProcess({ dir, installation, env: { PATH: '/nowhere' }, clock: realClock, engine })
    await expect(nowhere.ensureRunning()).rejects.toMatchObject({
      code: 'PROXY_UNAVAILABLE',
      message: expect.stringMatching(/unix:\/\/\/nowhere.sock does not answer.*; there is no haproxy/) as string,
    })
  })
})

describe('as a program of the host', () => {
  it('starts, serves, is reloaded and ends', async () => {
    await unpackProgram()
    open(dir, { ASTERN_HAPROXY_IMAGE: NO_IMAGE, PATH: join(state, 'bin') })
    expect(await up()).toMatchObject({ running: true, kind: 'host' })
    expect(await status()).toBe(503)
    const pid = readFileSync(join(dir, 'run', 'haproxy.pid'), 'utf8').trim()
    expect(commandLine(pid)).toContain('haproxy.cfg')
    wanted = {
      ...wanted,
      generation: 2,
      backends: [...wanted.backends, { ...backendAt('127.0.0.1:21991'), service: 'api' }],
    }
    await traffic.ensure()
    expect(await status('127.0.0.1:21991')).toBe(503)
    expect(await up()).toMatchObject({ running: true, kind: 'host' })
    await proxy.ensureStopped()
    expect(commandLine(pid)).toBe('')
    expect(await proxy.facts()).toMatchObject({ running: false })
    expect(await up()).toMatchObject({ running: true, kind: 'host' })
  })

  it('says what HAProxy says when it does not start', async () => {
    await unpackProgram()
    open(dir, { ASTERN_HAPROXY_IMAGE: NO_IMAGE, PATH: join(state, 'bin') })
    await traffic.ensure().catch(() => undefined)
    writeFileSync(join(dir, 'cfg', 'haproxy.cfg'), 'global\n  nonsense\n')
    await expect(proxy.ensureRunning()).rejects.toMatchObject({
      code: 'PROXY_REFUSED',
      message: expect.stringContaining('nonsense') as string,
    })
  })
})

/** Empty when it has ended. */
function commandLine(pid: string): string {
  return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
}

function program(text: string): void {
  mkdirSync(join(state, 'bin'), { recursive: true })
  writeFileSync(join(state, 'bin', 'haproxy'), text, { mode: 0o755 })
}

/** The program of the image, with the image's own loader and libraries: the host's may be too old for it. */
async function unpackProgram(): Promise<void> {
  const root = join(state, 'root')
  mkdirSync(root)
  const id = await docker('create', IMAGE)
  await run('sh', ['-c', 'docker export "$1" | tar -x -C "$2"', 'sh', id, root])
  await docker('rm', id)
  const [loader, binary, libraries] = [
    (await run('find', [root, '-name', 'ld-linux-*.so.*', '-print', '-quit'])).stdout.trim(),
    (await run('find', [root, '-type', 'f', '-path', '*sbin/haproxy', '-print', '-quit'])).stdout.trim(),
    (await run('find', [root, '-name', 'libc.so.6', '-printf', '%h', '-quit'])).stdout.trim(),
  ]
  const self = join(state, 'bin', 'haproxy')
  program(`#!/bin/sh\nexec ${loader} --argv0 ${self} --library-path ${libraries} ${binary} "$@"\n`)
}

const names: Readonly<Record<number, string>> = { 5: 'kill', 6: 'setgid', 7: 'setuid', 10: 'net_bind_service' }

function capabilitiesOf(pid: number): string[] {
  const set = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'}`)
  return Array.from({ length: 64 }, (_, bit) => ((set >> BigInt(bit)) & 1n ? (names[bit] ?? `${bit}`) : ''))
    .filter((name) => name !== '')
    .sort()
}
