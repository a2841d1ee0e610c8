// Configurations that exist in a test only: their files, what loading them gives, and what is wrong with them.
import { isAsternError } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { FileAccess } from './files.ts'
import { loadConfig } from './load-config.ts'

type Contents = Readonly<Record<string, string | Error>>

/** `contents` by absolute path. A content that is an Error is thrown when the file is read. */
export function memoryFiles(contents: Contents): FileAccess {
  const known = new Map(Object.entries(contents))
  return {
    read(path) {
      const content = known.get(path)
      if (content instanceof Error) throw content
      return content ?? null
    },
    isFile: (path) => known.has(path),
    list(path) {
      const below = [...known.keys()].filter((file) => file.startsWith(`${path}/`))
      return below.length === 0 ? null : below.map((file) => file.slice(path.length + 1))
    },
    realPath: (path) => path,
  }
}

/** The definitions of /shop/astern.yaml with this text, among other files. */
export function definitionsOf(text: string, others: Contents = {}): readonly Definition[] {
  return loadConfig({ cwd: '/shop', files: memoryFiles({ '/shop/astern.yaml': text, ...others }) }).definitions
}

/** Every problem, one a line; none when the file is valid. */
export function problemsOf(text: string, others: Contents = {}): string[] {
  return problemsIn(() => definitionsOf(text, others))
}

/** A valid file with these lines in its service, the first of them in line 5. */
export function serviceWith(...lines: string[]): string {
  const own = lines.map((line) => `    ${line}`)
  const prod = 'environments: { prod: { listen: 127.0.0.1:80 } }'
  return ['services:', '  web:', '    image: web', '    port: 8080', ...own, prod].join('\n')
}

export type ComposeWorld = {
  /** Fields of the compose service `web` from line 5 on, or the whole file. */
  readonly compose: string
  /** Fields of the service in astern.yaml. */
  readonly astern?: string
  readonly files?: Contents
  readonly variables?: Readonly<Record<string, string>>
  readonly listen?: string
}

/** The one definition of a service that comes from a compose file, and the notes by key. */
export function loadCompose({
  compose,
  astern = '',
  files = {},
  variables = {},
  listen = '127.0.0.1:80',
}: ComposeWorld): {
  readonly definition: Definition
  readonly notes: Readonly<Record<string, string>>
} {
  const own = compose.replaceAll(/^(?=.)/gm, '    ')
  const service = `{ compose: compose.yaml${astern === '' ? '' : `, ${astern}`} }`
  const config = loadConfig({
    cwd: '/shop',
    variables,
    files: memoryFiles({
      '/shop/astern.yaml': `services: { web: ${service} }\nenvironments: { prod: { listen: "${listen}" } }`,
      '/shop/compose.yaml': compose.startsWith('services:')
        ? compose
        : `services:\n  web:\n    image: shop:v1\n    expose: [8080]\n${own}\n`,
      ...files,
    }),
  })
  const [definition] = config.definitions
  if (definition === undefined) throw new Error('no definition')
  return { definition, notes: Object.fromEntries(config.notes.map(({ key, reason }) => [key, reason])) }
}

export function composeDefinition(world: ComposeWorld): Definition {
  return loadCompose(world).definition
}

export function composeProblems(world: ComposeWorld): string[] {
  return problemsIn(() => loadCompose(world))
}

function problemsIn(load: () => unknown): string[] {
  try {
    load()
  } catch (error) {
    if (!isAsternError(error, 'CONFIG_INVALID')) throw error
    const lines = String(error.details['problems']).split('\n')
    if (error.details['count'] !== lines.length) throw new Error('the count is wrong', { cause: error })
    return lines
  }
  return []
}
