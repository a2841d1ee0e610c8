// What `astern init` goes by: what was found, unless an option or an answer says otherwise.
import { chooseCandidate, type ComposeCandidate, composeCandidates } from '../../config/compose-candidates.ts'
import { parseRepository } from '../../config/image-reference.ts'
import { HTTP_PATH_PATTERN } from '../../config/schema.ts'
import { parseListen } from '../../config/listen.ts'
import { NAME_PATTERN } from '../../config/schema-fields.ts'
import { fail } from '../../core/errors.ts'
import { CI_SYSTEMS, type CiSystem } from '../../core/init/look-project.ts'
import { readDockerfile } from '../../core/init/look-dockerfile.ts'
import { type Choices, composeFiles } from '../../core/init/plan-init.ts'
import type { Health } from '../../core/model.ts'
import type { Found, Project, Seen } from '../../core/init/seen.ts'
import { smokeCheck } from '../../core/init/smoke-check.ts'
import { isPort } from '../../core/init/source-text.ts'
import type { Arguments } from '../command.ts'
import type { Context } from '../context.ts'
import { knownConfig } from './known-config.ts'

/** Where users of the first environment connect when nothing is said: only this host, until somebody opens it. */
const LISTEN = '127.0.0.1:18080'
const ENVIRONMENT = 'prod'

/** What can be asked, and be said by an option of the same name. */
export type Answers = {
  readonly service: string
  readonly image: string
  readonly port: number
  /** A path, or `tcp`; `null`: nobody said. */
  readonly health: string | null
  readonly listen: string
  readonly environments: readonly string[]
  readonly ci: CiSystem
  readonly database: boolean
}

/** The file, and the service in it. */
export type ComposeChoice = { readonly file: string; readonly candidate: ComposeCandidate }

export function composeChoice(seen: Seen, name: string): ComposeChoice | null {
  const [file] = composeFiles(seen)
  if (file === undefined) return null
  const candidate = chooseCandidate(composeCandidates(seen.texts.get(file)!), name)
  return candidate === null ? null : { file, candidate }
}

/** Error: USAGE. */
export function firstAnswers(
  context: Context,
  args: Arguments,
  seen: Seen,
  project: Project,
  ci: Found<CiSystem>,
): Answers {
  const compose = composeChoice(seen, project.name)
  const known = knownConfig(context, seen)
  const before = known?.[0]
  return {
    service: checked(context, args, 'service', readName) ?? before?.service ?? project.name,
    image: checked(context, args, 'image', readImage) ?? before?.image ?? imageOf(compose) ?? project.name,
    port: checked(context, args, 'port', readPort) ?? before?.process.port ?? project.port.value,
    health:
      checked(context, args, 'health', readHealth) ?? healthOf(before?.health ?? null) ?? project.health?.value ?? null,
    listen: checked(context, args, 'listen', readListen) ?? (before?.listen || LISTEN),
    environments: checked(context, args, 'environments', readEnvironments) ??
      known?.map(({ environment }) => environment) ?? [ENVIRONMENT],
    ci: checked(context, args, 'ci', readCi) ?? ci.value,
    database: args.flag('database') || (project.database !== null && composeFiles(seen).length === 0),
  }
}

export function choicesOf(
  seen: Seen,
  project: Project,
  answers: Answers,
  compose: ComposeChoice | null,
  buildkit: boolean,
): Choices {
  const { service: name, image, port, listen, environments, ci } = answers
  const health = answers.health === 'tcp' ? null : answers.health
  const local = answers.database && composeFiles(seen).length === 0
  const candidate = compose?.candidate ?? null
  const variable = project.database?.value ?? (answers.database ? 'DATABASE_URL' : null)
  const own = seen.texts.get('Dockerfile')
  return {
    name,
    image,
    port,
    health,
    imageHealthcheck:
      answers.health === null && own !== undefined && readDockerfile('Dockerfile', own).healthcheck !== null,
    compose: compose === null ? null : `${compose.file}#${compose.candidate.name}`,
    check: smokeCheck(seen, project, { port, health }),
    composeSays: {
      image: candidate !== null && imageOf(compose) === image,
      port: candidate?.ports.length === 1 && candidate.ports[0] === port,
      health: candidate?.hasHealthcheck === true,
    },
    environments,
    listen,
    database: candidate === null ? variable : null,
    ci,
    buildkit,
    localCompose:
      local && variable !== null ? { database: variable, jdbc: variable === 'SPRING_DATASOURCE_URL' } : null,
  }
}

function healthOf(health: Health | null): string | null {
  return health === null ? null : health.kind === 'http' ? health.path : 'tcp'
}

/** What the compose file calls the image, without its tag; `null`: nothing that a repository could be called. */
function imageOf(compose: ComposeChoice | null): string | null {
  const image = compose?.candidate.image ?? null
  return image === null ? null : readImage(image.replace(/:[^/]*$/, ''))
}

export function readName(text: string): string | null {
  return NAME_PATTERN.test(text) ? text : null
}

export function readImage(text: string): string | null {
  return 'value' in parseRepository(text) ? text : null
}

export function readPort(text: string): number | null {
  return /^\d{1,5}$/.test(text) && isPort(Number(text)) ? Number(text) : null
}

export function readHealth(text: string): string | null {
  return text === 'tcp' || HTTP_PATH_PATTERN.test(text) ? text : null
}

export function readListen(text: string): string | null {
  return 'value' in parseListen(text) ? text : null
}

export function readCi(text: string): CiSystem | null {
  return CI_SYSTEMS.find((system) => system === text) ?? null
}

export function readEnvironments(text: string): string[] | null {
  const names = text.split(',').map((name) => name.trim())
  return names.every((name) => NAME_PATTERN.test(name)) && new Set(names).size === names.length ? names : null
}

/** The shape of each value, as it is shown where one is wrong. */
export const SHAPES = {
  service: 'gin-shop',
  image: 'gin-shop, registry.example.com/shop/gin-shop',
  port: '8080',
  health: '/healthz, tcp',
  listen: '127.0.0.1:18080',
  environments: 'prod,staging',
  ci: CI_SYSTEMS.join(', '),
} as const

function checked<T>(
  context: Context,
  args: Arguments,
  name: keyof typeof SHAPES,
  read: (text: string) => T | null,
): T | null {
  const text = args.text(name)
  if (text === null) return null
  const value = read(text)
  if (value !== null) return value
  throw fail('USAGE', {
    problem: context.t('value_invalid', { name, expected: SHAPES[name], value: text }),
    command: 'init',
  })
}
