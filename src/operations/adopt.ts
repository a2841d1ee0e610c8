// Takes over a container that somebody else made, as the first release of a service. Everything new is proven before users move.
// Invariants: the container is stopped, never removed; where it holds the very address that the proxy is to listen on, the proxy proves the release
// on another address first, so that all that is left is to change hands; what fails leaves the container serving as before.
import { CONFIDENTIAL } from '../core/confidential.ts'
import { type Change, diffReleases } from '../core/diff.ts'
import { fail, isAsternError, reasonOf } from '../core/errors.ts'
import {
  type ContainerOptions,
  type Definition,
  type ImageFacts,
  type PublishedPort,
  type Release,
  releaseName,
  type SecretVersion,
} from '../core/model.ts'
import type { Plan } from '../core/plan.ts'
import { exclusiveReasons } from '../core/seen.ts'
import type { Stranger } from '../ports/runtime.ts'
import type { Answered } from './answer.ts'
import { answered, type Ending } from './answered.ts'
import type { App, Asked } from './app.ts'
import { define } from './define.ts'
import { decide, type DeployAsked, goBack, notBegun, openDeploy, succeeded } from './deploy.ts'
import { runSteps } from './executor.ts'
import { closed } from './gate.ts'
import { type Operation, round, whileLeased } from './operation.ts'
import { type Draft, draftRelease, prepareHost, readSecrets } from './prepare.ts'
import { ensureProxyUp } from './proxy-up.ts'
import { PROOF_REQUESTS } from './steps.ts'

export type AdoptAsked = Asked & {
  readonly container: string
  /** Leave it running where that is possible: for users who still come to it past the proxy. */
  readonly keepRunning: boolean
}

/** `beside`: nobody notices · `port`: it stops, and the proxy takes its port at once · `first`: it stops before the release starts. */
export type AdoptWay = 'beside' | 'port' | 'first'

export type AdoptPlan = {
  readonly stranger: Stranger
  readonly image: ImageFacts
  readonly way: AdoptWay
  readonly because: readonly string[]
  /** What the next deploy would change, by astern.yaml as it is. */
  readonly changes: readonly Change[]
  /** Its number is 0 until there is one. */
  readonly release: Release
}

export type Adopted = {
  readonly answered: Answered
  readonly plan: AdoptPlan
  /** From the moment in which the container was told to stop until the proxy answered in its place; `null`: nothing was interrupted. */
  readonly gapMs: number | null
  readonly stopped: boolean
}

const TRIES = 5
const FIRST_PORT = 20_000
const PORTS = 10_000
const BIND_TRIES = 50
const BIND_PAUSE_MS = 100

/** Changes nothing. Errors: ADOPT_IMPOSSIBLE, SECRET_UNAVAILABLE, and those of the engine. */
export async function planAdoption(app: App, definition: Definition, container: string): Promise<AdoptPlan> {
  const { stranger, image, unfinished } = await find(app, definition, container)
  const draft = draftOf(app, definition, stranger, image)
  const wanted = draftRelease(app, definition, image, await readSecrets(app, definition))
  const changes = diffReleases(draft.release, wanted.release)
  if (unfinished !== null)
    return { stranger, image, way: 'port', because: [definition.listen], changes, release: unfinished }
  const { way, because } = wayOf(definition, stranger, draft.release)
  return { stranger, image, way, because, changes, release: draft.release }
}

/** Errors that are thrown, with nothing changed: ADOPT_IMPOSSIBLE, BUSY, those of the host. Everything later is in the answer. */
export async function adopt(app: App, definition: Definition, asked: AdoptAsked): Promise<Adopted> {
  const { store, clock } = app
  const startedAt = clock.monotonic()
  await prepareHost(app, definition)
  const plan = await planAdoption(app, definition, asked.container)
  const own: DeployAsked = { ...asked, tag: plan.stranger.image, force: new Set() }
  const gate = closed(app, definition, own)
  if (gate !== null) throw fail(gate.code, gate.details)
  const here = await standBeside(app, definition, plan)
  const controller = new AbortController()
  const operation = store.transaction(() => openDeploy(app, definition, own, controller))
  const answer = (ending: Ending) => answered(app, definition, 'deploy', clock.monotonic() - startedAt, ending)
  return whileLeased(app, operation, controller, async () => {
    const { ending, gapMs, stopped } = await carryOut(app, operation, { definition, here, plan, asked: own }, asked)
    return { answered: answer({ ...ending, operation }), plan, gapMs, stopped }
  })
}

type Adoption = {
  readonly definition: Definition
  /** With the address on which the proxy proves the release. */
  readonly here: Definition
  readonly plan: AdoptPlan
  readonly asked: DeployAsked
}
type Ended = { readonly ending: Ending; readonly gapMs: number | null; readonly stopped: boolean }

