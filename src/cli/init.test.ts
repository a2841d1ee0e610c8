import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { folderWith } from '../../test/doubles/folder.ts'
import { loadConfig } from '../config/load-config.ts'
import { isAsternError } from '../core/errors.ts'
import type { App } from '../operations/app.ts'
import type { Context } from './context.ts'
import { run } from './init.ts'

/** It opens no state: there is none to open. */
const noApp = { store: { folder: '/nowhere' }, clock: { now: () => 0 } } as unknown as App

const GIN = {
  'go.mod': 'module example.com/shop\n\ngo 1.26\n\nrequire github.com/gin-gonic/gin v1.12.0\n',
  'main.go':
    'package main\n\nimport "github.com/gin-gonic/gin"\n\nfunc main() {\n\tr := gin.Default()\n\tr.GET("/healthz", ok)\n\tr.Run(":8080")\n}\n',
  '.git/HEAD': 'ref: refs/heads/main\n',
}
const PGX = { ...GIN, 'go.mod': `${GIN['go.mod']}require github.com/jackc/pgx/v5 v5.12.0\n` }

function at(folder: string, changes: Parameters<typeof createConsole>[1] = {}) {
  const world = createConsole(noApp, {
    cwd: folder,
    env: { PATH: '/nowhere' },
    open: () => Promise.reject(new Error('it needs no state')),
    ...changes,
  })
  const init = (options: Readonly<Record<string, string | true>> = {}) => run(world.context, given('init', [], options))
  return { ...world, init }
}

const read = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8')
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

type Told = { files: { path: string; action: string; why: string }[]; [key: string]: unknown }
async function told(
  folder: string,
  options: Readonly<Record<string, string | true>> = {},
  changes: Partial<Context> = {},
) {
  const world = at(folder, { ...changes, json: true })
  const exit = await world.init(options)
  return { exit, answer: world.answer() as Told, out: world.out }
}

async function errorOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (isAsternError(error)) return { code: error.code, exit: error.exit, message: error.message }
    throw error
  }
  throw new Error('there was no error')
}

