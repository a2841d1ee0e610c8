// What `astern init` writes builds and runs on a real engine: a Gin project, one that uses Go's own HTTP, and one that has nothing but a Dockerfile.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { loadConfig } from '../config/load-config.ts'
import { readDockerfile } from '../core/init/look-dockerfile.ts'
import type { App } from '../operations/app.ts'
import { run } from './init.ts'

const execute = promisify(execFile)
const SHOP = join(import.meta.dirname, '../../examples/gin-shop')
const TAG = `astern-init-test-${process.pid}`
/** The first one compiles Gin. */
const BUILD_LIMIT_MS = 400_000

const docker = async (...args: string[]) => (await execute('docker', args, { timeout: BUILD_LIMIT_MS })).stdout.trim()
const cleanUp: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const work of cleanUp.splice(0).toReversed()) await work()
})

async function initiated(fill: (folder: string) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'astern-init-'))
  cleanUp.push(() => rmSync(folder, { recursive: true }))
  fill(folder)
  const { context } = createConsole({ store: { folder: '' } } as unknown as App, { cwd: folder, env: process.env })
  expect(await run(context, given('init', [], { yes: true }))).toBe(0)
  return folder
}

type Started = {
  readonly user: string
  readonly command: readonly string[]
  readonly version: string
  readonly health: () => Promise<number>
}

/** Builds what lies in the folder, and starts it. `health` ends as the HEALTHCHECK of the image ends in its container. */
async function started(folder: string): Promise<Started> {
  await docker('build', '--quiet', '--build-arg', 'VERSION=v1.2.3', '--tag', TAG, folder)
  cleanUp.push(() => docker('image', 'rm', '--force', TAG))
  type Config = { User: string; Cmd: string[]; Labels: Record<string, string>; Healthcheck: { Test: string[] } }
  const config = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config}}', TAG)) as Config
  const container = await docker('run', '--detach', TAG)
  cleanUp.push(() => docker('rm', '--force', '--volumes', container))
  const [kind, ...check] = config.Healthcheck.Test
  expect(kind).toBe('CMD')
  const health = () =>
    docker('exec', container, ...check).then(
      () => 0,
      (error: { code: number }) => error.code,
    )
  return { user: config.User, command: config.Cmd, version: config.Labels['org.opencontainers.image.version']!, health }
}

/** Without a sleep: each try is a process of its own. */
async function healthy(ask: () => Promise<number>): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) if ((await ask()) === 0) return true
  return false
}

describe('what astern init writes', () => {
  it(
    'builds and runs a Gin project, as nobody, with its version, asked by its health route',
    async () => {
      const ours = /^(Dockerfile|compose\.yaml|astern\.yaml|Makefile|\.dockerignore|\.gitignore)$/
      const folder = await initiated((folder) => {
        for (const name of readdirSync(SHOP))
          if (!ours.test(name)) cpSync(join(SHOP, name), join(folder, name), { recursive: true })
      })
      const { health, ...image } = await started(folder)
      expect(image).toEqual({ user: '10001:10001', command: ['/app'], version: 'v1.2.3' })
      expect(await healthy(health)).toBe(true)
      expect(await docker('run', '--rm', TAG, '/app', 'version')).toBe('v1.2.3')
      expect(loadConfig({ cwd: folder }).definitions).toMatchObject([
        { service: 'gin-shop', health: { path: '/healthz' } },
      ])
    },
    BUILD_LIMIT_MS,
  )

  it(
    "builds and runs a program on Go's own HTTP, asked by TCP",
    async () => {
      const folder = await initiated((folder) => {
        writeFileSync(join(folder, 'go.mod'), 'module example.com/plain\n\ngo 1.26\n')
        mkdirSync(join(folder, 'cmd/plain'), { recursive: true })
        const lines = [
          'package main',
          '',
          'import "net/http"',
          '',
          'func main() {',
          '\tpanic(http.ListenAndServe(":9000", http.NotFoundHandler()))',
          '}',
          '',
        ]
        writeFileSync(join(folder, 'cmd/plain/main.go'), lines.join('\n'))
      })
      const { health, ...image } = await started(folder)
      expect(image).toMatchObject({ user: '10001:10001', version: 'v1.2.3' })
      expect(await healthy(health)).toBe(true)
      expect(loadConfig({ cwd: folder }).definitions).toMatchObject([
        { service: 'plain', process: { port: 9000 }, health: { kind: 'tcp' } },
      ])
    },
    BUILD_LIMIT_MS,
  )

  it(
    'leaves a Dockerfile as it is, and takes port and health from it',
    async () => {
      const text = [
        'FROM alpine:3.22',
        'USER 10001',
        'EXPOSE 9000',
        'HEALTHCHECK CMD ["wget", "-q", "-O", "-", "http://127.0.0.1:9000/health"]',
        'LABEL org.opencontainers.image.version=own',
        'CMD ["httpd", "-f", "-p", "9000", "-h", "/srv"]',
        'COPY health /srv/health',
        '',
      ].join('\n')
      const folder = await initiated((folder) => {
        writeFileSync(join(folder, 'Dockerfile'), text)
        writeFileSync(join(folder, 'health'), 'ok\n')
      })
      expect(await healthy((await started(folder)).health)).toBe(true)
      expect(readDockerfile('Dockerfile', text).health?.value).toBe('/health')
      expect(loadConfig({ cwd: folder }).definitions).toMatchObject([
        { process: { port: 9000 }, health: { path: '/health' } },
      ])
    },
    BUILD_LIMIT_MS,
  )
})
