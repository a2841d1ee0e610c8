// A registry with many tags must cost neither time nor memory: `astern prune --dry-run`, which lists all of them and plans what retention lets go, beside
// what others need to list them alone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Definition } from '../../src/core/model.ts'
import type { App } from '../../src/operations/app.ts'
import { startRegistry } from '../../test/fixtures/registry.ts'
import type { BenchContext } from '../bench.ts'
import { type Ran, root, run } from '../command.ts'
import { versionOf, writePast } from '../history/past.ts'
import { createInstallation } from '../installation.ts'
import { freePort } from '../port.ts'
import { atMost, type Goal, type Measured, type Row } from '../report.ts'
import { spread } from '../statistics.ts'
import { fillWithTags } from './many-tags.ts'

const TAGS = 10_000
const KEPT = 10
const NAME = 'shop/gin-shop'
const LIMIT_S = 5
const LIMIT_MB = 200
const ROUNDS = { full: 20, quick: 5 }
const CRANE = join(root, '.cache/bin/crane')
const CRANE_PACKAGE = 'github.com/google/go-containerregistry/cmd/crane@v0.22.1'
const BUILD_LIMIT_MS = 300_000
const KILOBYTE = 1024

type Sample = { readonly durationMs: number; readonly tags: number; readonly peakBytes: number | null }

export async function measureRegistry(context: BenchContext): Promise<Measured> {
  const { cleanup, quick, say, signal } = context
  const registry = await startRegistry()
  cleanup.add('the registry', () => registry.close())
  const versions = Array.from({ length: TAGS }, (_, index) => versionOf(index + 1))
  const digests = await fillWithTags(registry, NAME, versions, signal)
  say(`${TAGS.toLocaleString('en')} tags are in the registry`)
  const repository = `${registry.host}/${NAME}`
  const installation = createInstallation(context, 'registry')
  const definition = installation.configure(configText(repository, await freePort()))
  await installation.astern(['up'])
  const app = installation.open()
  await writePast(app, definition, TAGS, signal)
  writeTags(app, definition, versions, digests)
  say('and in the state')

  const crane = await craneOrNull(context)
  const astern = async (): Promise<Sample> => {
    const { file, env } = tellPeak(context)
    const words = ['prune', '--dry-run', '--json']
    const ran = await installation.astern(words, { env: { ...installation.env, ...env } })
    return { durationMs: ran.durationMs, tags: countManifests(ran), peakBytes: Number(readFileSync(file, 'utf8')) }
  }
  const other =
    (file: string, ...words: string[]) =>
    async (): Promise<Sample> => {
      const ran = await run(file, words, { signal })
      return { durationMs: ran.durationMs, tags: countTags(ran), peakBytes: null }
    }
  const subjects: readonly (readonly [string, () => Promise<Sample>])[] = [
    ['astern prune --dry-run', astern],
    ...(crane === null ? [] : [['crane ls', other(crane, 'ls', '--insecure', repository)] as const]),
    ['curl', other('curl', '--silent', '--fail', `http://${registry.host}/v2/${NAME}/tags/list`)],
  ]
  const samples = new Map<string, Sample[]>(subjects.map(([name]) => [name, []]))
  for (let round = 0; round < (quick ? ROUNDS.quick : ROUNDS.full); round += 1) {
    for (const [name, measure] of subjects) samples.get(name)!.push(await measure())
  }
  return {
    rows: [...samples].map(([name, measured]) => rowOf(name, measured)),
    goals: goals(samples.get('astern prune --dry-run')!),
    notes: [
      `${TAGS.toLocaleString('en')} releases with a tag each in the state and in the registry; retention keeps ${KEPT} of them, and what else is needed`,
      'one image was pushed; the manifests of the others and their names were written on the disk of the registry as it writes them itself',
      'tags: of Astern, those of the manifests that would go; of the others, those that they list',
      ...(crane === null ? ['crane is left out: there is no Go to build it with'] : []),
    ],
    versions: { registry: await registryVersion() },
  }
}

