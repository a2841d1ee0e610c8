// Looks at the schema of a service's database: as the tool keeps it in PostgreSQL, or as a program in an image prints it.
// Invariant: whatever goes wrong is something that could not be asked, with the reason, and stops nobody.
import { fail, reasonOf } from '../core/errors.ts'
import { type Definition, type Release, releaseName, type Scope } from '../core/model.ts'
import type { DatabaseDefinition } from '../core/migration.ts'
import { createLineReader } from '../core/output-lines.ts'
import { refusedBySchema } from '../core/plan-schema.ts'
import type { SchemaGate, SchemaSeen, SchemaVersion } from '../core/schema.ts'
import { schemaGate } from '../core/schema-gate.ts'
import { Secret } from '../core/secret.ts'
import type { SealedSecrets } from '../store/releases.ts'
import type { FoundHost } from '../store/schemas.ts'
import type { App } from './app.ts'
import { problemOf } from './kept-output.ts'
import { runOneOff } from './one-offs.ts'
import type { Operation } from './operation.ts'
import { hiderOf } from './replica-spec.ts'
import type { SchemaCheck } from './schema-check.ts'

/** Somebody waits for a rollback, perhaps because of the database. */
const HURRIED_MS = 500
const PATIENT_MS = 5_000
/** A container has to be made for it. */
const HURRIED_COMMAND_MS = 3_000
const COMMAND_MS = 60_000
const NAME_BYTES = 4
const CHECK_NAME = 'schema'

/** `seen` and `unasked` both `null`: there was nobody to ask. */
export type SchemaLook = {
  readonly seen: SchemaSeen | null
  readonly unasked: string | null
  readonly found: FoundHost | null
}

/** With whose address it is asked. `sealed`: of a release that is not kept yet. */
type Subject = { readonly release: Release; readonly sealed: SealedSecrets | null }
type Asking = {
  readonly database: DatabaseDefinition
  readonly subject: Subject
  readonly hurry: boolean
  readonly signal?: AbortSignal
}

/**
 * In a hurry a program that has to be run in a container is asked only where the schema was never seen, or was dirty: what it said last, when the last deploy had
 * migrated, counts.
 */
export async function lookBack(app: App, definition: Definition, hurry: boolean): Promise<SchemaCheck> {
  const active = activeOf(app, definition)
  const known = app.store.schemas.seen(definition)?.dirty === false
  const skip = active === null || (hurry && known && definition.database!.tool === 'command')
  const asking = { database: definition.database!, subject: { release: active!, sealed: null }, hurry }
  return check(app, definition, skip ? NOBODY : await look(app, asking))
}

/** A program that prints the version is one of the release that serves: the new one is not kept yet. */
export async function lookForward(
  app: App,
  definition: Definition,
  draft: { readonly release: Release; readonly sealed: SealedSecrets; readonly signal?: AbortSignal },
): Promise<SchemaCheck> {
  const database = definition.database!
  const active = activeOf(app, definition)
  const subject =
    database.tool !== 'command'
      ? { release: draft.release, sealed: draft.sealed }
      : active === null
        ? null
        : { release: active, sealed: null }
  const signal = draft.signal === undefined ? {} : { signal: draft.signal }
  const seen = subject === null ? NOBODY : await look(app, { database, subject, hurry: false, ...signal })
  return check(app, definition, seen)
}

/** A step of a deploy: everything that migrates has run, and no user is moved yet. Error: SCHEMA. */
export async function ensureFits(
  app: App,
  operation: Operation,
  release: Release,
  forced: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  const definition = app.store.services.get(operation)!.definition
  const { database } = definition
  if (database === undefined) return { asked: false }
  const found = await lookAs(app, operation, release, database)
  const { gate, note } = check(app, definition, found)
  // what was seen before its migrations ran says nothing
  const against = found.seen === null ? null : gate.back(release, { rung: 'warm', forced, serves: false }).against
  operation.commit(() => {
    if (found.seen !== null && against === null) {
      app.store.schemas.learn(operation, release.number, found.seen.version)
    }
    note()
  })
  if (against !== null) throw fail('SCHEMA', refusedBySchema(release, against).details)
  return found.seen === null
    ? { asked: false, reason: found.unasked }
    : { asked: true, version: found.seen.version, dirty: found.seen.dirty }
}

