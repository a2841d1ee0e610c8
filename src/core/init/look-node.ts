// A Node project: its framework, where it listens, how its health is asked for, how it is built and started.
import { databaseVariable } from './look-go.ts'
import {
  type At,
  type Finding,
  type Found,
  healthRank,
  type NodeProject,
  type Note,
  type Seen,
  serviceName,
} from './seen.ts'
import { isPort, lineAt, matchesIn, withoutComments } from './source-text.ts'

const NODE = '24'
const PORT = 3000

const FRAMEWORKS = [
  ['next', 'Next.js'],
  ['@nestjs/core', 'NestJS'],
  ['express', 'Express'],
  ['fastify', 'Fastify'],
  ['koa', 'Koa'],
  ['hono', 'Hono'],
] as const
const POSTGRES = ['pg', 'postgres', 'pg-promise', '@prisma/client']
const LOCKFILES = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
] as const

type Manifest = {
  readonly name: string
  readonly text: string
  readonly of: (...path: readonly string[]) => string | null
  readonly has: (group: string, name: string) => boolean
}

/** `null`: there is no package.json that can be read. */
export function lookAtNode(seen: Seen): NodeProject | null {
  const manifest = readManifest(seen.texts.get('package.json'))
  if (manifest === null) return null
  const files = [...seen.texts]
    .filter(([path]) => /\.(js|cjs|mjs|ts|cts|mts|jsx|tsx)$/.test(path) && !/\.(test|spec|d)\.\w+$/.test(path))
    .map(([path, text]) => ({ path, text: withoutComments(text) }))
  const framework = FRAMEWORKS.find(([name]) => manifest.has('dependencies', name))
  const postgres = POSTGRES.find((name) => manifest.has('dependencies', name))
  const start = startOf(manifest, seen)
  const port = portOf(files, manifest)
  const health = healthOf(files, seen.paths)
  const version = versionOf(manifest, seen)
  const lockfile = LOCKFILES.find(([path]) => seen.paths.includes(path))
  return {
    language: 'node',
    name: serviceName(manifest.name === '' ? seen.folder : manifest.name.replace(/^@[^/]*\//, '')),
    framework: framework?.[1] ?? null,
    port: port.found,
    portVariable: null,
    health: health.found,
    database: postgres === undefined ? null : databaseVariable(files, lineOf(manifest, postgres)),
    version: version.value,
    manager: lockfile?.[1] ?? 'npm',
    lockfile: lockfile?.[0] ?? null,
    builds: manifest.of('scripts', 'build') !== null,
    command: start.command,
    findings: [
      { kind: 'language', value: `Node ${version.value}`, at: version.at },
      ...(framework === undefined
        ? []
        : [{ kind: 'framework' as const, value: framework[1], at: lineOf(manifest, framework[0]) }]),
      { kind: 'main', value: start.command.join(' '), at: start.at },
      ...(postgres === undefined
        ? []
        : [{ kind: 'database' as const, value: `PostgreSQL · ${postgres}`, at: lineOf(manifest, postgres) }]),
    ] satisfies Finding[],
    notes: [...port.notes, ...health.notes, ...start.notes],
  }
}

function readManifest(text: string | undefined): Manifest | null {
  if (text === undefined) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null // it is told as a project that is not recognised
  }
  if (typeof value !== 'object' || value === null) return null
  const of = (...path: readonly string[]): string | null => {
    let here: unknown = value
    for (const part of path)
      here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[part] : null
    return typeof here === 'string' ? here : null
  }
  return { name: of('name') ?? '', text, of, has: (group, name) => of(group, name) !== null }
}

function lineOf(manifest: Manifest, name: string): At {
  return lineAt('package.json', manifest.text, Math.max(0, manifest.text.indexOf(`"${name}"`)))
}

/** `>=22`, `^22.4`, `22.x`: the first major version that is named. */
function versionOf(manifest: Manifest, seen: Seen): Found<string> {
  const engines = /\d+/.exec(manifest.of('engines', 'node') ?? '')?.[0]
  if (engines !== undefined) return { value: engines, at: lineOf(manifest, 'engines') }
  for (const file of ['.nvmrc', '.node-version']) {
    const text = seen.texts.get(file) ?? ''
    const said = /^v?(\d+)/.exec(text.trim())?.[1]
    if (said !== undefined) return { value: said, at: lineAt(file, text, 0) }
  }
  return { value: NODE, at: null }
}

/** Straight to the program where that is plain: npm in between would not pass on every signal. */
function startOf(manifest: Manifest, seen: Seen): { command: string[]; at: At | null; notes: Note[] } {
  const start = manifest.of('scripts', 'start')
  const main = manifest.of('main')
  if (start !== null) {
    const words = start.trim().split(/\s+/)
    const plain = /^[\w\s./@=:-]+$/.test(start) && !/^\w+=/.test(start)
    const at = lineOf(manifest, 'start')
    if (plain && words[0] === 'node') return { command: words, at, notes: [] }
    if (plain && words[0] === 'next') return { command: ['node_modules/.bin/next', ...words.slice(1)], at, notes: [] }
    return { command: ['npm', 'start'], at, notes: [] }
  }
  const file = [main, 'server.js', 'index.js', 'app.js', 'src/index.js', 'src/server.js'].find(
    (path) => path !== null && seen.paths.includes(path),
  )
  if (file) return { command: ['node', file], at: file === main ? lineOf(manifest, 'main') : null, notes: [] }
  return {
    command: ['node', main ?? 'server.js'],
    at: null,
    notes: [{ code: 'start_unknown', details: { command: `node ${main ?? 'server.js'}` } }],
  }
}

const PORTS = [
  /\bPORT\s*(?:\|\||\?\?|,)\s*['"`]?(\d{2,5})/g,
  /\.listen\(\s*(\d{2,5})\b/g,
  /\.listen\(\s*\{[^}]*\bport:\s*(\d{2,5})\b/g,
  /\b(?:const|let|var)\s+port\s*=\s*['"]?(\d{2,5})\b/gi,
]

function portOf(
  files: readonly { readonly path: string; readonly text: string }[],
  manifest: Manifest,
): { found: Found<number>; notes: Note[] } {
  const flag = /\s(?:-p|--port)[ =](\d{2,5})\b|\bPORT=(\d{2,5})\b/.exec(manifest.of('scripts', 'start') ?? '')
  const asked = Number(flag?.[1] ?? flag?.[2] ?? 0)
  if (isPort(asked)) return { found: { value: asked, at: lineOf(manifest, 'start') }, notes: [] }
  for (const pattern of PORTS) {
    const found = matchesIn(files, pattern).find(({ groups }) => isPort(Number(groups[0])))
    if (found !== undefined) return { found: { value: Number(found.groups[0]), at: found.at }, notes: [] }
  }
  // Next.js says its own default.
  const notes: Note[] = manifest.has('dependencies', 'next') ? [] : [{ code: 'port_guessed', details: { port: PORT } }]
  return { found: { value: PORT, at: null }, notes }
}

const ROUTE = /\b([A-Za-z_]\w*)\.(?:get|all|use)\(\s*['"`](\/[^'"`\s]*)['"`]/g
/** `app.use('/api', router)`: what stands in front of the routes of a router. */
const MOUNT = /\.(?:use|route)\(\s*['"`](\/[^'"`]*)['"`]\s*,\s*(\w+)\s*\)/g
const NEXT_ROUTE = /^(?:src\/)?(?:app\/(api\/(?:[\w-]+\/)*[\w-]+)\/route|pages\/(api\/(?:[\w-]+\/)*[\w-]+))\.[jt]sx?$/

function healthOf(
  files: readonly { readonly path: string; readonly text: string }[],
  paths: readonly string[],
): { found: Found<string> | null; notes: Note[] } {
  for (const path of paths) {
    const [, app, page] = NEXT_ROUTE.exec(path) ?? []
    const route = app ?? page
    if (route !== undefined && healthRank(`/${route}`) !== null)
      return { found: { value: `/${route}`, at: { file: path, line: 1, text: '' } }, notes: [] }
  }
  const routes = matchesIn(files, ROUTE).flatMap(({ file, at, groups: [receiver = '', path = ''] }) => {
    const rank = healthRank(path)
    if (rank === null || !/^\/[\w\-.~/]*$/.test(path)) return []
    const text = files.find((known) => known.path === file)!.text
    const mounted = [...text.matchAll(MOUNT)].find(([, , router]) => router === receiver)?.[1]
    const isRouter = mounted !== undefined || /router|routes/i.test(receiver)
    return [
      {
        rank,
        at,
        path,
        whole: mounted !== undefined ? `${mounted.replace(/\/$/, '')}${path}` : isRouter ? null : path,
      },
    ]
  })
  const byRank = routes.sort((one, other) => one.rank - other.rank)
  const usable = byRank.find(({ whole }) => whole !== null)
  if (usable !== undefined) return { found: { value: usable.whole!, at: usable.at }, notes: [] }
  const [unsure] = byRank
  if (unsure === undefined) return { found: null, notes: [] }
  return {
    found: null,
    notes: [{ code: 'health_prefix', details: { path: unsure.path, file: unsure.at.file, line: unsure.at.line } }],
  }
}
