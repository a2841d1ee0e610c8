// astern.yaml, a compose file for local work, and what git and Docker are to leave alone, as `astern init` writes them.
import type { Language } from './seen.ts'

export const SCHEMA_FILE = '.astern/astern.schema.json'
const FIRST_PORT = 18_080

export type ConfigChoices = {
  readonly name: string
  /** Its repository. */
  readonly image: string
  readonly port: number
  readonly health: string | null
  /** The image has a HEALTHCHECK, which is used where nothing better is known. */
  readonly imageHealthcheck: boolean
  /** `compose.yaml#web`: what the service is taken from; `null`: nothing. */
  readonly compose: string | null
  /** What `astern verify` runs in the image; `null`: nothing is known that would say something. */
  readonly check: readonly string[] | null
  /** What of it the compose file says by itself. */
  readonly composeSays: { readonly image: boolean; readonly port: boolean; readonly health: boolean }
  readonly environments: readonly string[]
  /** Where users of the first environment connect; the others follow. */
  readonly listen: string
  /** The variable that names the database. */
  readonly database: string | null
}

export function asternYaml(choices: ConfigChoices): string {
  const { name, image, port, health, compose, composeSays, environments, listen, database } = choices
  const rows: [text: string, comment: string][] = []
  if (compose !== null) rows.push([`compose: ${scalar(compose)}`, 'the definition; what stands here wins'])
  if (!composeSays.image) rows.push([`image: ${scalar(image)}`, 'repository; a release adds tag and digest'])
  if (!image.includes('/')) rows.push(['registry: none', 'it runs where it is built'])
  if (!composeSays.port) rows.push([`port: ${port}`, 'where the process listens in its container'])
  if (health !== null && !composeSays.health) rows.push([`health: ${scalar(health)}`, ''])
  else if (health === null && !choices.imageHealthcheck && !composeSays.health)
    rows.push(['health: tcp', 'a path, as in /healthz, would say more'])
  const wide = Math.max(...rows.map(([text]) => text.length))
  return lines(
    `# yaml-language-server: $schema=${SCHEMA_FILE}`,
    'services:',
    `  ${scalar(name)}:`,
    ...rows.map(([text, comment]) => `    ${comment === '' ? text : `${text.padEnd(wide)}   # ${comment}`}`),
    ...(database === null
      ? []
      : [
          '    # Where the database is. The file holds the value; git and Docker leave the folder alone:',
          `    # secrets: { ${database}: { file: secrets/${database.toLowerCase()} } }`,
        ]),
    'environments:',
    ...environments.flatMap((environment, index) => [
      `  ${scalar(environment)}:`,
      `    listen: ${scalar(listenOf(listen, index))}`,
      ...checkLines(choices.check),
    ]),
    ...(environments.length > 1
      ? []
      : [`  # staging: { listen: ${scalar(listenOf(listen, 1))} }   # with a second one, commands want --env`]),
  )
}

/** What has to hold of an image before it is deployed. */
function checkLines(check: readonly string[] | null): string[] {
  if (check === null)
    return ['    # checks: { selftest: { run: [/app, selftest] } }   # what astern verify runs in the image']
  return [
    '    checks:   # what astern verify does with an image: it starts, and has to answer',
    `      answers: { timeout: 1m, run: [${check.map((word) => scalar(word)).join(', ')}] }`,
  ]
}

/** Where an environment listens: beside the first one. */
function listenOf(listen: string, index: number): string {
  if (index === 0) return listen
  const colon = listen.lastIndexOf(':')
  const port = Number(listen.slice(colon + 1))
  // Beside a port of the public, those behind it are nobody's.
  return `${listen.slice(0, colon)}:${(port < 1_024 ? FIRST_PORT : port) + index}`
}

/** A word as YAML reads it back: in quotes where it could be taken for something else. */
function scalar(text: string): string {
  const plain = /^(?:[A-Za-z][\w/.:@#-]*|\/[\w/.:@#-]*|[\d.]+:\d+)$/.test(text) && !text.endsWith(':')
  return plain && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text)
}

export type ComposeChoices = {
  readonly name: string
  readonly port: number
  readonly database: string
  /** Spring wants a URL of JDBC, with user and password beside it. */
  readonly jdbc: boolean
}

/** What tells it from a compose file of the user. */
export const COMPOSE_HEAD = '# Written by `astern init`, for work on '

export function composeYaml({ name, port, database, jdbc }: ComposeChoices): string {
  const user = '${POSTGRES_USER:-app}'
  const password = '${POSTGRES_PASSWORD:?cp .env.example .env, and give it a password}'
  const db = '${POSTGRES_DB:-app}'
  const variables = jdbc
    ? [
        `${database}: jdbc:postgresql://postgres:5432/${db}`,
        `SPRING_DATASOURCE_USERNAME: ${user}`,
        `SPRING_DATASOURCE_PASSWORD: ${password}`,
      ]
    : [`${database}: postgres://${user}:${password}@postgres:5432/${db}?sslmode=disable`]
  return lines(
    `${COMPOSE_HEAD}${name}: cp .env.example .env, then docker compose up --build. Releases go through astern.yaml.`,
    'services:',
    `  ${scalar(name)}:`,
    '    build: .',
    `    ports: ["127.0.0.1:${port}:${port}"]`,
    '    environment:',
    ...variables.map((line) => `      ${line.replace(/: (.*)$/, (_, value: string) => `: ${JSON.stringify(value)}`)}`),
    '    depends_on:',
    '      postgres: { condition: service_healthy }',
    '',
    '  postgres:',
    '    image: postgres:17',
    '    environment:',
    `      POSTGRES_USER: ${JSON.stringify(user)}`,
    `      POSTGRES_PASSWORD: ${JSON.stringify(password)}`,
    `      POSTGRES_DB: ${JSON.stringify(db)}`,
    '    volumes: ["postgres:/var/lib/postgresql/data"]',
    '    healthcheck:',
    '      test: [CMD, pg_isready, -q, -h, 127.0.0.1]',
    '      interval: 2s',
    '      timeout: 3s',
    '      retries: 30',
    '    restart: unless-stopped',
    '',
    'volumes:',
    '  postgres:',
  )
}

export function envExample(): string {
  return lines(
    '# cp .env.example .env, and give it a password of your own, of letters and digits: it becomes part of a URL. git leaves .env alone.',
    'POSTGRES_USER=app',
    'POSTGRES_DB=app',
    'POSTGRES_PASSWORD=',
  )
}

const IGNORED_BY_DOCKER: Readonly<Record<Language, readonly string[]>> = {
  go: ['**/*_test.go'],
  node: ['**/node_modules', 'coverage', '.next'],
  java: ['target', 'build', '.gradle', '.idea'],
  dockerfile: [],
}

export function dockerignore(language: Language): string {
  return lines(
    "# What an image is not made of. What changes beside the code would only spoil the builder's cache, and secrets must not get into a layer.",
    '.git',
    '.github',
    '.gitlab',
    '.gitlab-ci.yml',
    '.tekton',
    '.astern',
    '.env*',
    'secrets',
    'astern.yaml',
    'compose*.yaml',
    'Dockerfile',
    '.dockerignore',
    'README*',
    'CHANGELOG*',
    ...IGNORED_BY_DOCKER[language],
  )
}

/** .gitignore with what must not be committed; `existing` stays, and is only added to. */
export function gitignore(existing: string | null): string {
  const wanted = ['.env', 'secrets/']
  const known = (existing ?? '').split('\n').map((line) => line.trim().replaceAll(/^\/|\/$/g, ''))
  const missing = wanted.filter((line) => !known.includes(line.replace(/\/$/, '')))
  if (missing.length === 0) return existing ?? ''
  const before = existing === null || existing === '' || existing.endsWith('\n') ? (existing ?? '') : `${existing}\n`
  return `${before}${lines(...missing)}`
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