/** With the release's own address or program, for an operation that goes on. */
export async function lookAs(
  app: App,
  operation: Pick<Operation, 'signal'>,
  release: Release,
  database: DatabaseDefinition,
): Promise<SchemaLook> {
  // secrets of a release that never served are its own
  const sealed = release.activeAt === null ? app.store.releases.sealed(release, release.number) : null
  return look(app, { database, subject: { release, sealed }, hurry: false, signal: operation.signal })
}

const NOBODY: SchemaLook = { seen: null, unasked: null, found: null }

function activeOf(app: App, scope: Scope): Release | null {
  const number = app.store.services.get(scope)?.active ?? null
  return number === null ? null : app.store.releases.get(scope, number)
}

function check(app: App, definition: Definition, { seen, unasked, found }: SchemaLook): SchemaCheck {
  const { schemas } = app.store
  const { service, environment } = definition
  const scope = { service, environment }
  const gate = schemaGate({
    live: seen ?? schemas.seen(scope),
    fresh: seen !== null,
    unasked,
    broughtBy: (release) => schemas.broughtBy(scope, release),
    get contracts() {
      return schemas.contracts(scope)
    },
    bringerOf: (version) => schemas.bringerOf(scope, version),
    hasReleaseHook: definition.hooks.some(({ name }) => name === 'release'),
  })
  return { gate, note: () => seen !== null && note(app, scope, gate, seen, found) }
}

/** Also marks who must not stand in for others, as long as that is the schema. */
function note(app: App, scope: Scope, gate: SchemaGate, seen: SchemaSeen, found: FoundHost | null): boolean {
  const { schemas, replicas, releases } = app.store
  schemas.note(scope, seen, found)
  const kept = new Set(replicas.of(scope).map(({ release }) => release))
  const marks = releases.some(scope, [...kept]).map((release) => ({
    release: release.number,
    refused: gate.back(release, { rung: 'warm', forced: false, serves: false }).against,
  }))
  return schemas.mark(scope, marks)
}

async function look(app: App, asking: Asking): Promise<SchemaLook> {
  try {
    if (asking.database.tool === 'command') return seenNow(app, await print(app, asking), null)
    return await ask(app, asking)
  } catch (error) {
    asking.signal?.throwIfAborted()
    return { ...NOBODY, unasked: reasonOf(error) }
  }
}

function seenNow(app: App, version: SchemaVersion, found: FoundHost | null): SchemaLook {
  return { seen: { ...version, seenAt: app.clock.now() }, unasked: null, found }
}

/** In a hurry the engine is not asked where a host is that was found before, unless it is there no more. */
async function ask(app: App, { database, subject, hurry, signal }: Asking): Promise<SchemaLook> {
  const { tool, table, url } = database
  const { release } = subject
  if (tool === 'command') throw new Error('a command is run, not asked')
  const value = valueOf(app, subject, url)
  const name = release.number === 0 ? 'the release' : releaseName(release.number)
  if (value === undefined) throw new Error(`${name} has no variable ${url}`)
  const schemas = await app.schemas()
  const question = {
    tool,
    table,
    url: new Secret(value),
    limitMs: hurry ? HURRIED_MS : PATIENT_MS,
    ...(signal === undefined ? {} : { signal }),
  }
  let found: FoundHost | null = null
  let remembered = false
  const addressOf = async (host: string, mayRemember: boolean) => {
    const before = mayRemember ? app.store.schemas.foundAt(release, host) : null
    remembered = before !== null
    const address = before ?? (await addressNow(app, release, host))
    found = address === null ? null : { host, address }
    return address
  }
  try {
    const version = await schemas.version({ ...question, addressOf: (host) => addressOf(host, hurry) })
    return seenNow(app, version, found)
  } catch (error) {
    signal?.throwIfAborted()
    if (!remembered) throw error
    const version = await schemas.version({ ...question, addressOf: (host) => addressOf(host, false) })
    return seenNow(app, version, found)
  }
}

