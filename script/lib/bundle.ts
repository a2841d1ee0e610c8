// Builds what users run: src/cli/main.ts and all it imports as JavaScript in dist/, one chunk per dynamic import. CommonJS, since a module's
// import of a built-in one reads each of its exports, and so loads what nobody asked for (15 of 50 ms of a start).
// Invariants: the entry's own start loads no library (checked here); a process that is running while dist/ is rebuilt still finds
// the chunks it was built with (file names carry a hash of the content, and the build before this one stays on disk).
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { InputOptions, OutputChunk, OutputOptions, Plugin, RolldownOutput } from 'rolldown'

type Built = { chunks: OutputChunk[]; files: Map<string, string> }
type Stamp = { hash: string; files: string[]; before: string[] }

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const stampFile = join(dist, '.stamp')
const entry = 'src/cli/main.ts'
// What the bundle is made of; bin/astern asks `find` whether one of these is newer than the stamp.
const inputs = ['src', 'package.json', 'package-lock.json', 'script/lib/bundle.ts', 'script/lib/eager.ts']

// Libraries reach for code that is not needed on our ways and would cost every command that uses them its load time (50 of 85 ms).
// Each text must be there: a library update that moves it fails the build instead of quietly undoing this.
const patches: { file: string; text: string; by: string }[] = [
  // gRPC, only for builds through BuildKit's session: builds go through the docker command
  {
    file: 'dockerode/lib/docker.js',
    text: `withSession = require('./session')`,
    by: `withSession = () => { throw new Error('builds go through the docker command') }`,
  },
  // the SSH client, only for DOCKER_HOST=ssh://…
  { file: 'docker-modem/lib/ssh.js', text: `var Client = require('ssh2').Client,`, by: 'var ' },
  { file: 'docker-modem/lib/ssh.js', text: 'new Client()', by: `new (require('ssh2').Client)()` },
]
// Optional native modules: their users catch that they are missing and have code of their own.
const leftOut = [/\.node$/, 'cpu-features']

function filesUnder(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && !item.name.endsWith('.test.ts'))
    .map((item) => join(item.parentPath, item.name))
}

function hashOfInputs(): string {
  const hash = createHash('sha256')
  for (const input of inputs) {
    for (const file of filesUnder(join(root, input)).sort()) {
      const content = readFileSync(file)
      hash.update(`${relative(root, file)}\0${content.length}\0`).update(content)
    }
  }
  return hash.digest('hex')
}

function readStamp(): Stamp | undefined {
  try {
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8')) as Stamp
    return stamp.files.every((file) => statSync(join(dist, file), { throwIfNoEntry: false })) ? stamp : undefined
  } catch {
    return undefined // none, or one that a killed build left behind: build
  }
}

// The time of the stamp is the build's start: a source that is saved while the build runs must count as newer.
function writeStamp(stamp: Stamp, startedAt: Date): void {
  writeWhole(stampFile, `${JSON.stringify(stamp)}\n`)
  utimesSync(stampFile, startedAt, startedAt)
}

// Two builds may run at once: a reader sees the old file or the new one.
function writeWhole(file: string, content: string): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, content)
  renameSync(temporary, file)
}

function patcher(): Plugin & { unused(): string[] } {
  const seen = new Set<string>()
  const applied = new Set<string>()
  return {
    name: 'patch',
    load(id) {
      const here = patches.filter((patch) => id.endsWith(`/node_modules/${patch.file}`))
      if (here.length === 0) return null
      let code = readFileSync(id, 'utf8')
      for (const { file, text, by } of here) {
        seen.add(file)
        if (code.includes(text)) applied.add(`${file}: ${text}`)
        code = code.replace(text, by)
      }
      return code
    },
    unused: () =>
      patches
        .map(({ file, text }) => ({ file, key: `${file}: ${text}` }))
        .filter(({ file, key }) => seen.has(file) && !applied.has(key))
        .map(({ key }) => key),
  }
}

const mainFile = 'main.cjs'
// Modules that are always loaded together become one file: a rollback then opens seven files instead of 27, which saves it some 8 ms.
// Each takes what is statically below its root and not in one before it.
const together = [
  { name: 'start', below: entry },
  { name: 'rollback', below: 'src/cli/rollback.ts' },
  { name: 'way-back', below: 'src/api/perform-rollback.ts' },
  { name: 'daemon', below: 'src/daemon.ts' },
]

