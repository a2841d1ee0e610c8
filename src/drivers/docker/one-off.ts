// Runs a command in a container of its own, and programs in replicas. Invariant: a container of a command is started once. Whoever finds it later
// takes over what it does or did, so a crash between start and result neither loses the command nor runs it twice.
import { fail } from '../../core/errors.ts'
import type { Scope } from '../../core/model.ts'
import type { OneOffSession, OneOffSpec, ReplicaName } from '../../ports/runtime.ts'
import type { CommandEnd, Session } from '../../ports/session.ts'
import { oneOffSettings, stopSeconds } from './container-settings.ts'
import type { ContainerSeen } from './container-seen.ts'
import { type EngineApi, EngineRefusal } from './engine-api.ts'
import { createEngineCommands, type EngineCommands } from './engine-commands.ts'
import { areOf, areOfOneOff, containerName } from './labels.ts'
import { passInput, passOutput, passSizes } from './stream-session.ts'
import { joinNetworks } from './user-networks.ts'
import { startFailed, type Workshop } from './workshop.ts'

/** Of a command that has ended before anybody watched. */
const LINES_AFTERWARDS = 100
const CONFLICT = 409
const PATIENCE_MS = 500
const MOST_LOOKS = 50
const LOOK_EVERY_MS = 100

export async function runOnce(shop: Workshop, oneOff: OneOffSpec, session: OneOffSession): Promise<CommandEnd> {
  const { api, clock } = shop
  const commands = createEngineCommands(api)
  session.signal?.throwIfAborted()
  const has = { terminal: session.terminal !== null, stdin: session.stdin !== null }
  const container = (await lookAtOneOff(shop, oneOff)) ?? (await createOneOff(shop, oneOff, has, session.signal))
  const { Id } = container
  // From here on nothing is left undone because the signal aborts: the container is stopped first.
  const done = new AbortController()
  const ended = watch(shop, commands, oneOff, container, session, done.signal)
  const late = latest(session.timeoutMs, container, clock.now())
  const outcome = await Promise.race([
    ended.then(() => 'ended' as const),
    aborted(session.signal, done.signal),
    ...(late === null ? [] : [clock.sleep(late, done.signal).then(() => 'late' as const)]),
  ]).finally(() => done.abort())
  if (outcome !== 'ended') await stop(shop, oneOff, Id, ended)
  session.signal?.throwIfAborted()
  const state = (await api.container(Id))?.State
  if (state === undefined) throw startFailed(oneOff, 'its container was removed while it ran')
  return { exitCode: state.ExitCode, oomKilled: state.OOMKilled, timedOut: outcome === 'late' }
}

export async function removeOneOff(shop: Workshop, oneOff: Scope & { readonly name: string }): Promise<void> {
  const { api } = shop
  const container = await lookAtOneOff(shop, oneOff)
  if (container === null) return
  const { Id, State, Config } = container
  try {
    if (State.Status === 'running') await api.stop(Id, Config.StopTimeout ?? 0)
    await api.remove(Id)
  } catch (error) {
    // Somebody else may be removing it; whether it is gone is looked at.
    if (!(error instanceof EngineRefusal)) throw error
  }
  if ((await api.container(Id)) !== null) await api.awaitRemoved(Id)
}

export async function exec(
  { api, installation }: Workshop,
  replica: ReplicaName,
  argv: readonly string[],
  session: Session,
): Promise<CommandEnd> {
  const container = await api.container(containerName(installation, replica), session.signal)
  if (container === null || !areOf(container.Config.Labels ?? {}, installation, replica)) {
    throw startFailed(replica, 'its container is gone')
  }
  const commands = createEngineCommands(api)
  const terminal = session.terminal !== null
  let id: string
  let connection
  try {
    const settings = { argv, terminal, stdin: session.stdin !== null }
    id = (await commands.createExec(container.Id, settings, session.signal)).Id
    connection = await commands.startExec(id, terminal, session.signal)
  } catch (error) {
    throw error instanceof EngineRefusal ? startFailed(replica, error.message, error) : error
  }
  const hangUp = () => connection.destroy()
  session.signal?.addEventListener('abort', hangUp, { once: true })
  passInput(connection, session)
  passSizes(session, (size) => commands.resizeExec(id, size))
  try {
    await passOutput(api, connection, session)
  } finally {
    session.signal?.removeEventListener('abort', hangUp)
    connection.destroy()
    session.signal?.throwIfAborted()
  }
  const { ExitCode } = await commands.exec(id)
  return { exitCode: ExitCode ?? 0, oomKilled: false, timedOut: false }
}