describe('astern init', () => {
  it('writes what a Gin project lacks, and what it writes loads without a problem', async () => {
    const folder = folderWith(PGX)
    const { exit, answer } = await told(folder, { ci: 'github' })
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      transaction_id: null,
      operation: 'init',
      service: 'shop',
      environment: null,
      outcome: 'succeeded',
      dry_run: false,
      project: { language: 'go', framework: 'Gin', version: '1.26' },
      port: 8080,
      health: '/healthz',
      ci: 'github',
      warnings: [],
      error: null,
    })
    expect(answer['found']).toContainEqual({ what: 'port', value: '8080', file: 'main.go', line: 8 })
    const written = [
      '.astern/astern.schema.json',
      '.dockerignore',
      '.env.example',
      '.github/workflows/astern-rollback.yml',
      '.github/workflows/astern.yml',
      '.gitignore',
      'Dockerfile',
      'astern.yaml',
      'compose.yaml',
    ]
    expect(
      answer.files
        .filter(({ action }) => action === 'written')
        .map(({ path }) => path)
        .sort(),
    ).toEqual(written)
    expect(filesIn(folder)).toEqual([...written, ...Object.keys(PGX)].sort())
    const { definitions, notes } = loadConfig({ cwd: folder })
    expect(notes).toEqual([])
    expect(definitions).toMatchObject([
      {
        service: 'shop',
        environment: 'prod',
        image: 'shop',
        process: { port: 8080 },
        health: { kind: 'http', path: '/healthz' },
        listen: '127.0.0.1:18080',
      },
    ])
  })

  it('writes an astern.yaml whose schema lies beside it', async () => {
    const folder = folderWith(GIN)
    await at(folder).init()
    const [first = ''] = read(folder, 'astern.yaml').split('\n')
    const schema = JSON.parse(read(folder, /\$schema=(\S+)/.exec(first)![1]!)) as { properties: object }
    expect(Object.keys(schema.properties)).toContain('services')
  })

  it('keeps secrets out of git and out of the image', async () => {
    const folder = folderWith(PGX)
    await at(folder).init()
    expect(read(folder, '.gitignore')).toBe('.env\nsecrets/\n')
    expect(read(folder, '.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.git', '.env*', 'secrets']))
    expect(read(folder, '.env.example')).toMatch(/^POSTGRES_PASSWORD=$/m)
    expect(read(folder, 'compose.yaml')).toContain('POSTGRES_PASSWORD:?')
  })

  it('has nothing to do the second time: exit 6', async () => {
    const folder = folderWith(PGX)
    await at(folder).init({ ci: 'gitlab' })
    const before = filesIn(folder).map((path) => [path, read(folder, path)])
    const again = await told(folder, { ci: 'gitlab' })
    expect(again).toMatchObject({ exit: 6, answer: { outcome: 'noop' } })
    expect(new Set(again.answer.files.map(({ action }) => action))).toEqual(new Set(['kept']))
    expect(filesIn(folder).map((path) => [path, read(folder, path)])).toEqual(before)
    // What it wrote itself tells it which CI there is.
    expect((await told(folder)).answer['ci']).toBe('gitlab')
  })

  it('goes by what it wrote before, whatever was chosen then', async () => {
    const folder = folderWith(PGX)
    const chosen = {
      service: 'store',
      image: 'r.example.com/store',
      port: '9000',
      health: 'tcp',
      listen: '0.0.0.0:80',
      environments: 'prod,qa',
    }
    await at(folder).init({ ...chosen, ci: 'github' })
    writeFileSync(join(folder, '.env'), 'POSTGRES_PASSWORD=secret\n')
    const again = await told(folder)
    expect(again.exit).toBe(6)
    expect(again.answer).toMatchObject({
      service: 'store',
      port: 9000,
      health: null,
      environments: ['prod', 'qa'],
      ci: 'github',
      warnings: [],
    })
    expect(again.answer.files.filter(({ action }) => action !== 'kept')).toEqual([])
  })

  it('never writes over a file: it shows what differs', async () => {
    const mine = 'FROM golang:1.26\nEXPOSE 9000\nCMD app\n'
    const folder = folderWith({ ...GIN, Dockerfile: mine, '.gitignore': '/bin\n' })
    const { init, out } = at(folder)
    expect(await init()).toBe(0)
    expect(read(folder, 'Dockerfile')).toBe(mine)
    expect(read(folder, '.gitignore')).toBe('/bin\n')
    const text = out.join('\n')
    expect(text).toContain('≠ Dockerfile')
    expect(text).toContain('--- Dockerfile\n+++ Dockerfile (astern init)\n@@')
    expect(text).toContain('\n-CMD app\n')
    expect(text).toContain('\n /bin\n+.env\n+secrets/')
    expect(read(folder, 'astern.yaml')).toContain('port: 9000')
  })

  it('colours a difference where colours are wanted', async () => {
    const { init, out } = at(folderWith({ ...GIN, '.gitignore': '/bin\n' }), { colour: true })
    await init()
    expect(out).toContain('\u001B[32m+.env\u001B[0m')
  })

  it('takes the service from a compose file of the user where that loads', async () => {
    const compose =
      'services:\n  web: { build: ., ports: ["8080:8080"], environment: { GIN_MODE: release } }\n  db: { image: "postgres:17" }\n'
    const folder = folderWith({ ...PGX, 'docker-compose.yml': compose })
    const { answer } = await told(folder)
    expect(answer.files).toContainEqual({ path: 'docker-compose.yml', action: 'kept', why: 'yours' })
    expect(filesIn(folder)).not.toContain('compose.yaml')
    expect(read(folder, 'astern.yaml')).toContain('compose: docker-compose.yml#web')
    expect(read(folder, 'docker-compose.yml')).toBe(compose)
    expect(loadConfig({ cwd: folder }).definitions).toMatchObject([
      { service: 'shop', image: 'shop', process: { port: 8080, env: { GIN_MODE: 'release' } } },
    ])
  })

  it('says why it does not take it from one that does not load', async () => {
    const folder = folderWith({
      ...GIN,
      'compose.yaml': 'services:\n  web: { build: ., env_file: [missing.env], ports: [8080] }\n',
    })
    const { answer } = await told(folder)
    expect(answer['warnings']).toEqual([expect.stringMatching(/compose\.yaml: .*missing\.env/)])
    expect(read(folder, 'astern.yaml')).not.toContain('compose:')
    expect(loadConfig({ cwd: folder }).definitions).toHaveLength(1)
  })

  it('shows everything and writes nothing with --dry-run', async () => {
    const folder = folderWith(GIN)
    const { init, out } = at(folder)
    expect(await init({ 'dry-run': true })).toBe(0)
    expect(out.join('\n')).toContain('+ Dockerfile')
    expect(filesIn(folder)).toEqual(Object.keys(GIN).sort())
  })

  it('goes by its options', async () => {
    const folder = folderWith(GIN)
    await at(folder).init({
      service: 'store',
      image: 'registry.example.com/team/store',
      port: '9000',
      health: 'tcp',
      listen: '0.0.0.0:80',
      environments: 'prod,staging',
      ci: 'tekton',
      database: true,
    })
    const text = read(folder, 'astern.yaml')
    expect(text).toContain('health: tcp')
    expect(loadConfig({ cwd: folder }).definitions).toMatchObject([
      {
        service: 'store',
        environment: 'prod',
        image: 'registry.example.com/team/store',
        process: { port: 9000 },
        health: { kind: 'tcp' },
        listen: '0.0.0.0:80',
      },
      { service: 'store', environment: 'staging', listen: '0.0.0.0:18081' },
    ])
    expect(read(folder, 'Dockerfile')).toContain('EXPOSE 9000')
    expect(filesIn(folder)).toEqual(
      expect.arrayContaining(['compose.yaml', '.tekton/astern.yaml', '.tekton/astern-rollback.yaml']),
    )
  })

  it.each([
    ['port', '80a'],
    ['port', '70000'],
    ['health', 'healthz'],
    ['listen', 'localhost'],
    ['image', '-v'],
    ['image', 'Shop:latest'],
    ['service', 'My Shop'],
    ['ci', 'jenkins'],
    ['environments', 'prod,prod'],
    ['main', 'cmd/nothing'],
  ])('refuses --%s %s, and writes nothing', async (name, value) => {
    const folder = folderWith(GIN)
    expect(await errorOf(at(folder).init({ [name]: value }))).toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: expect.stringContaining(value),
    })
    expect(filesIn(folder)).toEqual(Object.keys(GIN).sort())
  })

  it('says where it could be run when nothing is recognised', async () => {
    const folder = folderWith({ 'README.md': '', 'backend/go.mod': 'module x\n' })
    expect(await errorOf(at(folder).init())).toMatchObject({
      code: 'INIT_UNKNOWN',
      exit: 2,
      message: expect.stringContaining('backend/go.mod'),
    })
  })

  it('adds its jobs to the .gitlab-ci.yml of a project only on paper', async () => {
    const mine = 'include:\n  - template: Security/SAST.gitlab-ci.yml\n\ntest:\n  script: [make test]\n'
    const folder = folderWith({ ...GIN, '.gitlab-ci.yml': mine })
    const { init, out } = at(folder)
    await init()
    expect(read(folder, '.gitlab-ci.yml')).toBe(mine)
    expect(out).toContain('+  - local: .gitlab/astern.yml')
    expect(filesIn(folder)).toContain('.gitlab/astern.yml')
  })
})