function configText(image: string, port: number): string {
  return `services:
  bench-registry:
    image: ${image}
    port: 8080
    health: /healthz
environments:
  prod:
    listen: 127.0.0.1:${port}
    retention: { releases: ${KEPT}, for: 1d, at_least: ${KEPT}, unused_for: 1d, registry: true }
`
}

/** As if each had been built and pushed here. */
function writeTags({ store }: App, definition: Definition, versions: readonly string[], digests: readonly string[]) {
  const { service, environment, image: repository } = definition
  const scope = { service, environment }
  store.transaction(() => {
    for (const [index, version] of versions.entries()) {
      const release = store.releases.get(scope, index + 1)!
      const { configDigest, createdAt: builtAt, gitRevision } = release
      const facts = { version, gitRevision, sizeBytes: null, transactionId: `tx-b${index}` }
      store.tags.built({ ...scope, repository, tag: version, configDigest, builtAt, ...facts })
      store.tags.pushed(repository, version, digests[index]!, builtAt)
    }
  })
  store.db.checkpoint()
}

/** Has Node write down at its end the most memory that it had. */
function tellPeak({ folder }: BenchContext): { readonly file: string; readonly env: Record<string, string> } {
  const [file, script] = [join(folder, 'peak'), join(folder, 'peak.cjs')]
  const peak = `process.resourceUsage().maxRSS * ${KILOBYTE}`
  writeFileSync(
    script,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(file)}, String(${peak})))`,
  )
  return { file, env: { NODE_OPTIONS: `--require=${script}` } }
}

function rowOf(subject: string, samples: readonly Sample[]): Row {
  const peaks = samples.flatMap(({ peakBytes }) => peakBytes ?? [])
  return {
    subject,
    tags: samples[0]?.tags ?? null,
    runs: samples.length,
    ms: spread(samples.map(({ durationMs }) => durationMs)),
    peak_mb: peaks.length === 0 ? null : Math.max(...peaks) / 1e6,
  }
}

function goals(ours: readonly Sample[]): Goal[] {
  const whole = ours.every(({ tags }) => tags > TAGS * 0.9)
  const worst = (value: (sample: Sample) => number | null) =>
    whole ? Math.max(...ours.map((one) => value(one) ?? NaN)) : null
  const what = `${TAGS.toLocaleString('en')} tags listed and planned for retention`
  return [
    atMost(
      `${what}: seconds of the slowest run`,
      worst(({ durationMs }) => durationMs / 1000),
      LIMIT_S,
    ),
    atMost(
      `${what}: megabytes of the largest run`,
      worst(({ peakBytes }) => (peakBytes ?? NaN) / 1e6),
      LIMIT_MB,
    ),
  ]
}

function countManifests({ stdout }: Ran): number {
  return stdout.split('"kind":"manifest"').length - 1
}

function countTags({ stdout }: Ran): number {
  if (!stdout.startsWith('{')) return stdout.trim().split('\n').length
  return (JSON.parse(stdout) as { tags: readonly string[] }).tags.length
}

async function registryVersion(): Promise<string> {
  const { stdout } = await run('docker-registry', ['--version'])
  return stdout.trim().split(' ').at(-1) ?? ''
}

/** Built once, into a folder that stays; `null` without Go. */
async function craneOrNull({ say, signal }: BenchContext): Promise<string | null> {
  if (existsSync(CRANE)) return CRANE
  say('building crane …')
  const env = { ...process.env, GOBIN: join(root, '.cache/bin'), CGO_ENABLED: '0' }
  const options = { env, signal, anyStatus: true, limitMs: BUILD_LIMIT_MS }
  const built = await run('go', ['install', CRANE_PACKAGE], options).catch(() => null)
  signal.throwIfAborted()
  return built?.status === 0 ? CRANE : null
}
