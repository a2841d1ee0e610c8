// One service of a compose file: its YAML, variables filled in, its shape checked. What it means for Astern is decided in
// compose-service.ts.
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { FileAccess } from './files.ts'
import { interpolate } from '../core/interpolate.ts'
import { pathText } from './problems.ts'
import type { Path, Problems } from './problems.ts'
import { didYouMean } from './suggest.ts'
import { isRecord, validate } from './validate.ts'
import { readOrReport, readVariables } from './variables.ts'
import { parseYaml } from './yaml-document.ts'
import type { YamlDocument } from './yaml-document.ts'

const text = z.string({ error: 'expected a text' })
const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number, true or false' })
const numeric = z.union([z.number(), z.string()], { error: 'expected a number' })
const words = z.union([z.string(), z.array(scalar), z.null()], { error: 'expected a text or a list of words' })

const texts = z.array(z.string(), { error: 'expected a list of texts' }).nullish()
const flag = z.union([z.boolean(), z.string()], { error: 'expected true or false' }).optional()
const namesOrMapping = z.union([z.array(z.string()), z.record(z.string(), z.unknown())], {
  error: 'expected a list of names, or a mapping',
})

/** Settings of the container itself. */
const containerFields = {
  entrypoint: words.optional(),
  user: numeric.optional(),
  working_dir: text.optional(),
  init: flag,
  read_only: flag,
  tmpfs: z.union([z.string(), z.array(z.string())], { error: 'expected a path, or a list of them' }).nullish(),
  shm_size: numeric.optional(),
  cap_add: texts,
  cap_drop: texts,
  security_opt: texts,
  ulimits: z.record(z.string(), z.unknown(), { error: 'expected a mapping' }).nullish(),
  extra_hosts: z
    .union([z.array(z.string()), z.record(z.string(), z.union([z.string(), z.array(z.string())]))], {
      error: 'expected a list of NAME:ADDRESS, or a mapping',
    })
    .nullish(),
  networks: namesOrMapping.nullish(),
  network_mode: text.optional(),
  depends_on: namesOrMapping.nullish(),
  links: texts,
  secrets: z
    .array(z.union([z.string(), z.looseObject({ source: text, target: text.optional() })]), {
      error: 'expected a list of secrets',
    })
    .nullish(),
}

const healthcheck = z.looseObject(
  {
    test: z.union([z.string(), z.array(z.string())], { error: 'expected a text or a list of words' }).optional(),
    interval: text.optional(),
    timeout: text.optional(),
    start_period: text.optional(),
    retries: numeric.optional(),
    disable: z.union([z.boolean(), z.string()], { error: 'expected true or false' }).optional(),
  },
  { error: 'expected a mapping' },
)

const composeSchema = z.looseObject(
  {
    image: text.optional(),
    command: words.optional(),
    environment: z
      .union([z.record(z.string(), z.union([scalar, z.null()])), z.array(z.string())], {
        error: 'expected a mapping of names to values, or a list of NAME=value',
      })
      .nullish(),
    env_file: z
      .union(
        [
          z.string(),
          z.array(
            z.union([
              z.string(),
              z.looseObject({ path: text, required: z.boolean().optional(), format: z.string().optional() }),
            ]),
          ),
        ],
        { error: 'expected the path of a file, or a list of them' },
      )
      .nullish(),
    ports: z
      .array(z.union([z.string(), z.number(), z.looseObject({ target: numeric })]), {
        error: 'expected a list of ports',
      })
      .nullish(),
    expose: z.array(numeric, { error: 'expected a list of ports' }).nullish(),
    volumes: z
      .array(z.union([z.string(), z.looseObject({ type: text, target: text })]), {
        error: 'expected a list of volumes',
      })
      .nullish(),
    healthcheck: healthcheck.nullish(),
    deploy: z
      .looseObject({
        replicas: numeric.optional(),
        resources: z
          .looseObject({ limits: z.looseObject({ cpus: numeric.optional(), memory: numeric.optional() }).nullish() })
          .nullish(),
      })
      .nullish(),
    scale: numeric.optional(),
    mem_limit: numeric.optional(),
    cpus: numeric.optional(),
    stop_signal: text.optional(),
    stop_grace_period: text.optional(),
    ...containerFields,
  },
  { error: 'expected a mapping' },
)

export type ComposeFields = z.output<typeof composeSchema>

/** Where the value of a variable came from. */
type Origin = 'process' | 'env_file' | 'default'

