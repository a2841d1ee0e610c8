// What could be better about an image: asked of its Dockerfile and, once it is built, of the image itself. Pure; the words are in i18n.
// Invariant: no value of a variable is in an advice, only its name.
import { CONFIDENTIAL } from './confidential.ts'
import { assignments, type Dockerfile, type Instruction, type Stage } from './dockerfile.ts'
import { shownSize } from './size.ts'

export type AdviceCode =
  | 'SINGLE_STAGE'
  | 'BASE_LATEST'
  | 'COPY_BEFORE_DEPENDENCIES'
  | 'SECRET_IN_IMAGE'
  | 'ROOT_USER'
  | 'SHELL_FORM'
  | 'NO_HEALTHCHECK'
  | 'NO_DOCKERIGNORE'
  | 'LARGE_LAYER'
  | 'IMAGE_GREW'

export type Advice = {
  readonly code: AdviceCode
  /** Of the Dockerfile; `null`: it is about no line. */
  readonly line: number | null
  readonly details: Readonly<Record<string, string | number>>
}

export type Layer = { readonly createdBy: string; readonly sizeBytes: number }

/** A built image, as far as it is judged. */
export type ImageJudged = {
  readonly user: string
  readonly sizeBytes: number
  /** Of the image before it; `null`: there was none, or nobody knows. */
  readonly previousSizeBytes: number | null
  readonly layers: readonly Layer[]
}

export type Judged = {
  readonly dockerfile: Dockerfile
  readonly hasDockerignore: boolean
  /** `null`: the last stage. */
  readonly target: string | null
  /** `null`: nothing was built. */
  readonly image: ImageJudged | null
}

/** A layer below that is nobody's trouble. */
const LARGE_LAYER_BYTES = 50 * 1024 * 1024
const LAYERS_NAMED = 3
/** Growth that deserves a look, and the least of it. */
const GROWTH = 0.2
const LEAST_GROWTH_BYTES = 5 * 1024 * 1024

/** Bases that hold what builds, which nobody needs where it runs. */
const TOOLCHAIN =
  /(?:^|\/)(?:golang|node|maven|gradle|rust|gcc|eclipse-temurin|openjdk|amazoncorretto|sbt|dotnet\/sdk)(?::|@|$)/
const RUNTIME_ONLY = /[:-](?:\d[\w.]*-)?jre|-jre|slim-jre/
const BUILDS =
  /\b(?:go (?:build|install)|(?:npm|pnpm|yarn)(?: run)? build|mvn\b|gradlew?\b|cargo build|dotnet publish|make\b|gcc\b|tsc\b)/
const FETCHES =
  /\b(?:go mod (?:download|vendor)|npm (?:ci|install|i)\b|yarn(?: install|$| --)|pnpm (?:install|i|fetch)\b|pip3? install|poetry install|uv sync|bundle install|composer install|mvn [^&|;]*dependency:|gradlew? [^&|;]*dependencies|cargo fetch|dotnet restore|go (?:build|install)|mvn [^&|;]*(?:package|verify|install))/
/** Names that only say where a secret is, or how one is used; an address is judged by what it holds. */
const HARMLESS_NAME = /_(?:FILE|PATH|DIR|URL|URI|TTL|NAME|HEADER|LENGTH)$|^(?:GOPRIVATE|KEYBOARD)/i
const SECRET_FILE =
  /(?:^|[\s/"])(?:\.env(?:\.\w+)?|\.npmrc|\.netrc|\.pypirc|\.git-credentials|id_(?:rsa|ed25519|ecdsa|dsa)|[\w.-]+\.(?:pem|key|p12|pfx|jks)|credentials(?:\.json)?)(?=["\s,\]]|$)/
const SECRET_VALUE =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bglpat-[\w-]{20,}|\bxox[abpr]-[\w-]{10,}|\w+:\/\/[^\s/:@$]+:[^\s/@$]+@/

/** In the order of the Dockerfile; what is about no line comes last. */
export function adviseOn(judged: Judged): Advice[] {
  const { dockerfile, hasDockerignore, target, image } = judged
  const reached = stagesOf(dockerfile, target)
  const last = reached.at(-1)
  const found = [
    ...dockerfile.stages.flatMap((stage) => baseAdvice(stage, dockerfile)),
    ...dockerfile.stages.flatMap(cacheAdvice),
    ...[...dockerfile.before, ...dockerfile.stages.flatMap(({ instructions }) => instructions)].flatMap(secretAdvice),
    ...(last === undefined ? [] : [...stageAdvice(last, reached), ...userAdvice(last, dockerfile, image)]),
    ...(hasDockerignore ? [] : [{ code: 'NO_DOCKERIGNORE', line: null, details: {} } as const]),
    ...(image === null ? [] : sizeAdvice(image)),
  ]
  return found.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0)
}

function stagesOf({ stages }: Dockerfile, target: string | null): readonly Stage[] {
  const at = target === null ? -1 : stages.findIndex(({ name }, index) => name === target || String(index) === target)
  return at < 0 ? stages : stages.slice(0, at + 1)
}

function baseAdvice({ base, line }: Stage, { stages }: Dockerfile): Advice[] {
  if (base === 'scratch' || base.includes('@') || base.includes('$') || stages.some(({ name }) => name === base))
    return []
  const tag = /:([^/]+)$/.exec(base)?.[1]
  return tag === undefined || tag === 'latest' ? [{ code: 'BASE_LATEST', line, details: { base } }] : []
}

