import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveEndpoint } from './endpoint.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'endpoint-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const reached = (environment: Record<string, string>) => {
  const { name, connection } = resolveEndpoint({ HOME: home, ...environment })
  return { name, ...connection }
}

function writeConfig(config: object): void {
  mkdirSync(join(home, '.docker'), { recursive: true })
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(config))
}

function writeContext(name: string, endpoint: object, certificates: Record<string, string> = {}): void {
  const id = createHash('sha256').update(name).digest('hex')
  const [meta, tls] = [join(home, '.docker/contexts/meta', id), join(home, '.docker/contexts/tls', id, 'docker')]
  for (const folder of [meta, tls]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: endpoint } }))
  for (const [file, text] of Object.entries(certificates)) writeFileSync(join(tls, file), text)
}

describe('the endpoint of the engine', () => {
  it('is the local socket when nothing else is said', () => {
    const local = { name: 'unix:///var/run/docker.sock', kind: 'unix', socketPath: '/var/run/docker.sock' }
    expect(reached({})).toEqual(local)
    expect(reached({ DOCKER_CONTEXT: 'default', DOCKER_HOST: '' })).toEqual(local)
    expect(resolveEndpoint({}).connection).toEqual({ kind: 'unix', socketPath: '/var/run/docker.sock' })
  })
  it('is the socket that DOCKER_HOST names', () => {
    expect(reached({ DOCKER_HOST: 'unix:///run/other.sock' })).toMatchObject({ socketPath: '/run/other.sock' })
  })
  it.each([
    ['tcp://10.0.0.5:4243', { host: '10.0.0.5', port: 4243 }],
    ['tcp://docker.test', { host: 'docker.test', port: 2375 }],
    ['docker.test:80', { host: 'docker.test', port: 80 }],
    ['tcp://[fd00::1]:2375', { host: 'fd00::1', port: 2375 }],
  ])('is plain TCP at %s', (host, expected) => {
    expect(reached({ DOCKER_HOST: host })).toMatchObject({ kind: 'tcp', tls: null, ...expected })
  })
  it('is TCP with the certificates of DOCKER_CERT_PATH when TLS is asked for', () => {
    writeFileSync(join(home, 'ca.pem'), 'CA')
    writeFileSync(join(home, 'cert.pem'), 'CERT')
    writeFileSync(join(home, 'key.pem'), 'KEY')
    expect(reached({ DOCKER_HOST: 'tcp://docker.test', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: home })).toMatchObject(
      { port: 2376, tls: { ca: 'CA', cert: 'CERT', key: 'KEY', verify: true } },
    )
  })
  it('is that of the current context, of DOCKER_CONTEXT before it, and of DOCKER_HOST before both', () => {
    writeConfig({ currentContext: 'one' })
    writeContext('one', { Host: 'unix:///run/one.sock' })
    writeContext('two', { Host: 'tcp://two.test:2376', SkipTLSVerify: true }, { 'ca.pem': 'CA' })
    expect(reached({})).toMatchObject({ socketPath: '/run/one.sock' })
    expect(reached({ DOCKER_CONTEXT: 'two' })).toMatchObject({ host: 'two.test', tls: { ca: 'CA', verify: false } })
    expect(reached({ DOCKER_CONTEXT: 'two', DOCKER_HOST: 'unix:///run/x.sock' })).toMatchObject({
      socketPath: '/run/x.sock',
    })
  })
  it('has its contexts where DOCKER_CONFIG says', () => {
    writeContext('one', { Host: 'unix:///run/one.sock' })
    const environment = { DOCKER_CONFIG: join(home, '.docker'), DOCKER_CONTEXT: 'one' }
    expect(resolveEndpoint(environment).connection).toMatchObject({ socketPath: '/run/one.sock' })
  })
  it.each([
    ['ssh://me@host', 'ssh:// is not supported yet'],
    ['npipe:////./pipe/docker', 'npipe:// is not supported'],
    ['unix://', 'it names no socket'],
  ])('says why %s cannot be used', (host, reason) => {
    expect(reached({ DOCKER_HOST: host })).toMatchObject({ kind: 'unusable', name: host })
    expect(reached({ DOCKER_HOST: host })).toHaveProperty('reason', expect.stringContaining(reason))
  })
  it('says which context is missing', () => {
    expect(reached({ DOCKER_CONTEXT: 'gone' })).toEqual({
      name: 'context gone',
      kind: 'unusable',
      reason: 'there is no Docker context gone; docker context ls shows them',
    })
  })
  it('says which file is damaged', () => {
    mkdirSync(join(home, '.docker'))
    writeFileSync(join(home, '.docker', 'config.json'), '{')
    expect(reached({})).toHaveProperty('reason', expect.stringContaining('config.json is not JSON'))
  })
})