describe('astern init at a terminal', () => {
  const answers = (...changed: readonly (readonly [index: number, answer: string])[]) => {
    const all = Array.from({ length: 8 }, () => '')
    for (const [index, answer] of changed) all[index] = answer
    return all
  }

  it('asks little, and takes what was found for an answer', async () => {
    const folder = folderWith(GIN)
    const { init, questions } = at(folder, { types: answers() })
    expect(await init()).toBe(0)
    expect(questions).toEqual([
      'Name of the service [shop]',
      'Repository of its image [shop]',
      'Port in its container [8080]',
      'Health path, or tcp [/healthz]',
      'Environments [prod]',
      'Where users of prod connect [127.0.0.1:18080]',
      'CI (github, gitlab, tekton, none) [none]',
      'Write 5 files (y, n) [y]',
    ])
    expect(filesIn(folder)).toContain('astern.yaml')
  })

  it('asks again where an answer cannot be used', async () => {
    const folder = folderWith(GIN)
    const { init, err } = at(folder, { types: ['store', '', 'eighty', '81', '', '', '', '', ''] })
    expect(await init()).toBe(0)
    expect(err.join('\n')).toContain('Expected 8080, got "eighty".')
    expect(read(folder, 'astern.yaml')).toMatch(/store:\n\s+image: store\s.*\n\s+registry: none\s.*\n\s+port: 81\s/)
  })

  it('writes nothing when it is left, or when the answer is no', async () => {
    for (const types of [['store'], answers([7, 'n'])]) {
      const folder = folderWith(GIN)
      expect(await errorOf(at(folder, { types }).init())).toMatchObject({ code: 'USAGE' })
      expect(filesIn(folder)).toEqual(Object.keys(GIN).sort())
    }
  })

  it('asks which program where there are several, and whether a database is wanted', async () => {
    const folder = folderWith({
      ...PGX,
      'main.go': 'package lib\n',
      'cmd/api/main.go': GIN['main.go'],
      'cmd/jobs/main.go': 'package main\nfunc main() { r.Run(":7000") }\n',
    })
    const { init, questions } = at(folder, { types: ['./cmd/jobs', '', '', '', '', '', '', '', 'n', ''] })
    await init()
    expect(questions[0]).toBe('Which program (./cmd/api, ./cmd/jobs) [./cmd/api]')
    expect(read(folder, 'Dockerfile')).toContain('-o /out/app ./cmd/jobs')
    expect(filesIn(folder)).not.toContain('compose.yaml')
  })

  it('asks nothing with --yes', async () => {
    const { init, questions } = at(folderWith(GIN), { types: answers() })
    await init({ yes: true })
    expect(questions).toEqual([])
  })
})