async function build(): Promise<Built> {
  const { rolldown } = await import('rolldown') // 0.2 s: only when there is something to build
  const patch = patcher()
  const problems = new Set<string>()
  const input: InputOptions = {
    cwd: root,
    input: entry,
    platform: 'node',
    external: leftOut,
    plugins: [patch],
    preserveEntrySignatures: 'allow-extension', // what groups without their dependencies ask for
    onLog(level, log) {
      if (log.code === 'UNRESOLVED_IMPORT') problems.add(log.message)
      else if (level === 'warn') console.error(`! ${log.message}`)
    },
  }
  const output: OutputOptions = { format: 'cjs', entryFileNames: mainFile, chunkFileNames: '[name]-[hash].cjs' }
  const first = await rolldown(input)
  const chunks = chunksOf(await first.generate(output))
  await first.close()
  for (const library of librariesAtStart(chunks)) {
    problems.add(`${entry} loads the library ${library} at every start: import it dynamically, where it is used`)
  }
  for (const text of patch.unused()) problems.add(`the library has changed, this patch finds nothing: ${text}`)
  if (problems.size > 0) throw new Error([...problems].join('\n'))

  const second = await rolldown({ ...input, onLog() {} }) // says the same again
  const built = await second.generate({
    ...output,
    // names stay, so that a stack trace in a bug report says something
    minify: { compress: true, mangle: false, codegen: true },
    codeSplitting: { includeDependenciesRecursively: false, groups: groupsOf(chunks) },
  })
  await second.close()
  const { eager } = await import('./eager.ts')
  const isOnTheWay = ({ name }: OutputChunk): boolean => together.some((group) => group.name === name)
  const files = built.output.map((file): [string, string] => {
    if (file.type === 'asset') return [file.fileName, String(file.source)]
    return [file.fileName, isOnTheWay(file) ? eager(file.code) : file.code]
  })
  return { chunks: chunksOf(built), files: new Map(files) }
}

function chunksOf({ output }: RolldownOutput): OutputChunk[] {
  return output.filter((file) => file.type === 'chunk')
}

// The modules that are loaded with this file: its own and those of all it imports statically.
function loadedWith(fileName: string, chunks: OutputChunk[]): Set<string> {
  const reached = new Set<string>()
  const modules = new Set<string>()
  const visit = (name: string): void => {
    const chunk = chunks.find((candidate) => candidate.fileName === name)
    if (!chunk || reached.has(name)) return
    reached.add(name)
    for (const id of chunk.moduleIds) modules.add(id)
    chunk.imports.forEach(visit)
  }
  visit(fileName)
  return modules
}

function groupsOf(chunks: OutputChunk[]): { name: string; test(id: string): boolean }[] {
  const taken = new Set([join(root, entry)]) // the entry stays what its name says
  return together.map(({ name, below }) => {
    const chunk = chunks.find(({ moduleIds }) => moduleIds.includes(join(root, below)))
    if (!chunk) throw new Error(`${below} is no longer part of the bundle: correct "together" in script/lib/bundle.ts`)
    const mine = new Set([...loadedWith(chunk.fileName, chunks)].filter((id) => !taken.has(id)))
    for (const id of mine) taken.add(id)
    return { name, test: (id) => mine.has(id) }
  })
}

// Everything the entry imports statically is loaded by every command, `rollback` included: no library belongs there.
function librariesAtStart(chunks: OutputChunk[]): Set<string> {
  const names = [...loadedWith(mainFile, chunks)].map((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1])
  return new Set(names.filter((name) => name !== undefined))
}

const licencesFile = 'THIRD-PARTY-LICENSES.txt'

// The terms of every library that is in the bundle, since the bundle is a copy of it.
function licences(chunks: OutputChunk[]): string {
  const folders = new Set<string>()
  for (const id of chunks.flatMap(({ moduleIds }) => moduleIds)) {
    const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]
    if (folder) folders.add(folder)
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >
    const file = readdirSync(folder).find((candidate) => /^(licen[cs]e|copying)/i.test(candidate))
    const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
    return `${name} ${version} (${license})\n${text}`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

function removeAllBut(kept: string[]): void {
  for (const name of readdirSync(dist)) if (/\.c?js$/.test(name) && !kept.includes(name)) rmSync(join(dist, name))
}

function kilobytes(names: string[]): number {
  return Math.round(names.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0) / 1000)
}

// With --prune the build before this one does not stay: a package carries one.
async function main(): Promise<void> {
  const startedAt = new Date()
  const prune = process.argv.includes('--prune')
  const hash = hashOfInputs()
  const previous = readStamp()
  if (previous?.hash === hash) {
    const before = prune ? [] : previous.before
    writeStamp({ ...previous, before }, startedAt)
    removeAllBut([...previous.files, ...before])
    console.log('✓ bundle is up to date')
    return
  }
  const built = await build()
  mkdirSync(dist, { recursive: true })
  const files = [...built.files.keys()]
  // the entry last: whoever reads it finds the chunks that it names
  for (const name of files.toSorted((a, b) => Number(a === mainFile) - Number(b === mainFile))) {
    writeWhole(join(dist, name), built.files.get(name)!)
  }
  writeWhole(join(dist, licencesFile), licences(built.chunks))
  const before = prune ? [] : (previous?.files ?? [])
  writeStamp({ hash, files, before }, startedAt)
  removeAllBut([...files, ...before])
  const took = ((Date.now() - startedAt.getTime()) / 1000).toFixed(1)
  console.log(
    `✓ bundle built: ${mainFile} ${kilobytes([mainFile])} kB, all ${files.length} files ${kilobytes(files)} kB (${took} s)`,
  )
}

try {
  await main()
} catch (error) {
  console.error(`✗ bundle: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