export type ComposeService = {
  readonly document: YamlDocument
  readonly path: Path
  readonly folder: string
  readonly fields: ComposeFields
  /** Prefix of names that compose gives to volumes. */
  readonly project: string
  /** The file's own `volumes`, by key. */
  readonly volumes: ReadonlyMap<string, unknown>
  /** Its `networks` and `secrets`, by key. */
  readonly networks: ReadonlyMap<string, unknown>
  readonly secrets: ReadonlyMap<string, unknown>
  /** The file of variables beside it, if there is one. */
  readonly dotenvPath: string
  readonly variable: (name: string) => { readonly value: string | undefined; readonly origin: Origin }
  /** The variables that went into a value. */
  readonly variablesIn: (path: Path) => readonly string[]
}

export type ComposeContext = {
  readonly files: FileAccess
  /** The environment that Astern itself was started with. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly problems: Problems
}

/** `null` when it cannot be used; then at least one problem was added. `at` is where astern.yaml names it. */
export function readComposeService(
  file: string,
  wanted: { readonly name: string | null; readonly otherwise: string },
  at: { readonly document: YamlDocument; readonly path: Path },
  context: ComposeContext,
): ComposeService | null {
  const { problems } = context
  const source = readOrReport(file, () => problems.at(at, `there is no file ${problems.shown(file)}`), context)
  if (source === null) return null
  const document = parseYaml(problems.shown(file), source, problems)
  if (document === null) return null
  const services = isRecord(document.value) ? document.value['services'] : undefined
  if (!isRecord(services)) {
    problems.at({ document, path: ['services'] }, 'expected a mapping of services')
    return null
  }
  const name = chooseService(Object.keys(services), wanted)
  if (name === null) {
    const asked = wanted.name === null ? '' : didYouMean(wanted.name, Object.keys(services))
    const what = wanted.name === null ? 'which service is meant is not said' : `there is no service "${wanted.name}"`
    problems.at(at, `${what} in ${document.file}${asked} (it has ${Object.keys(services).join(', ') || 'none'})`)
    return null
  }
  const dotenvPath = join(dirname(file), '.env')
  const dotenv = new Map(readVariables(dotenvPath, () => {}, context).map((entry) => [entry.name, entry.value]))
  const variable = (variableName: string): { value: string | undefined; origin: Origin } => {
    const own = Object.hasOwn(context.env, variableName) ? context.env[variableName] : undefined
    if (own !== undefined) return { value: own, origin: 'process' }
    const value = dotenv.get(variableName)
    return { value, origin: value === undefined ? 'default' : 'env_file' }
  }
  const used = new Map<string, readonly string[]>()
  const fill = (value: unknown, path: Path): unknown =>
    fillIn(value, path, (string, where) => {
      const result = interpolate(string, (variableName) => variable(variableName).value)
      if ('problem' in result) {
        problems.at({ document, path: where }, result.problem)
        return ''
      }
      for (const missing of new Set(result.value.unset)) {
        problems.note({ document, path: where }, `the variable ${missing} is not set; nothing was filled in`)
      }
      used.set(pathText(where), result.value.used)
      return result.value.text
    })

  const path = ['services', name]
  if (isRecord(services[name]) && services[name]['extends'] !== undefined) {
    problems.atKey({ document, path: [...path, 'extends'] }, 'extends is not followed; write the definition out')
  }
  const fields = validate(composeSchema, fill(services[name], path), { document, path, problems })
  if (fields === null) return null
  const top = document.value as Record<string, unknown>
  const declared = (key: 'volumes' | 'networks' | 'secrets') =>
    new Map(Object.entries(isRecord(top[key]) ? (fill(top[key], [key]) as Record<string, unknown>) : {}))
  const projectName = typeof top['name'] === 'string' ? String(fill(top['name'], ['name'])) : null
  return {
    document,
    path,
    folder: dirname(file),
    fields,
    project: projectOf(projectName ?? variable('COMPOSE_PROJECT_NAME').value ?? basename(dirname(file))),
    volumes: declared('volumes'),
    networks: declared('networks'),
    secrets: declared('secrets'),
    dotenvPath,
    variable,
    variablesIn: (where) => used.get(pathText(where)) ?? [],
  }
}

function chooseService(
  known: readonly string[],
  wanted: { readonly name: string | null; readonly otherwise: string },
): string | null {
  if (wanted.name !== null) return known.includes(wanted.name) ? wanted.name : null
  if (known.includes(wanted.otherwise)) return wanted.otherwise
  return known.length === 1 ? (known[0] ?? null) : null
}

/** As compose makes it: lower case, nothing but letters, digits, dashes and underscores, beginning with a letter or digit. */
function projectOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
}

function fillIn(value: unknown, path: Path, fill: (text: string, path: Path) => string): unknown {
  if (typeof value === 'string') return fill(value, path)
  if (Array.isArray(value)) return value.map((item, index) => fillIn(item, [...path, index], fill))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, [...path, key], fill)]))
}
