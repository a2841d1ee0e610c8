// Properties of the code itself: which rooms may import which, what the core may touch, how long a file may be.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

/** Each room, and the rooms that it may import from. Imports run one way. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ['core'],
  store: ['core', 'ports'],
  i18n: ['core'],
  config: ['core'],
  'drivers/archive': ['core', 'ports'],
  'drivers/code-host': ['core', 'ports'],
  'drivers/compose': ['core', 'ports'],
  'drivers/docker': ['core', 'ports'],
  'drivers/docker-cli': ['core', 'ports'],
  'drivers/git': ['core', 'ports'],
  'drivers/haproxy': ['core', 'ports'],
  'drivers/hooks': ['core', 'ports'],
  'drivers/host': ['core', 'ports'],
  'drivers/schemas': ['core', 'ports'],
  'drivers/secrets': ['core', 'ports'],
  'drivers/registry': ['core', 'ports'],
  'drivers/signals': ['core', 'ports'],
  'drivers/fake': ['core', 'ports'],
  operations: ['core', 'ports', 'store'],
  api: ['core', 'ports', 'store', 'operations'],
  'daemon.ts': [
    'core',
    'ports',
    'store',
    'operations',
    'drivers/archive',
    'drivers/code-host',
    'compose-vcs.ts',
    'drivers/compose',
    'drivers/docker',
    'drivers/docker-cli',
    'drivers/git',
    'drivers/haproxy',
    'drivers/hooks',
    'drivers/host',
    'drivers/schemas',
    'drivers/registry',
    'drivers/secrets',
    'drivers/signals',
    'state-folder.ts',
  ],
  'state-folder.ts': [],
  'compose-vcs.ts': ['ports', 'drivers/git', 'state-folder.ts'],
  cli: [
    'core',
    'ports',
    'store',
    'operations',
    'api',
    'config',
    'i18n',
    'compose-vcs.ts',
    'daemon.ts',
    'state-folder.ts',
    '..',
  ],
}

/** Where time, chance, timers and the environment may be touched: the door, the composition root, and the drivers that stand for the host. */
const MAY_TOUCH_THE_WORLD = ['cli', 'daemon.ts', 'state-folder.ts', 'drivers/host']
const WORLD =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bprocess\.env\b|\bperformance\.now\(/

/** What the core may use from outside: hashes, the order of versions, the grammar of commits. All of them are pure functions. */
const CORE_MAY_IMPORT = [/^node:crypto$/, /^semver\//, /^conventional-commits-parser$/]

const MAX_LINES = 400

type File = { readonly path: string; readonly room: string; readonly text: string; readonly imports: readonly string[] }

function roomOf(path: string): string {
  const parts = relative(src, path).split('/')
  if (parts[0] === '..') return '..'
  return parts[0] === 'drivers' ? `drivers/${parts[1]}` : parts[0]!
}

const files: File[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => {
    const path = join(src, name)
    const text = readFileSync(path, 'utf8')
    const imports = [...text.matchAll(/^(?:import\b|export\b|\}).* from '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
      (match) => match[1] ?? match[2]!,
    )
    return { path, room: roomOf(path), text, imports }
  })

function offenders(find: (file: File) => readonly string[]): string[] {
  return files.flatMap((file) => find(file).map((what) => `${relative(root, file.path)}: ${what}`))
}

describe('the code', () => {
  it('is found by this test', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  it('has no room that this test does not know', () => {
    expect(offenders(({ room }) => (room in ROOMS ? [] : [`room ${room}`]))).toEqual([])
  })

  it('imports one way, from the rooms below', () => {
    const found = offenders(({ path, room, imports }) =>
      imports
        .filter((name) => name.startsWith('.'))
        .map((name) => roomOf(resolve(dirname(path), name)))
        .filter((other) => other !== room && !ROOMS[room]!.includes(other))
        .map((other) => `${room} imports ${other}`),
    )
    expect(found).toEqual([])
  })

  it('imports in no circle', () => {
    const staticImports = ({ path, text }: File) =>
      [...text.matchAll(/^(?:import\b|export\b|\}).* from '(\.[^']+)'/gm)].map((match) =>
        resolve(dirname(path), match[1]!),
      )
    const next = new Map(files.map((file) => [file.path, staticImports(file)]))
    const reaches = (from: string, to: string): boolean => {
      const seen = new Set<string>()
      const queue = [...(next.get(from) ?? [])]
      for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
        if (path === to) return true
        if (seen.has(path)) continue
        seen.add(path)
        queue.push(...(next.get(path) ?? []))
      }
      return false
    }
    expect(offenders(({ path }) => (reaches(path, path) ? ['is reached from itself'] : []))).toEqual([])
  })

  it('keeps the core pure', () => {
    const found = offenders(({ room, imports }) =>
      room === 'core'
        ? imports.filter((name) => !name.startsWith('.') && !CORE_MAY_IMPORT.some((allowed) => allowed.test(name)))
        : [],
    )
    expect(found).toEqual([])
  })

  it('takes time, chance and environment from its ports', () => {
    const found = offenders(({ room, text }) =>
      MAY_TOUCH_THE_WORLD.includes(room)
        ? []
        : text.split('\n').filter((line) => WORLD.test(line) && !line.trim().startsWith('//')),
    )
    expect(found).toEqual([])
  })

  it('starts no shell', () => {
    expect(
      offenders(({ text }) =>
        [...text.matchAll(/\b(execSync|exec\(|shell: true)/g)]
          .map((match) => match[0])
          .filter((word) => word !== 'exec('),
      ),
    ).toEqual([])
  })

  it('opens every file with what it is for', () => {
    expect(offenders(({ text }) => (text.startsWith('//') ? [] : ['no first line that says what it is for']))).toEqual(
      [],
    )
  })

  it('has no file that wants to be two', () => {
    expect(
      offenders(({ text }) => (text.split('\n').length > MAX_LINES ? [`${text.split('\n').length} lines`] : [])),
    ).toEqual([])
  })

  it('has no barrel file and no drawer for odds and ends', () => {
    expect(files.filter(({ path }) => /\/(index|utils?|helpers?|common|misc)\.ts$/.test(path))).toEqual([])
  })
})
