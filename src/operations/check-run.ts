// Runs one check of an image: a command in a container of it, or a compose project around it. Invariant: what it brings up is noted before, and gone
// afterwards; what cannot be taken away then is overdue work.
import { assertNever, isAsternError, reasonOf } from '../core/errors.ts'
import type { Check } from '../core/checks.ts'
import type { Definition, Release } from '../core/model.ts'
import type { OutputLine } from '../core/output-lines.ts'
import { WEB } from '../core/processes.ts'
import type { HostCommand } from '../ports/hooks.ts'
import type { OneOffSpec } from '../ports/runtime.ts'
import type { ProjectUp, ProjectWanted } from '../ports/compose.ts'
import type { Output } from '../ports/session.ts'
import type { SealedSecrets } from '../store/releases.ts'
import { removeProjects } from './check-projects.ts'
import type { App, Asked } from './app.ts'
import { keepOutput, problemOf } from './kept-output.ts'
import { removeOneOffs } from './one-offs.ts'
import { hiding, takesFiles } from './replica-spec.ts'

const LOGS_MS = 20_000

/** An image that is checked, as the release that it would be here; that has no number yet. */
export type Subject = {
  readonly definition: Definition
  readonly release: Release
  readonly sealed: SealedSecrets
  readonly transactionId: string
  /** Where logs lie. */
  readonly folder: string
  readonly onOutput: NonNullable<Asked['onOutput']>
  readonly signal: AbortSignal
}

export type CheckEnd = {
  /** `null`: it has passed. */
  readonly problem: string | null
  /** The last lines that it wrote. */
  readonly lines: readonly string[]
  /** Where all of it is. */
  readonly log: string
  /** What could not be tidied up. */
  readonly left: string | null
}

/** What is not the image's fault is thrown. Errors: those of the engine; the signal's reason. */
export async function runCheck(app: App, subject: Subject, check: Check): Promise<CheckEnd> {
  const log = app.store.checkLogs.open(subject.folder, check.name)
  const hide = hiding(Object.entries(subject.sealed).map(([name, value]) => app.store.vault.open(name, value)))
  const show = (line: OutputLine) => {
    log.write(line.text)
    subject.onOutput(check.name, line)
  }
  const [written, progress, logs] = [
    keepOutput(hide, show),
    keepOutput(hide, show),
    keepOutput(hide, ({ text }) => log.write(text)),
  ]
  const left: string[] = []
  const session: Session = {
    onOutput: written.read,
    onProgress: progress.read,
    onLogs: logs.read,
    tidy: (work) => work.catch((error: unknown) => void left.push(reasonOf(error))),
  }
  const { problem, why = 'output' } = await act(app, subject, check, session)
  progress.end()
  const lines = { output: written.end(), logs: logs.end() }
  if (problem !== null) log.write(hide(problem))
  return {
    problem: problem === null ? null : hide(problem),
    lines: lines[why],
    log: log.path,
    left: left[0] ?? null,
  }
}

type Session = {
  /** What the command or program writes, shown while it runs. */
  readonly onOutput: (output: Output) => void
  /** What compose tells of its own doings, shown as well. */
  readonly onProgress: (output: Output) => void
  /** What the containers wrote, only kept. */
  readonly onLogs: (output: Output) => void
  /** Whatever goes wrong with the check says more than what goes wrong with this. */
  readonly tidy: (work: Promise<unknown>) => Promise<unknown>
}

/** `why`: what tells the reason. */
type Done = { readonly problem: string | null; readonly why?: 'output' | 'logs' }

async function act(app: App, subject: Subject, check: Check, session: Session): Promise<Done> {
  const { action } = check
  switch (action.kind) {
    case 'run':
      return { problem: await inContainer(app, subject, { ...check, action }, session) }
    case 'compose':
      return inProject(app, subject, { ...check, action }, session)
    default:
      return assertNever(action)
  }
}

type RunCheck = Check & { readonly action: Extract<Check['action'], { kind: 'run' }> }
type ComposeCheck = Check & { readonly action: Extract<Check['action'], { kind: 'compose' }> }

async function inContainer(
  app: App,
  subject: Subject,
  { name, action, timeoutMs }: RunCheck,
  { onOutput, tidy }: Session,
): Promise<string | null> {
  const { definition, transactionId, signal, release } = subject
  const { service, environment } = definition
  const oneOff = { service, environment, name: `verify-${shortOf(transactionId)}-${name}` }
  app.store.transaction(() => app.store.oneOffs.insert({ ...oneOff, release: release.number, transactionId }))
  try {
    const runtime = await app.runtime()
    if (takesFiles(release)) {
      const owner = await runtime.ownerOf(release.configDigest, release.config.container?.user)
      app.store.secretFiles.ensure(definition, release.number, secretsOf(app, subject, 'file'), owner)
    }
    const spec = specOf(app, subject, oneOff.name, action.argv)
    const end = await runtime.runOnce(spec, { timeoutMs, signal, onOutput, stdin: null, terminal: null })
    return problemOf(end, timeoutMs)
  } catch (error) {
    signal.throwIfAborted()
    if (isAsternError(error, 'START_FAILED')) return String(error.details['reason'])
    throw error
  } finally {
    forgetSecrets(app, subject, oneOff.name)
    await tidy(removeOneOffs(app, definition, [oneOff]))
  }
}

