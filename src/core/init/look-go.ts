// A Go module: its framework, where it listens, how its health is asked for, what it is built from.
import { readGoModule, type GoModule } from './go-module.ts'
import { goFiles, type GoFile, mainsOf, reachedFrom, versionVariable } from './go-sources.ts'
import {
  type At,
  type Finding,
  type Found,
  type GoProject,
  healthRank,
  type Note,
  type Seen,
  serviceName,
} from './seen.ts'
import { isPort, type Match, matchesIn } from './source-text.ts'

/** Where go.mod says nothing. */
const GO = '1.26'
const PORT = 8080

const FRAMEWORKS: readonly (readonly [module: string, name: string])[] = [
  ['github.com/gin-gonic/gin', 'Gin'],
  ['github.com/labstack/echo', 'Echo'],
  ['github.com/gofiber/fiber', 'Fiber'],
  ['github.com/go-chi/chi', 'chi'],
  ['github.com/gorilla/mux', 'gorilla/mux'],
]
const POSTGRES = [
  'github.com/jackc/pgx',
  'github.com/lib/pq',
  'gorm.io/driver/postgres',
  'github.com/go-pg/pg',
  'github.com/uptrace/bun/driver/pgdriver',
]
const CGO_MODULES = ['github.com/mattn/go-sqlite3', 'github.com/confluentinc/confluent-kafka-go']

/** `main`: the folder of the program that was chosen; `null`: the best guess. Returns `null` where there is no module. */
export function lookAtGo(seen: Seen, main: string | null): GoProject | null {
  const text = seen.texts.get('go.mod')
  const module = text === undefined ? null : readGoModule('go.mod', text)
  if (module === null) return null
  const name = serviceName(
    module.path
      .replace(/\/v\d+$/, '')
      .split('/')
      .at(-1) ?? seen.folder,
  )
  const all = goFiles(seen)
  const mains = mainsOf(all, name)
  const chosen = main ?? mains[0] ?? ''
  const { files, imports, cgo } = reachedFrom(chosen, all, module.path)
  const required = (wanted: string) =>
    module.requires.find(({ path }) => path === wanted || path.startsWith(`${wanted}/`))
  const framework = FRAMEWORKS.map(([path, name]) => ({ name, found: required(path) })).find(
    ({ found }) => found !== undefined,
  )
  const port = portOf(files, framework?.name === 'Gin')
  const health = healthOf(files)
  const postgres = POSTGRES.map(required).find((found) => found !== undefined)
  const [start] = matchesIn(
    files.filter(({ folder }) => folder === chosen),
    /^func main\(\)/gm,
  )
  const version = versionVariable(chosen, files, module.path)
  const needsC =
    cgo || CGO_MODULES.some((path) => required(path) !== undefined && imports.some((found) => found.startsWith(path)))
  const replacedOutside = module.replacedBy.find((path) => path.startsWith('../') || path.startsWith('/'))
  const notes: Note[] = [
    ...port.notes,
    ...health.notes,
    ...(mains.length > 1 && main === null
      ? [note('mains_several', { chosen: shown(chosen), all: mains.map(shown).join(', ') })]
      : []),
    ...(replacedOutside === undefined ? [] : [note('replace_outside', { path: replacedOutside })]),
    ...(needsC ? [note('cgo', {})] : []),
  ]
  return {
    language: 'go',
    name,
    framework: framework?.name ?? null,
    port: port.found,
    portVariable: port.variable,
    health: health.found,
    database: postgres === undefined ? null : databaseVariable(files, postgres.at),
    version: module.version?.value ?? GO,
    mains: [chosen, ...mains.filter((folder) => folder !== chosen)],
    versionVariable: version.value,
    command: ['/app'],
    imports: imports.filter(
      (path) =>
        path === 'net/http' ||
        module.requires.some((known) => path === known.path || path.startsWith(`${known.path}/`)),
    ),
    tags: buildTags(framework?.name === 'Gin', files),
    hasVendor: seen.paths.includes('vendor/modules.txt'),
    replacesLocally: module.replacedBy.some((path) => path.startsWith('./')),
    cgo: needsC,
    findings: findingsOf(
      module,
      framework?.name ?? null,
      framework?.found ?? null,
      { value: shown(chosen), at: start?.at ?? null },
      postgres ?? null,
    ),
    notes,
  }
}

