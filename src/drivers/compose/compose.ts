// Compose projects by the Compose plugin of the user's own `docker`: it finds the engine, credentials and variables as its user would.
// Invariant: the image goes in by its ID, with a policy that neither pulls nor builds, so nothing that a tag means by now can take its place.
import { writeFile } from 'node:fs/promises'
import { fail, reasonOf } from '../../core/errors.ts'
import { nothingToReplace, type ProjectService, substitution, type Substitution } from '../../core/checks.ts'
import type { Compose, ProjectPort, ProjectSession, ProjectWanted } from '../../ports/compose.ts'
import type { Hooks } from '../../ports/hooks.ts'

/** For what does not wait for a service. */
const QUESTION_MS = 30_000
const DOWN_MS = 120_000
/** A service that is only checked is not worth a long farewell. */
const STOP_SECONDS = '3'
const LOG_LINES = '500'
/** More than any description of a project has. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024

type Session = Omit<ProjectSession, 'onOutput'> & Partial<ProjectSession>

export function createCompose(hooks: () => Promise<Hooks>): Compose {
  /** What it writes to its standard output; or why it failed, in its own words. */
  async function docker(words: readonly string[], session: Session): Promise<{ stdout: string } | { problem: string }> {
    const kept = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
    let bytes = 0
    const { exitCode, timedOut } = await (
      await hooks()
    ).runOnHost({
      ...session,
      argv: ['docker', ...words],
      cwd: '/',
      env: {},
      onOutput: (output) => {
        session.onOutput?.(output)
        bytes += output.bytes.length
        if (bytes <= MOST_ANSWER_BYTES) kept[output.stream].push(output.bytes)
      },
    })
    if (timedOut) return { problem: `it took longer than ${session.timeoutMs / 1_000} s` }
    if (exitCode === 0) return { stdout: textOf(kept.stdout) }
    const said = textOf(kept.stderr).trim().split('\n')
    // Compose tells what it does before it says what went wrong; `docker` says first that it knows no compose.
    return { problem: (words.length > 2 ? said.at(-1) : said[0])?.trim() || `it ended with exit code ${exitCode}` }
  }

  /** Error: COMPOSE_FAILED, with what was to be done. */
  async function compose(
    of: { file: string; what: string },
    words: readonly string[],
    session: Session,
  ): Promise<string> {
    let problem: string
    try {
      const ran = await docker(['compose', '--ansi', 'never', ...words], session)
      if ('stdout' in ran) return ran.stdout
      problem = ran.problem
    } catch (error) {
      session.signal?.throwIfAborted()
      problem = reasonOf(error)
    }
    throw fail('COMPOSE_FAILED', { file: of.file, reason: `${of.what}: ${problem}` })
  }

  return {
    async missing() {
      try {
        const ran = await docker(['compose', 'version'], { timeoutMs: QUESTION_MS })
        return 'problem' in ran ? ran.problem : null
      } catch (error) {
        return reasonOf(error)
      }
    },

    async up(project, { onOutput, ...session }) {
      const { name, file, replaces, overrideFile } = project
      const quick = { ...session, timeoutMs: Math.min(session.timeoutMs, QUESTION_MS) }
      const reading = { file, what: 'cannot be read' }
      const services = servicesOf(await compose(reading, ['-p', name, '-f', file, 'config', '--format', 'json'], quick))
      const found = substitution(services, replaces)
      if (found === null) throw fail('COMPOSE_FAILED', { file, reason: nothingToReplace(services) })
      await writeFile(overrideFile, `${JSON.stringify(overrideOf(project, services, found), null, 2)}\n`)
      const coming = { file, what: 'did not come up' }
      const up = ['-p', name, '-f', file, '-f', overrideFile, 'up', '--detach', '--wait']
      await compose(coming, up, { ...session, onOutput })
      const ports = portsOf(await compose(coming, ['-p', name, 'ps', '--format', 'json'], quick))
      return { main: found.main, ports }
    },

    async logs(name, session) {
      await compose(
        { file: name, what: 'shows no logs' },
        ['-p', name, 'logs', '--no-color', '--tail', LOG_LINES],
        session,
      )
    },

    // By its name alone: compose then takes what bears the labels of this project. With the file it would remove volumes that the file shares with others.
    async down(name) {
      const words = ['-p', name, 'down', '--volumes', '--remove-orphans', '--rmi', 'local', '--timeout', STOP_SECONDS]
      await compose({ file: name, what: 'cannot be taken down' }, words, { timeoutMs: DOWN_MS })
    },
  }
}

function overrideOf(
  { image, port, labels }: ProjectWanted,
  services: readonly ProjectService[],
  { main, replaced }: Substitution,
) {
  const published = port === null ? {} : { ports: [{ target: port, host_ip: '127.0.0.1', protocol: 'tcp' }] }
  const of = (name: string) => ({
    labels,
    ...(replaced.includes(name) ? { image, pull_policy: 'never' } : {}),
    ...(name === main ? published : {}),
  })
  return { services: Object.fromEntries(services.map(({ name }) => [name, of(name)])) }
}

type Described = { readonly services?: Readonly<Record<string, { readonly image?: string; readonly build?: unknown }>> }

function servicesOf(text: string): ProjectService[] {
  const { services = {} } = JSON.parse(text) as Described
  return Object.entries(services).map(([name, { image = null, build }]) => ({
    name,
    image,
    isBuilt: build !== undefined,
  }))
}

type Listed = {
  readonly Service: string
  readonly Publishers:
    | readonly { readonly TargetPort: number; readonly PublishedPort: number; readonly Protocol: string }[]
    | null
}

/** One object a line, or, before version 2.21, a list of them. A port that is not published has the number 0. */
function portsOf(text: string): ProjectPort[] {
  const listed = text.trimStart().startsWith('[')
    ? (JSON.parse(text) as Listed[])
    : text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as Listed]))
  return listed.flatMap(({ Service, Publishers }) =>
    (Publishers ?? [])
      .filter(({ PublishedPort }) => PublishedPort > 0)
      .map(({ TargetPort, PublishedPort, Protocol }) => ({
        service: Service,
        containerPort: TargetPort,
        hostPort: PublishedPort,
        protocol: Protocol,
      })),
  )
}

function textOf(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString('utf8')
}