async function carryOut(
  app: App,
  operation: Operation,
  adoption: Adoption,
  { keepRunning }: Pick<AdoptAsked, 'keepRunning'>,
): Promise<Ended> {
  const { here, plan } = adoption
  const { stranger, way } = plan
  let planned: Plan | null = null
  try {
    const startedAt = app.clock.monotonic()
    if (way === 'first') await stop(app, operation, stranger)
    if (plan.release.number === 0) {
      planned = await decideRelease(app, operation, adoption)
      await runSteps(app, operation, planned.steps, { firstStarted: true })
    }
    let gapMs: number | null = null
    if (way !== 'beside') {
      const from = way === 'first' ? startedAt : app.clock.monotonic()
      await takeOver(app, operation, adoption, planned?.to ?? plan.release.number)
      gapMs = round(app.clock.monotonic() - from)
    }
    const stopNow = way === 'beside' && stranger.running && !keepRunning
    if (stopNow) await stop(app, operation, stranger)
    operation.commit(() => (planned === null ? operation.end('succeeded') : succeeded(app, operation, planned)))
    const ending: Ending = { outcome: 'succeeded', ...(planned === null ? {} : { plan: planned }) }
    return { ending, gapMs, stopped: stopNow || way !== 'beside' }
  } catch (error) {
    const ending = await giveBack(app, operation, planned, error)
    await putBack(app, here, stranger)
    return { ending: { ...ending, ...(planned === null ? {} : { plan: planned }) }, gapMs: null, stopped: false }
  }
}

async function giveBack(app: App, operation: Operation, planned: Plan | null, error: unknown): Promise<Ending> {
  if (planned !== null) return goBack(app, operation, planned, error)
  return { outcome: 'failed', error: notBegun(app, operation, error) }
}

async function decideRelease(app: App, operation: Operation, { here, plan, asked }: Adoption): Promise<Plan> {
  const draft = draftOf(app, here, plan.stranger, plan.image)
  const observed = await app.traffic.observe()
  const planFrom = app.clock.monotonic()
  const decision = operation.commit(() =>
    decide(app, operation, here, { ...draft, outdated: null, schema: null, warnings: [] }, asked, observed, planFrom),
  )
  if (decision.outcome === 'refused') throw fail(decision.code, decision.details)
  if (decision.outcome !== 'plan') throw new Error('a first release is always planned')
  return decision
}

async function find(
  app: App,
  definition: Definition,
  container: string,
): Promise<{ stranger: Stranger; image: ImageFacts; unfinished: Release | null }> {
  const impossible = (reason: string) => fail('ADOPT_IMPOSSIBLE', { container, reason })
  if (definition.process.port === null) throw impossible('the service takes no requests')
  const runtime = await app.runtime()
  const stranger = await runtime.stranger(container)
  if (stranger === null) throw impossible('there is no such container')
  if (stranger.isReplica) throw impossible('Astern made it')
  if (stranger.sharesNetwork) throw impossible("it has no network of its own, so that its port is the host's")
  const image = await runtime.image(stranger.configDigest, { pull: false })
  if (image === null) throw impossible('its image is not on this host any more')
  const unfinished = unfinishedOf(app, definition, stranger)
  if (unfinished === null && (app.store.services.get(definition)?.active ?? null) !== null)
    throw impossible('the service has a release already')
  return { stranger, image: named(image, stranger), unfinished }
}

/** An adoption that died after its release was proven: all that is left is that the proxy takes the container's place. */
function unfinishedOf(app: App, definition: Definition, stranger: Stranger): Release | null {
  const service = app.store.services.get(definition)
  const release = service?.active == null ? null : app.store.releases.get(definition, service.active)
  const proving = service !== null && service.definition.listen !== definition.listen
  return release?.configDigest === stranger.configDigest && stranger.running && proving ? release : null
}

/** Under the name that the container was made with, which says its version. */
function named(image: ImageFacts, { image: reference }: Stranger): ImageFacts {
  return reference.startsWith('sha256:') ? image : { ...image, reference }
}

/**
 * The container's own image, environment and settings, with the address, health and stop policy of astern.yaml. Values that sound confidential are
 * sealed, as if astern.yaml had named them.
 */
function draftOf(app: App, definition: Definition, stranger: Stranger, image: ImageFacts): Draft {
  const { vault } = app.store
  const references = new Map(definition.secrets.map((secret) => [secret.name, secret]))
  const env: Record<string, string> = {}
  const sealed: Record<string, string> = {}
  const versions: SecretVersion[] = []
  for (const [name, value] of Object.entries(stranger.env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!references.has(name) && !CONFIDENTIAL.test(name)) {
      env[name] = value
      continue
    }
    versions.push({
      name,
      version: vault.version(name, value),
      onRollback: references.get(name)?.onRollback ?? 'restore',
    })
    sealed[name] = vault.seal(name, value)
  }
  const { container: own, ...process } = definition.process
  const shared = (target: string) => definition.process.mounts.some((mount) => mount.target === target && mount.shared)
  const container = optionsOf(stranger, own)
  return draftRelease(
    app,
    {
      ...definition,
      processes: [],
      process: {
        ...process,
        command: stranger.command,
        env,
        mounts: stranger.mounts.map((mount) => ({ ...mount, shared: shared(mount.target) })),
        memoryBytes: stranger.memoryBytes,
        cpus: stranger.cpus,
        ...(Object.keys(container).length === 0 ? {} : { container }),
      },
    },
    image,
    { versions, sealed },
  )
}