describe('a folder that makes it hard', () => {
  it('keeps a link where it is, and reads through it', async () => {
    const folder = folderWith({ ...GIN, 'docker/Dockerfile': 'FROM scratch\n' })
    symlinkSync('docker/Dockerfile', join(folder, 'Dockerfile'))
    symlinkSync('nowhere', join(folder, '.dockerignore'))
    const { answer } = await told(folder)
    expect(answer.files).toContainEqual(expect.objectContaining({ path: 'Dockerfile', action: 'differs' }))
    expect(answer.files).toContainEqual({ path: '.dockerignore', action: 'kept', why: 'yours' })
    expect(read(folder, 'docker/Dockerfile')).toBe('FROM scratch\n')
  })

  it('says what could not be written and what was, and goes on from there the next time', async () => {
    const folder = folderWith({ ...GIN, '.astern': 'a file, no folder\n' })
    expect(await errorOf(at(folder).init())).toMatchObject({
      code: 'INIT_NOT_WRITTEN',
      exit: 1,
      message: expect.stringMatching(
        /^\.astern\/astern\.schema\.json cannot be written.*Written before it: Dockerfile, \.dockerignore, astern\.yaml\./,
      ),
    })
    expect(await errorOf(at(folder).init())).toMatchObject({
      message: expect.stringContaining('Written before it: -.'),
    })
  })

  it('passes over what may not be read, and links that go round', async () => {
    const folder = folderWith(GIN)
    mkdirSync(join(folder, 'closed'))
    writeFileSync(join(folder, 'closed/main.go'), 'package main\n')
    symlinkSync('.', join(folder, 'round'))
    chmodSync(join(folder, 'closed'), 0o000)
    expect(await at(folder).init()).toBe(0)
    chmodSync(join(folder, 'closed'), 0o700)
  })
})
