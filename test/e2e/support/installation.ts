// A scratch installation: a state of its own, a folder with an astern.yaml, a port, images under a name of its own; and the command as a user runs it
// there. Invariant: `close` leaves nothing of it behind, whatever a test has done to it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type HowToRun, type JsonLine, output, type Program, type Ran, run, start } from './command.ts'
import type { Engine } from './engine.ts'
import { probeImage } from './images.ts'
import { type Load, type LoadOptions, startLoad } from './load.ts'
import { freePort } from './port.ts'
import { processesOf } from './processes.ts'
import { openRecord, type StateRecord } from './record.ts'
import { until } from './until.ts'
import { type Visit, visit as visitPort } from './visit.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** Words of another command to test, such as `node src/cli/main.ts` or that of an installed package. */
const COMMAND = process.env['ASTERN_E2E_COMMAND']?.split(' ') ?? [join(ROOT, 'bin/astern')]
/** What stands on a user's PATH. */
export const launcher = COMMAND.length === 1 ? COMMAND[0]! : join(ROOT, 'bin/astern')
const BACKGROUND_WORK_WITHIN_MS = 45_000

export type ServiceFields = Readonly<Record<string, unknown>>

export type InstallationOptions = {
  /** Another engine than the one of this machine, with a network of its own. */
  readonly engine?: Engine
  /** ID of the image that `tag` names; the probe when absent. */
  readonly image?: string
  readonly env?: Readonly<Record<string, string>>
  /** Of the service `shop`, beside its image, port, short waits, and no trial. */
  readonly service?: ServiceFields
  readonly stateFolder?: string
}

export type Asked = {
  /** Variables beside those of the installation. `undefined` takes one away. */
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly limitMs?: number
  readonly onOutput?: HowToRun['onOutput']
  /** Words before the command: another user, another network. */
  readonly prefix?: readonly string[]
}

export type Installation = Awaited<ReturnType<typeof createInstallation>>

/** Short waits, so that tests are, and no trial; what a test is about it says itself. */
export const quick = {
  health: { path: '/healthz', interval: '100ms', timeout: '1s', rise: 1, fall: 2, start_period: '10s' },
  stop: { timeout: '1s', drain: '5s' },
  canary: 'off',
  bake: 'off',
  retention: { automatic: false },
} as const