/** What builds stays in the image, with everything that it needs. */
function stageAdvice(last: Stage, reached: readonly Stage[]): Advice[] {
  const builds = last.instructions.find(({ name, text }) => name === 'RUN' && BUILDS.test(text))
  const heavy = TOOLCHAIN.test(last.base) && !RUNTIME_ONLY.test(last.base) && !/(?:^|\/)node[:@]/.test(last.base)
  const single: Advice[] =
    heavy || (builds !== undefined && reached.length === 1)
      ? [{ code: 'SINGLE_STAGE', line: last.line, details: { base: last.base } }]
      : []
  const has = (name: string) => last.instructions.some((one) => one.name === name)
  const shell = last.instructions.filter(
    ({ name, words, text }) => (name === 'CMD' || name === 'ENTRYPOINT') && words === null && text !== '',
  )
  return [
    ...single,
    ...shell.slice(-1).map(({ name, line }): Advice => ({ code: 'SHELL_FORM', line, details: { instruction: name } })),
    ...(has('HEALTHCHECK') ? [] : [{ code: 'NO_HEALTHCHECK', line: null, details: {} } as const]),
  ]
}

/** The built image knows what its base has said; before that, only what the Dockerfile says counts. */
function userAdvice(last: Stage, { stages }: Dockerfile, image: ImageJudged | null): Advice[] {
  const said = userOf(last, stages)
  const user = image === null ? (said?.text ?? (/nonroot/.test(last.base) ? 'nonroot' : '')) : image.user
  if (!/^(?:|root|0)(?::|$)/.test(user)) return []
  return [{ code: 'ROOT_USER', line: said?.line ?? last.line, details: {} }]
}

function userOf(stage: Stage, stages: readonly Stage[]): Instruction | null {
  const own = stage.instructions.findLast(({ name }) => name === 'USER')
  if (own !== undefined) return own
  const base = stages.find(({ name }) => name === stage.base)
  return base === undefined || base === stage ? null : userOf(base, stages)
}

/** Everything is copied before what changes seldom is fetched: a change of one line fetches it all again. */
function cacheAdvice({ instructions }: Stage): Advice[] {
  const all = instructions.findIndex(({ name, text, flags, words }) => {
    const [from] = words ?? text.split(/\s+/)
    const fromStage = flags.some((flag) => flag.startsWith('--from'))
    return (name === 'COPY' || name === 'ADD') && !fromStage && (from === '.' || from === './')
  })
  if (all < 0) return []
  const fetches = ({ name, text }: Instruction) => name === 'RUN' && FETCHES.test(text)
  const cached = ({ flags }: Instruction) => flags.some((flag) => /^--mount=(?:.*,)?type=cache/.test(flag))
  const after = instructions.slice(all + 1).find((one) => fetches(one))
  const before = instructions.slice(0, all).some((one) => fetches(one))
  if (after === undefined || before || cached(after)) return []
  return [{ code: 'COPY_BEFORE_DEPENDENCIES', line: instructions[all]!.line, details: { later: after.line } }]
}

function secretAdvice({ name, text, line, words }: Instruction): Advice[] {
  const said = (what: string): Advice => ({ code: 'SECRET_IN_IMAGE', line, details: { what } })
  if (name === 'ARG' || name === 'ENV') {
    return assignments(text)
      .filter(([variable, value]) => {
        if (value !== null && SECRET_VALUE.test(value)) return true
        // An ARG is filled in from outside; an ENV without a value, or with that of another variable, says nothing itself.
        const filled = name === 'ARG' || (value !== null && value !== '' && !value.startsWith('$'))
        return filled && isConfidential(variable)
      })
      .map(([variable]) => said(`${name} ${variable}`))
  }
  if (name === 'COPY' || name === 'ADD') {
    const sources = (words ?? text.split(/\s+/)).slice(0, -1)
    const file = sources.find((source) => SECRET_FILE.test(source))
    return file === undefined ? [] : [said(`${name} ${file}`)]
  }
  return name === 'RUN' && SECRET_VALUE.test(text) ? [said('RUN')] : []
}

export function isConfidential(name: string): boolean {
  return CONFIDENTIAL.test(name) && !HARMLESS_NAME.test(name)
}

function sizeAdvice({ sizeBytes, previousSizeBytes, layers }: ImageJudged): Advice[] {
  const large = largestLayers(layers)
    .filter((layer) => layer.sizeBytes >= LARGE_LAYER_BYTES)
    .map((layer): Advice => ({
      code: 'LARGE_LAYER',
      line: null,
      details: { layer: layerName(layer.createdBy), size: shownSize(layer.sizeBytes) },
    }))
  if (previousSizeBytes === null) return large
  const grown = sizeBytes - previousSizeBytes
  if (grown < LEAST_GROWTH_BYTES || grown < previousSizeBytes * GROWTH) return large
  const details = { from: shownSize(previousSizeBytes), to: shownSize(sizeBytes) }
  return [...large, { code: 'IMAGE_GREW', line: null, details }]
}

/** The largest first. */
export function largestLayers(layers: readonly Layer[]): Layer[] {
  return layers
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, LAYERS_NAMED)
}

const MAX_LAYER_NAME = 60

/** What made a layer, in short. Classic builders write arguments with their values before the command: those are left out. */
export function layerName(createdBy: string): string {
  const text = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^RUN\s+/, '')
    .replace(/^\|\d+ .*?(?=\/bin\/sh -c)/, '')
    .replace(/^\/bin\/sh -c\s*/, 'RUN ')
    .replace(/\s*# buildkit$/, '')
    .replaceAll(/\b(\w+)=\S+/g, (whole, name: string) => (isConfidential(name) ? `${name}=…` : whole))
    .replace(SECRET_VALUE, '…')
    .trim()
  return text.length > MAX_LAYER_NAME ? `${text.slice(0, MAX_LAYER_NAME - 1)}…` : text
}
