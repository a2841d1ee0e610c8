import { describe, expect, it } from 'vitest'
import { seenProject } from '../../../test/doubles/project.ts'
import { lookAtNode } from './look-node.ts'
import type { NodeProject } from './seen.ts'

function look(
  manifest: object,
  files: Readonly<Record<string, string>> = {},
  others: readonly string[] = [],
): NodeProject {
  const project = lookAtNode(seenProject({ 'package.json': JSON.stringify(manifest, null, 2), ...files }, others))
  if (project === null) throw new Error('it is not recognised')
  return project
}

describe('a Node project', () => {
  it('is recognised by package.json, with framework, version and package manager', () => {
    const manifest = {
      name: '@team/shop',
      engines: { node: '>=22.4' },
      dependencies: { express: '^5', pg: '^8' },
      scripts: { start: 'node server.js', build: 'tsc' },
    }
    expect(look(manifest, {}, ['pnpm-lock.yaml'])).toMatchObject({
      name: 'shop',
      version: '22',
      framework: 'Express',
      manager: 'pnpm',
      lockfile: 'pnpm-lock.yaml',
      builds: true,
      command: ['node', 'server.js'],
      database: { value: 'DATABASE_URL' },
    })
    expect(look({}, { '.nvmrc': 'v20.1\n' })).toMatchObject({
      name: 'shop',
      version: '20',
      manager: 'npm',
      lockfile: null,
      builds: false,
    })
    expect(lookAtNode(seenProject({ 'package.json': '{' }))).toBeNull()
    expect(lookAtNode(seenProject({}))).toBeNull()
  })

  it.each([
    ['app.listen(4000)', 4000],
    ['const port = process.env.PORT || 4001\napp.listen(port)', 4001],
    ["app.listen(process.env.PORT ?? '4002')", 4002],
    ['await fastify.listen({ host: "0.0.0.0", port: 4003 })', 4003],
    ['const PORT = 4004\nserver.listen(PORT)', 4004],
  ])('listens where %s says', (text, port) => {
    expect(look({}, { 'server.js': text }).port).toMatchObject({ value: port, at: { file: 'server.js' } })
  })

  it('listens where its start script says, or at an assumed port', () => {
    expect(look({ scripts: { start: 'next start -p 4005' }, dependencies: { next: '15' } })).toMatchObject({
      framework: 'Next.js',
      port: { value: 4005 },
      command: ['node_modules/.bin/next', 'start', '-p', '4005'],
    })
    expect(look({ main: 'app.js' }, {}, ['app.js'])).toMatchObject({
      port: { value: 3000, at: null },
      command: ['node', 'app.js'],
      notes: [{ code: 'port_guessed' }],
    })
  })

  it('is started by npm where its script is more than a program, and a guess is said', () => {
    expect(look({ scripts: { start: 'NODE_ENV=production node a.js && echo' } }).command).toEqual(['npm', 'start'])
    expect(look({}).notes).toMatchObject([
      { code: 'port_guessed' },
      { code: 'start_unknown', details: { command: 'node server.js' } },
    ])
  })

  it.each([
    ["app.get('/healthz', ok)", '/healthz'],
    ["const router = express.Router()\nrouter.get('/health', ok)\napp.use('/api', router)", '/api/health'],
    ["// app.get('/healthz', ok)\napp.post('/ping', ok)", null],
  ])('has the health route of %s', (text, path) => {
    expect(look({}, { 'server.js': text }).health?.value ?? null).toBe(path)
  })

  it('does not use a route of a router that is mounted elsewhere', () => {
    const project = look({}, { 'routes.js': "router.get('/health', ok)", 'server.js': 'app.listen(3000)' })
    expect(project.health).toBeNull()
    expect(project.notes).toMatchObject([{ code: 'health_prefix', details: { file: 'routes.js', line: 1 } }])
  })

  it('has the health route of a file in Next.js', () => {
    expect(
      look({ dependencies: { next: '15' } }, { 'src/app/api/health/route.ts': 'export function GET() {}' }).health,
    ).toMatchObject({
      value: '/api/health',
      at: { file: 'src/app/api/health/route.ts' },
    })
  })
})
