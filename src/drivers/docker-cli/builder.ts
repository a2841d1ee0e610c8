// Builds and pushes through Docker's command line, so that caches, credential helpers and contexts are the user's own. BuildKit is used where there is one:
// as the plugin buildx, or within the engine when the command line is old enough to reach it there.
import { createHash } from 'node:crypto'
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isConfidential } from '../../core/advice.ts'
import { fail } from '../../core/errors.ts'
import type { Builder, BuildWanted, BuiltImage } from '../../ports/builder.ts'
import type { Clock } from '../../ports/clock.ts'
import { docker, type Ended, type Environment } from './command.ts'
import { buildFailure, engineFailure, lastWords, pushFailure } from './failures.ts'

/** From here on the command line reaches BuildKit through buildx alone. */
const BUILDX_SINCE = 23

export function createDockerCli(given: { readonly env: Environment; readonly clock: Clock }): Builder {
  const { env, clock } = given
  const endpoint = env['DOCKER_HOST'] || 'unix:///var/run/docker.sock'
  const run = (args: readonly string[], how: Partial<Parameters<typeof docker>[1]> = {}) =>
    docker(args, { env, clock, ...how })
  /** Throws where the engine could not be asked; anything else is in the answer. */
  const ask = async (...args: readonly string[]): Promise<Ended> => {
    const ended = await run(args)
    const failure = ended.code === 0 ? null : engineFailure(endpoint, ended.lines)
    if (failure !== null) throw failure
    return ended
  }
  let chosen: Promise<Kind> | null = null

  async function chooseBuilder(): Promise<Kind> {
    if (env['DOCKER_BUILDKIT'] === '0') return { variables: {}, kit: false }
    if ((await run(['buildx', 'version'])).code === 0) return { variables: {}, kit: true }
    const { stdout } = await ask('version', '--format', '{{.Client.Version}}')
    const kit = Number.parseInt(stdout, 10) < BUILDX_SINCE
    return { variables: { DOCKER_BUILDKIT: kit ? '1' : '0' }, kit }
  }

  async function inspect(reference: string): Promise<BuiltImage | null> {
    const seen = await ask('image', 'inspect', '--', reference)
    if (seen.code !== 0) return null
    const [image] = JSON.parse(seen.stdout) as ImageInspected[]
    if (image === undefined) return null
    const history = await ask('history', '--no-trunc', '--human=false', '--format', '{{json .}}', '--', image.Id)
    const layers = history.stdout.split('\n').filter(Boolean).map(layerOf)
    const { Labels: labels, ...config } = image.Config
    // Classic builders note here which container a layer came from.
    const { Image: _image, Hostname: _hostname, ...rest } = config
    const content = JSON.stringify([image.RootFS, image.Architecture, image.Os, sorted(rest)])
    return {
      configDigest: image.Id,
      sizeBytes: image.Size,
      user: image.Config.User ?? '',
      labels: labels ?? {},
      content: createHash('sha256').update(content).digest('hex'),
      layers,
    }
  }

  return {
    sources: async ({ context, dockerfile }) => ({
      dockerfile: await readFile(dockerfile, 'utf8').catch(nullIfMissing),
      hasDockerignore: (await exists(`${dockerfile}.dockerignore`)) || (await exists(join(context, '.dockerignore'))),
    }),

    async build(wanted, watched) {
      const { variables, kit } = await (chosen ??= chooseBuilder())
      const folder = await mkdtemp(join(tmpdir(), 'astern-build-'))
      const idFile = join(folder, 'id')
      try {
        const args = buildArguments(wanted, idFile, kit)
        const hide = hiderOf(wanted.args)
        const onLine = (line: string) => watched.onLine?.(hide(line))
        const ended = await run(args, { ...watched, onLine, env: { ...env, ...variables } })
        if (ended.code !== 0) throw buildFailure(wanted.image, endpoint, ended.lines.map(hide))
        const built = await inspect((await readFile(idFile, 'utf8')).trim())
        if (built === null)
          throw fail('BUILD_FAILED', { image: wanted.image, reason: 'it was built, and is gone again' })
        return built.configDigest
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },

    async name(configDigest, reference) {
      const ended = await ask('image', 'tag', '--', configDigest, reference)
      if (ended.code === 0) return
      throw fail('BUILD_FAILED', { image: reference, reason: lastWords(ended.lines) })
    },

    inspect,

    async push(reference, watched) {
      const ended = await run(['image', 'push', '--', reference], watched)
      if (ended.code !== 0) throw pushFailure(reference, endpoint, ended.lines)
      return ended.lines.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]).findLast(Boolean) ?? null
    },
  }
}

type Kind = { readonly variables: Environment; readonly kit: boolean }

type ImageInspected = {
  readonly Id: string
  readonly Size: number
  readonly Os: string
  readonly Architecture: string
  readonly RootFS: unknown
  readonly Config: {
    readonly User?: string
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly [key: string]: unknown
  }
}

/** Everything that has a value of the user's is one word with its option, and paths are absolute: nothing can be taken for an option. */
function buildArguments(wanted: BuildWanted, idFile: string, kit: boolean): string[] {
  const { context, dockerfile, target, args, labels, platforms, fresh } = wanted
  return [
    'build',
    `--file=${dockerfile}`,
    `--iidfile=${idFile}`,
    ...(kit ? ['--progress=plain'] : []),
    ...(target === null ? [] : [`--target=${target}`]),
    ...(platforms.length === 0 ? [] : [`--platform=${platforms.join(',')}`]),
    ...(fresh ? ['--no-cache'] : []),
    ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
    '--',
    context,
  ]
}

/** Takes values of arguments that sound confidential out of a text. */
function hiderOf(args: BuildWanted['args']): (text: string) => string {
  const values = Object.entries(args).flatMap(([name, value]) => (isConfidential(name) && value !== '' ? [value] : []))
  return (text) => values.reduce((rest, value) => rest.replaceAll(value, '[redacted]'), text)
}

function layerOf(line: string): { createdBy: string; sizeBytes: number } {
  const { CreatedBy, Size } = JSON.parse(line) as { CreatedBy: string; Size: string }
  return { createdBy: CreatedBy, sizeBytes: Number(Size) || 0 }
}

function sorted(record: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return null
  throw error
}