export async function createInstallation(options: InstallationOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'astern-e2e-'))
  const stateFolder = options.stateFolder ?? join(folder, 'state')
  const repository = basename(folder).toLowerCase()
  // Of its own: an installation refuses what another one on the same engine runs.
  const environment = repository.replace('astern-', '')
  const port = await freePort()
  /** Words that bring a program into the engine's network; they change when that is rebooted. */
  const within = () => options.engine?.prefix() ?? []
  const engineEnv = options.engine === undefined ? {} : { DOCKER_HOST: options.engine.host }
  const env = {
    ...process.env,
    CI: undefined,
    LC_ALL: undefined,
    LANG: 'C.UTF-8',
    ...engineEnv,
    ...options.env,
    ASTERN_STATE: stateFolder,
  }
  const tags = new Set<string>()
  await mkdir(join(folder, 'project'))
  const project = join(folder, 'project')

  const docker = (...args: string[]) => output([...within(), 'docker', ...args], { env })

  const how = (asked: Asked) => ({
    cwd: asked.cwd ?? project,
    env: { ...env, ...asked.env },
    ...(asked.limitMs === undefined ? {} : { limitMs: asked.limitMs }),
    ...(asked.onOutput === undefined ? {} : { onOutput: asked.onOutput }),
  })
  const argv = (words: readonly string[], asked: Asked) => [...within(), ...(asked.prefix ?? []), ...COMMAND, ...words]

  /** Runs `astern WORDS`, and waits for its end. */
  const astern = (words: readonly string[], asked: Asked = {}): Promise<Ran> => run(argv(words, asked), how(asked))

  /** Starts `astern WORDS`. */
  const begin = (words: readonly string[], asked: Asked = {}): Promise<Program> => start(argv(words, asked), how(asked))

  /** Runs `astern WORDS --json`, which has to end with 0; its last line. */
  async function ask(...words: string[]): Promise<JsonLine> {
    const ran = await astern([...words, '--json'])
    if (ran.code !== 0) throw new Error(`astern ${words.join(' ')} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`)
    return ran.last
  }

  /** Writes any configuration, as text or as what YAML would mean. */
  const writeConfig = (config: string | object) =>
    writeFile(join(project, 'astern.yaml'), typeof config === 'string' ? config : JSON.stringify(config, null, 2))

  /** The configuration of the one service `shop` in one environment. */
  const configOf = (fields: ServiceFields = {}) => ({
    services: { shop: { image: repository, port: 8080, ...quick, ...options.service, ...fields } },
    environments: { [environment]: { listen: `127.0.0.1:${port}` } },
  })

  /** Gives the image, or another one, a name that can be deployed. */
  async function tag(name: string, image?: string): Promise<string> {
    const reference = `${repository}:${name}`
    await docker('tag', image ?? options.image ?? (await probeImage()), reference)
    tags.add(reference)
    return reference
  }

  /** Makes a release that says of itself that it is `name`: tags the image, writes the configuration. Returns the words that deploy it. */
  async function prepare(name: string, fields: ServiceFields = {}, image?: string): Promise<string[]> {
    const { env: variables, ...rest } = { env: {}, ...options.service, ...fields }
    await writeConfig(configOf({ ...rest, env: { MARK: name, ...(variables as ServiceFields) } }))
    await tag(name, image)
    // nobody sits at a terminal here, and only what is about holds is about them
    return ['deploy', name, '--force=hold']
  }

  /** Deploys it, which has to succeed; the answer. */
  async function deploy(name: string, fields: ServiceFields = {}, image?: string): Promise<JsonLine> {
    return ask(...(await prepare(name, fields, image)))
  }

  const service = async (): Promise<JsonLine> => {
    const { services } = await ask('status')
    return (services as JsonLine[])[0] ?? {}
  }

  /** Waits until the standby is on the rung: each look is a command, which does what is overdue. */
  const onRung = (release: string, rung: string) =>
    until(`${release} ${rung}`, async () => {
      const { standby } = await service()
      return (standby as JsonLine[] | undefined)?.some((one) => one['release'] === release && one['rung'] === rung)
    })

  /** One request through the proxy. */
  const visit = (asked: Partial<Visit> = {}) => visitPort({ port, ...asked }, within())

  const load = (given: Partial<LoadOptions> = {}): Promise<Load> => startLoad({ port, ...given }, within())

  const record = (): StateRecord => openRecord(stateFolder)

  /** Containers of this installation: name and state. */
  async function containers(): Promise<Map<string, string>> {
    const filter = `label=astern.installation=${record().installation}`
    const listed = await docker('ps', '--all', '--filter', filter, '--format', '{{.Names}} {{.State}}')
    return new Map(
      listed
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ') as [string, string]),
    )
  }

  /** The container of a replica, or of the `proxy`. */
  const containerOf = (replica: string, scope = `shop-${environment}`) =>
    `astern-${record().installation}-${replica === 'proxy' ? 'proxy' : `${scope}-${replica}`}`

  /** Waits for what commands left to the background. */
  const atRest = () =>
    until('background work to end', () => processesOf(stateFolder).length === 0, BACKGROUND_WORK_WITHIN_MS)

  async function close(): Promise<void> {
    await atRest().catch(() => {
      for (const pid of processesOf(stateFolder)) process.kill(pid, 'SIGKILL')
    })
    const down = await astern(['down', '--all', '--yes'])
    for (const reference of tags) await run([...within(), 'docker', 'rmi', reference], { env })
    await rm(folder, { recursive: true, force: true })
    if (down.code !== 0) throw new Error(`astern down --all ended with ${down.code}: ${down.stdout}${down.stderr}`)
  }

  await writeConfig(configOf())
  return {
    folder,
    project,
    stateFolder,
    repository,
    environment,
    port,
    listen: `127.0.0.1:${port}`,
    env,
    docker,
    astern,
    begin,
    ask,
    writeConfig,
    configOf,
    tag,
    prepare,
    deploy,
    service,
    onRung,
    visit,
    load,
    record,
    containers,
    containerOf,
    atRest,
    close,
  }
}