type Required = GoModule['requires'][number]

function findingsOf(
  module: GoModule,
  framework: string | null,
  by: Required | null,
  main: Found<string>,
  postgres: Required | null,
): Finding[] {
  return [
    {
      kind: 'language',
      value: `Go ${module.version?.value ?? GO} · ${module.path}`,
      at: module.version?.at ?? module.at,
    },
    ...(framework === null || by === null
      ? []
      : [{ kind: 'framework' as const, value: `${framework} ${by.version}`, at: by.at }]),
    { kind: 'main', value: main.value, at: main.at },
    ...(postgres === null
      ? []
      : [{ kind: 'database' as const, value: `PostgreSQL · ${postgres.path} ${postgres.version}`, at: postgres.at }]),
  ]
}

/** Gin's MessagePack is some 6 MB that few use. Alpine has no time zones: without those of Go, TZ would mean UTC, and nobody would say so. */
function buildTags(gin: boolean, files: readonly GoFile[]): string[] {
  return [...(gin && !files.some(({ text }) => /msgpack/i.test(text)) ? ['nomsgpack'] : []), 'timetzdata']
}

export function shown(folder: string): string {
  return folder === '' ? '.' : `./${folder}`
}

function note(code: Note['code'], details: Note['details']): Note {
  return { code, details }
}

const HOST = String.raw`(0\.0\.0\.0|\[::\]|localhost|127\.0\.0\.1|)`
const CALLS = new RegExp(
  String.raw`(?:\.(?:Run|RunTLS|Start|StartTLS|Listen|ListenTLS)\(|\bListenAndServe(?:TLS)?\(|\bListen\(\s*"tcp[46]?",|\bAddr:)\s*"${HOST}:(\d{2,5})"`,
  'g',
)
const LITERALS = /"(0\.0\.0\.0|\[::\]|):(\d{2,5})"/g
const PORT_VARIABLE = /"((?:[A-Z][A-Z0-9_]*_)?PORT)"/g
/** A default stands near the variable that it stands in for. */
const NEAR = 240
const BESIDE = /metric|prom|pprof|debug|grpc|admin|redis|postgres|database/i

type PortSeen = { readonly found: Found<number>; readonly variable: string | null; readonly notes: readonly Note[] }

/** Where it listens: what is said in the call that listens, else the default of a variable, else an address that stands somewhere, else Gin's own 8080. */
function portOf(files: readonly GoFile[], gin: boolean): PortSeen {
  const usable = (match: Match) => isPort(Number(match.groups[1])) && !BESIDE.test(match.at.text)
  const calls = matchesIn(files, CALLS).filter(usable)
  const [call] = calls
  if (call !== undefined) return said(call, calls)
  const variables = matchesIn(files, PORT_VARIABLE).filter(({ at }) => !BESIDE.test(at.text))
  for (const { file, index } of variables) {
    const text = files.find(({ path }) => path === file)!.text
    const near = matchesIn([{ path: file, text: text.slice(0, index + NEAR) }], /":?(\d{2,5})"/g).find(
      (match) => match.index > index && isPort(Number(match.groups[0])),
    )
    if (near !== undefined) return { found: { value: Number(near.groups[0]), at: near.at }, variable: null, notes: [] }
  }
  const literals = matchesIn(files, LITERALS).filter(usable)
  const literal = literals.find(({ at }) => /listen|addr|port/i.test(at.text)) ?? literals[0]
  if (literal !== undefined) return said(literal, literals)
  const [bare] = gin ? matchesIn(files, /\.Run\(\s*\)/g) : []
  if (bare !== undefined) return { found: { value: PORT, at: bare.at }, variable: null, notes: [] }
  const variable = variables[0]?.groups[0] ?? null
  const guessed = variable === null ? [note('port_guessed', { port: PORT })] : []
  return { found: { value: PORT, at: null }, variable, notes: guessed }
}