/** `null`: there is none. Error: START_FAILED, when something else has the name. */
export async function lookAtOneOff(
  { api, installation }: Workshop,
  oneOff: Scope & { readonly name: string; readonly release?: number },
): Promise<ContainerSeen | null> {
  const name = containerName(installation, oneOff)
  const container = await api.container(name)
  if (container === null || areOfOneOff(container.Config.Labels ?? {}, installation, oneOff)) return container
  if (oneOff.release === undefined) return null
  throw startFailed({ name: oneOff.name, release: oneOff.release }, `there is a container ${name} already`)
}

export async function createOneOff(
  shop: Workshop,
  oneOff: OneOffSpec,
  has: { readonly terminal: boolean; readonly stdin: boolean },
  signal?: AbortSignal,
): Promise<ContainerSeen> {
  const { api, installation } = shop
  try {
    await api.create(containerName(installation, oneOff), oneOffSettings(installation, oneOff, has), signal)
  } catch (error) {
    // Somebody who died had asked the engine for it.
    if (!(error instanceof EngineRefusal)) throw error
    if (error.status !== CONFLICT) throw await explained(shop, oneOff, error)
  }
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const container = await lookAtOneOff(shop, oneOff)
    if (container !== null) return container
    // The engine has the name taken before it shows what somebody else creates.
    await shop.clock.sleep(LOOK_EVERY_MS, signal)
  }
  throw startFailed(oneOff, 'its container is gone')
}

async function explained({ api }: Workshop, oneOff: OneOffSpec, error: EngineRefusal): Promise<Error> {
  if ((await api.image(oneOff.configDigest)) === null) {
    return fail('IMAGE_NOT_FOUND', { image: oneOff.configDigest, reason: 'it is not on this host' }, error)
  }
  return startFailed(oneOff, error.message, error)
}

/** Starts it when it never was, and passes on what it writes until it has ended. */
async function watch(
  shop: Workshop,
  commands: EngineCommands,
  oneOff: OneOffSpec,
  container: ContainerSeen,
  session: OneOffSession,
  done: AbortSignal,
): Promise<void> {
  const { api } = shop
  const { Id, State } = container
  if (State.Status !== 'created') return takeOver(api, commands, Id, State.Status, session)
  const connection = await commands.attach(Id, session.stdin !== null)
  try {
    const output = passOutput(api, connection, session)
    output.catch(() => {}) // whoever waits for it below hears of it
    // A start that a dead process asked for is over when the engine answers: an ended container must not be started again.
    const status = (await api.container(Id))?.State.Status
    if (status !== undefined && status !== 'created') return await takeOver(api, commands, Id, status, session)
    await joinNetworks(shop, oneOff, container)
    await api.start(Id)
    passInput(connection, session)
    passSizes({ ...session, signal: done }, (size) => commands.resize(Id, size))
    await commands.awaitStopped(Id)
    await output
  } catch (error) {
    throw error instanceof EngineRefusal ? startFailed(oneOff, error.message, error) : error
  } finally {
    connection.destroy()
  }
}

/** What it has written so far, and what it goes on to write. */
async function takeOver(
  api: EngineApi,
  commands: EngineCommands,
  id: string,
  status: ContainerSeen['State']['Status'],
  session: OneOffSession,
): Promise<void> {
  const running = status === 'running' || status === 'paused'
  const tail = running ? 'all' : LINES_AFTERWARDS
  await passOutput(api, await api.logs(id, { follow: running, tail, timestamps: false }), session)
  await commands.awaitStopped(id)
}

/** It may be about to start: then the first attempt stops nothing. */
async function stop({ api, clock }: Workshop, oneOff: OneOffSpec, id: string, ended: Promise<void>): Promise<void> {
  const over = new AbortController()
  const end = ended.finally(() => over.abort())
  while (!over.signal.aborted) {
    await api.stop(id, stopSeconds(oneOff.config.stop.timeoutMs))
    await Promise.race([end, clock.sleep(PATIENCE_MS, over.signal).catch(() => {})])
  }
  await end
}

/** How long it may run from now on; `null`: as long as it likes. Who takes it over counts from its start. */
function latest(timeoutMs: number | null, { State }: ContainerSeen, nowAt: number): number | null {
  if (timeoutMs === null) return null
  const startedAt = State.Status === 'created' ? nowAt : Date.parse(State.StartedAt)
  return Math.max(0, timeoutMs - (nowAt - startedAt))
}

function aborted(signal: AbortSignal | undefined, done: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve('aborted')
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true, signal: done })
  })
}