/** The files go before the note of the container that had them does: until then the next command would find both. */
function forgetSecrets(app: App, { definition, release }: Subject, own: string): void {
  const others = app.store.oneOffs.of(definition).filter(({ name }) => name !== own)
  if (others.some((one) => one.release === release.number)) return // another verification has them mounted
  app.store.secretFiles.remove(definition, release.number)
}

/** As the container of a hook has it, with the secrets that its deploy would have. */
function specOf(app: App, subject: Subject, name: string, argv: readonly string[]): OneOffSpec {
  const { release, transactionId } = subject
  const { service, environment, number, configDigest, config } = release
  const common = {
    service,
    environment,
    name,
    release: number,
    process: WEB,
    transactionId,
    configDigest,
    config,
    argv,
  }
  return {
    ...common,
    secretFiles: takesFiles(release) ? app.store.secretFiles.pathOf(release, number) : null,
    openEnv: () => ({ ...config.env, ...Object.fromEntries(secretsOf(app, subject, 'variable')) }),
  }
}

function secretsOf(app: App, { release, sealed }: Subject, as: 'file' | 'variable'): Map<string, string> {
  const wanted = release.config.secrets.filter((secret) => (secret.as === 'file') === (as === 'file'))
  return new Map(wanted.map(({ name }) => [name, app.store.vault.open(name, sealed[name]!)]))
}

async function inProject(
  app: App,
  subject: Subject,
  { name: check, action, timeoutMs }: ComposeCheck,
  { onOutput, onProgress, onLogs, tidy }: Session,
): Promise<Done> {
  const { definition, transactionId, signal } = subject
  const { service, environment } = definition
  const compose = await app.compose()
  const endsAt = app.clock.monotonic() + timeoutMs
  const project = { service, environment, transactionId, name: `astern-verify-${shortOf(transactionId)}-${check}` }
  app.store.transaction(() => app.store.checkProjects.insert(project))
  try {
    const wanted = projectWanted(app, subject, project.name, { name: check, action })
    const up = await compose.up(wanted, { timeoutMs, signal, onOutput: onProgress })
    if (action.argv === null) return { problem: null }
    const host = { argv: action.argv, cwd: action.cwd, env: environmentOf(subject, project.name, up), signal, onOutput }
    const left = Math.max(1, endsAt - app.clock.monotonic())
    return { problem: await onHost(app, { ...host, timeoutMs: left }, timeoutMs) }
  } catch (error) {
    signal.throwIfAborted()
    if (!isAsternError(error, 'COMPOSE_FAILED')) throw error
    return { problem: error.message, why: 'logs' }
  } finally {
    await compose.logs(project.name, { timeoutMs: LOGS_MS, onOutput: onLogs }).catch(() => undefined)
    await tidy(removeProjects(app, [project]))
  }
}

/** A program that cannot be started has not passed anything either. */
async function onHost(app: App, command: HostCommand, timeoutMs: number): Promise<string | null> {
  const hooks = await app.hooks()
  try {
    const { exitCode, signal, timedOut } = await hooks.runOnHost(command)
    if (exitCode === null && !timedOut) return `it was ended by ${signal}`
    return problemOf({ exitCode: exitCode ?? 0, timedOut, oomKilled: false }, timeoutMs)
  } catch (error) {
    command.signal?.throwIfAborted()
    return reasonOf(error)
  }
}

function projectWanted(
  app: App,
  { definition, release, transactionId, folder }: Subject,
  name: string,
  check: Pick<ComposeCheck, 'name' | 'action'>,
): ProjectWanted {
  const { service, environment, image, process } = definition
  return {
    name,
    file: check.action.file,
    image: release.configDigest,
    replaces: { named: check.action.service, service, repository: image },
    port: process.port,
    labels: {
      'astern.installation': app.store.installation,
      'astern.service': service,
      'astern.environment': environment,
      'astern.transaction': transactionId,
    },
    overrideFile: `${folder}/${check.name}.compose.json`,
  }
}

/** What the program is told. The names are a contract. */
function environmentOf({ definition, release, transactionId }: Subject, project: string, { main, ports }: ProjectUp) {
  const { service, environment, process } = definition
  const own = ports.find(
    (port) => port.service === main && port.containerPort === process.port && port.protocol === 'tcp',
  )
  const variableOf = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  return {
    ASTERN_URL: own === undefined ? '' : `http://127.0.0.1:${own.hostPort}`,
    ...Object.fromEntries(
      ports.map((port) => [`ASTERN_PORT_${variableOf(port.service)}_${port.containerPort}`, String(port.hostPort)]),
    ),
    ASTERN_PROJECT: project,
    ASTERN_SERVICE: service,
    ASTERN_ENVIRONMENT: environment,
    ASTERN_VERSION: release.version ?? '',
    ASTERN_IMAGE: release.image,
    ASTERN_DIGEST: release.digest,
    ASTERN_TRANSACTION: transactionId,
  }
}

function shortOf(transactionId: string): string {
  return transactionId.replace('tx-', '')
}