/** Where a host is that this one may not know by its name. */
async function addressNow(app: App, { config }: Release, host: string): Promise<string | null> {
  const { networks = [], dependencyNetworks = [], extraHosts = [] } = config.container ?? {}
  const extra = extraHosts.find((one) => one.startsWith(`${host}:`))?.slice(host.length + 1)
  if (extra !== undefined) return extra === 'host-gateway' ? '127.0.0.1' : extra
  const runtime = await app.runtime()
  return runtime.addressOf(host, [...networks, ...dependencyNetworks])
}

/** As its containers have it, whether they are given it as a variable or as a file. */
function valueOf(app: App, { release, sealed }: Subject, name: string): string | undefined {
  const kept = { ...(sealed ?? app.store.releases.sealed(release, release.number)) }
  const current = sealed === null ? app.store.services.currentSecrets(release) : []
  for (const secret of current) if (secret.name in kept) kept[secret.name] = secret.sealed
  const secret = kept[name]
  return secret === undefined ? release.config.env[name] : app.store.vault.open(name, secret)
}

async function print(app: App, { database, subject: { release }, hurry, signal }: Asking): Promise<SchemaVersion> {
  const { service, environment, number } = release
  const limitMs = hurry ? HURRIED_COMMAND_MS : COMMAND_MS
  const name = `${CHECK_NAME}-${app.random.hex(NAME_BYTES)}`
  const lines: { readonly stream: 'stdout' | 'stderr'; readonly text: string }[] = []
  const reader = createLineReader((line) => lines.push(line))
  // Nobody needs what it leaves: should this process die, whoever tidies up takes it away.
  app.store.transaction(() => {
    app.store.oneOffs.insert({ service, environment, name, release: number, transactionId: name })
    app.store.oneOffs.settle(release, name)
  })
  const wanted = {
    name,
    transactionId: name,
    argv: database.print,
    process: null,
    keepCurrent: release.activeAt !== null,
  }
  const session = { timeoutMs: limitMs, onOutput: reader.read, stdin: null, terminal: null }
  const end = await runOneOff(app, release, wanted, { ...session, ...(signal === undefined ? {} : { signal }) })
  reader.end()
  await (await app.runtime()).removeOneOff({ service, environment, name })
  app.store.transaction(() => app.store.oneOffs.remove(release, name))
  const program = database.print!.join(' ')
  const hide = hiderOf(app, release, number)
  const last = hide(lines.at(-1)?.text ?? 'nothing')
  const problem = problemOf(end, limitMs)
  if (problem !== null) throw new Error(`${program}: ${problem} (${last})`)
  const version = readVersion(lines)
  if (version === null) throw new Error(`${program} prints no version: ${last}`)
  return version
}

/** The last number of the last line that holds one; what it prints on standard output comes first. `null`: there is none. */
function readVersion(
  lines: readonly { readonly stream: 'stdout' | 'stderr'; readonly text: string }[],
): SchemaVersion | null {
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = lines.findLast((line) => line.stream === stream && /\d/.test(line.text))?.text
    const version = Number(text?.match(/\d+/g)?.at(-1))
    if (text !== undefined && Number.isSafeInteger(version)) return { version, dirty: /\bdirty\b/i.test(text) }
  }
  return null
}

/** For who has just seen it. */
export function versionText({ version, dirty }: SchemaVersion): string {
  return `at version ${version}${dirty ? ' and dirty' : ''}`
}