/** Networks that astern.yaml calls those of its dependencies stay that. */
function optionsOf({ container, networks }: Stranger, own: ContainerOptions | undefined): ContainerOptions {
  const dependencies = networks.filter((name) => own?.dependencyNetworks?.includes(name) === true)
  const others = networks.filter((name) => !dependencies.includes(name))
  return {
    ...container,
    ...(others.length === 0 ? {} : { networks: others.toSorted() }),
    ...(dependencies.length === 0 ? {} : { dependencyNetworks: dependencies }),
  }
}

function wayOf(definition: Definition, stranger: Stranger, release: Release): { way: AdoptWay; because: string[] } {
  if (!stranger.running) return { way: 'beside', because: [] }
  const reasons = exclusiveReasons(release.config).filter(
    ({ kind, name }) => kind !== 'port' || stranger.ports.some(({ hostPort }) => String(hostPort) === name),
  )
  if (reasons.length > 0) return { way: 'first', because: reasons.map(({ name }) => name) }
  const held = stranger.ports.find((port) => holds(port, definition.listen))
  return held === undefined ? { way: 'beside', because: [] } : { way: 'port', because: [definition.listen] }
}

function holds({ hostAddress, hostPort, protocol }: PublishedPort, listen: string): boolean {
  const colon = listen.lastIndexOf(':')
  const address = listen.slice(0, colon)
  const any = (text: string | null) => text === null || text === '0.0.0.0' || text === '::' || text === '[::]'
  if (protocol !== 'tcp' || hostPort !== Number(listen.slice(colon + 1))) return false
  return any(hostAddress) || any(address) || hostAddress === address
}

/**
 * The proxy runs and has a listener for the service: the final one, or one on loopback while the container holds that. Returns the service with that
 * address.
 */
async function standBeside(app: App, definition: Definition, { way, release }: AdoptPlan): Promise<Definition> {
  if (release.number > 0) return app.store.services.get(definition)!.definition
  for (let tried = 1; ; tried += 1) {
    const port = FIRST_PORT + (Number.parseInt(app.random.hex(4), 16) % PORTS)
    const here = way === 'beside' ? definition : { ...definition, listen: `127.0.0.1:${port}`, hosts: [] }
    app.store.transaction(() => define(app, here))
    try {
      await app.traffic.observe()
      await app.traffic.ensure()
      return here
    } catch (error) {
      if (isAsternError(error, 'PORT_TAKEN') && way !== 'beside' && tried < TRIES) continue
      if (!isAsternError(error, 'PROXY_DOWN')) throw error
    }
    await ensureProxyUp(app)
    return here
  }
}

async function stop(app: App, operation: Operation, stranger: Stranger): Promise<void> {
  const event = { step: 'adopt', key: `adopt:${stranger.name}`, release: null, detail: { container: stranger.name } }
  operation.commit(() => operation.record({ ...event, status: 'started' }))
  const startedAt = app.clock.monotonic()
  await (await app.runtime()).setStranger(stranger, 'stopped', operation.signal)
  const durationMs = app.clock.monotonic() - startedAt
  operation.commit(() => operation.record({ ...event, status: 'succeeded', durationMs }))
}

/** The state says what the proxy is to listen on before the container stops: whoever comes next makes it so. */
async function takeOver(
  app: App,
  operation: Operation,
  { definition, plan }: Adoption,
  release: number,
): Promise<void> {
  operation.commit(() => define(app, definition))
  if (plan.way === 'port') await stop(app, operation, plan.stranger)
  for (let tried = 1; ; tried += 1) {
    try {
      await app.traffic.ensure()
      break
    } catch (error) {
      // The engine gives a port back a moment after it says that the container has stopped.
      if (!isAsternError(error, 'PORT_TAKEN') || tried >= BIND_TRIES) throw error
      await app.clock.sleep(BIND_PAUSE_MS, operation.signal)
    }
  }
  const { health } = app.store.releases.get(operation, release)!.config
  const answers = await app.traffic.probe(operation, health.kind === 'http' ? health.path : '/', PROOF_REQUESTS)
  const good = answers.filter((one) => one.release === release).length
  if (good === PROOF_REQUESTS) return
  const details = { answers: good, of: PROOF_REQUESTS, release: releaseName(release), seen: definition.listen }
  throw fail('PROOF_FAILED', details)
}

/** As it was: the address is the container's again, and it runs if it did. */
async function putBack(app: App, here: Definition, stranger: Stranger): Promise<void> {
  app.store.transaction(() => app.store.services.define(here))
  try {
    await app.traffic.ensure()
    if (stranger.running) await (await app.runtime()).setStranger(stranger, 'running')
  } catch (error) {
    const reason = `and could not be started again (${reasonOf(error)}): docker start ${stranger.name}`
    throw fail('ADOPT_IMPOSSIBLE', { container: stranger.name, reason }, error)
  }
}