function said(chosen: Match, all: readonly Match[]): PortSeen {
  const [host = '', port = ''] = chosen.groups
  const others = [...new Set(all.map((match) => match.groups[1]!))].filter((other) => other !== port)
  return {
    found: { value: Number(port), at: chosen.at },
    variable: null,
    notes: [
      ...(host === 'localhost' || host === '127.0.0.1'
        ? [note('loopback', { file: chosen.at.file, line: chosen.at.line, address: `${host}:${port}` })]
        : []),
      ...(others.length === 0 ? [] : [note('ports_several', { chosen: port, others: others.join(', ') })]),
    ],
  }
}

const ROUTE =
  /\b([A-Za-z_][\w.]*)\.(?:GET|Get|Any|All|Handle|HandleFunc)\(\s*(?:(?:"GET"|http\.MethodGet)\s*,\s*)?(?:"(?:GET )?(\/[^"\s]*)"|([A-Za-z_]\w*)\s*,)/g
const GROUP = /\b(\w+)\s*:?=\s*([\w.]+)\.(?:Group|PathPrefix)\(\s*"([^"]*)"/g
const CONSTANT = /\b(\w+)\s*(?:string\s*)?:?=\s*"(\/[^"]*)"/g
const MAX_GROUPS = 10

/** A route of GET that is named as health routes are. One in a group whose prefix is not known here cannot be used. */
function healthOf(files: readonly GoFile[]): { found: Found<string> | null; notes: Note[] } {
  const constants = new Map(matchesIn(files, CONSTANT).map(({ groups }) => [groups[0]!, groups[1]!]))
  const routes = matchesIn(files, ROUTE).flatMap(({ file, at, groups: [receiver = '', literal, name] }) => {
    const path = literal ?? constants.get(name ?? '')
    const rank = path === undefined ? null : healthRank(path)
    if (path === undefined || rank === null) return []
    const prefix = prefixOf(receiver, files.find((known) => known.path === file)!.text)
    return [{ rank, at, path, whole: prefix === null ? null : joined(prefix, path) }]
  })
  const byRank = routes.sort((one, other) => one.rank - other.rank)
  const usable = byRank.find(({ whole }) => whole !== null && /^\/[\w\-.~/]*$/.test(whole))
  if (usable !== undefined) return { found: { value: usable.whole!, at: usable.at }, notes: [] }
  const [unsure] = byRank
  if (unsure === undefined) return { found: null, notes: [] }
  return {
    found: null,
    notes: [note('health_prefix', { path: unsure.path, file: unsure.at.file, line: unsure.at.line })],
  }
}

/** What the router that `receiver` names puts in front of its paths; `null`: that is decided elsewhere. */
function prefixOf(receiver: string, text: string): string | null {
  const groups = new Map(
    [...text.matchAll(GROUP)].map(([, name, parent, prefix]) => [name!, { parent: parent!, prefix: prefix! }]),
  )
  let prefix = ''
  let name = receiver
  for (let depth = 0; depth < MAX_GROUPS; depth += 1) {
    const group = groups.get(name)
    if (group === undefined) {
      const given = new RegExp(
        String.raw`\b${name.replaceAll('.', String.raw`\.`)}\s+\*?(?:gin\.(?:RouterGroup|IRouter|IRoutes)|echo\.Group|fiber\.Router|chi\.Router)\b`,
      )
      return given.test(text) ? null : prefix
    }
    prefix = joined(group.prefix, prefix)
    name = group.parent
  }
  return null
}

function joined(prefix: string, path: string): string {
  return `${prefix.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`.replace(/(?<=.)\/+$/, '')
}

/** The variable by which the program is told its database. */
export function databaseVariable(
  files: readonly { readonly path: string; readonly text: string }[],
  by: At,
): Found<string> {
  const [named] = matchesIn(files, /\b((?:[A-Z][A-Z0-9]*_)*(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG)_(?:URL|DSN|URI))\b/g)
  return named === undefined ? { value: 'DATABASE_URL', at: by } : { value: named.groups[0]!, at: named.at }
}
