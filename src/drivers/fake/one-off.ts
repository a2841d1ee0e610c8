// Commands in an engine in memory: what a program does, and that a container of a command is started once.
import { fail } from '../../core/errors.ts'
import { releaseName } from '../../core/model.ts'
import type { OneOffSeen, OneOffSession, OneOffSpec, ReplicaName } from '../../ports/runtime.ts'
import type { CommandEnd, Session } from '../../ports/session.ts'
import { type FakeEngine, type FakeOneOff, type Program, quiet } from './engine.ts'

const KILLED = 137
const encoder = new TextEncoder()

type Place = { readonly installation: string; readonly key: string; readonly onRunning: (() => void) | undefined }

export async function runOneOff(
  engine: FakeEngine,
  { installation, key, onRunning }: Place,
  oneOff: OneOffSpec,
  session: OneOffSession,
): Promise<CommandEnd> {
  if (!engine.images.has(oneOff.configDigest)) {
    throw fail('IMAGE_NOT_FOUND', { image: oneOff.configDigest, reason: 'it is not on this host' })
  }
  const container = engine.oneOffs.get(key) ?? create(engine, installation, oneOff)
  engine.oneOffs.set(key, container)
  const { program } = container
  if (container.startedAt === null) {
    container.startedAt = engine.clock.now()
    engine.started.push(oneOff.name)
  }
  onRunning?.()
  for (const line of program.output) await session.onOutput(bytesOf(line))
  if (container.exitCode !== null) return ended(container, false)
  await passInput(program, session)
  const endsAt = container.startedAt + program.takesMs
  const latestAt = session.timeoutMs === null ? endsAt : container.startedAt + session.timeoutMs
  try {
    await engine.clock.sleep(Math.max(0, Math.min(endsAt, latestAt) - engine.clock.now()), session.signal)
  } catch (error) {
    container.exitCode = KILLED
    throw error
  }
  container.exitCode = latestAt < endsAt ? KILLED : program.exitCode
  return ended(container, latestAt < endsAt)
}

export function seeOneOff(engine: FakeEngine, key: string): OneOffSeen | null {
  const container = engine.oneOffs.get(key)
  if (container === undefined) return null
  settle(engine, container)
  const { startedAt, exitCode, program } = container
  if (startedAt === null) return { status: 'created', exitCode: null, oomKilled: false, startedAt: null, endedAt: null }
  const seen = { exitCode, oomKilled: false, startedAt }
  if (exitCode === null) return { status: 'running', ...seen, endedAt: null }
  return { status: 'ended', ...seen, endedAt: Math.min(engine.clock.now(), startedAt + program.takesMs) }
}

export function ensureOneOffCreated(engine: FakeEngine, installation: string, key: string, oneOff: OneOffSpec): void {
  if (!engine.images.has(oneOff.configDigest)) {
    throw fail('IMAGE_NOT_FOUND', { image: oneOff.configDigest, reason: 'it is not on this host' })
  }
  if (!engine.oneOffs.has(key)) engine.oneOffs.set(key, create(engine, installation, oneOff))
}

/** Starts it as often as it is asked to, as a real engine does. */
export function startOneOff(engine: FakeEngine, key: string, { name, release }: ReplicaName): void {
  const container = engine.oneOffs.get(key)
  const details = { replica: name, release: releaseName(release) }
  if (container === undefined) throw fail('START_FAILED', { ...details, reason: 'its container is gone' })
  settle(engine, container)
  if (container.startedAt !== null && container.exitCode === null) return
  container.startedAt = engine.clock.now()
  container.exitCode = null
  engine.started.push(name)
}

export function stopOneOff(engine: FakeEngine, key: string): void {
  const container = engine.oneOffs.get(key)
  if (container?.startedAt != null) container.exitCode ??= KILLED
}

export function readOneOff(engine: FakeEngine, key: string, most: number): string[] {
  const container = engine.oneOffs.get(key)
  return container?.startedAt == null ? [] : container.program.output.slice(-most).map(({ text }) => text)
}

function settle({ clock }: FakeEngine, container: FakeOneOff): void {
  const { startedAt, program } = container
  if (startedAt !== null && clock.now() >= startedAt + program.takesMs) container.exitCode ??= program.exitCode
}

export async function execute(
  engine: FakeEngine,
  replica: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  session: Session,
): Promise<CommandEnd> {
  const program = { ...quiet, ...engine.program(argv, env) }
  engine.executed.push({ replica, argv })
  for (const line of program.output) await session.onOutput(bytesOf(line))
  await passInput(program, session)
  await engine.clock.sleep(program.takesMs, session.signal)
  return { exitCode: program.exitCode, oomKilled: false, timedOut: false }
}

function create(engine: FakeEngine, installation: string, oneOff: OneOffSpec): FakeOneOff {
  const { openEnv, ...spec } = oneOff
  const env = openEnv()
  const program = { ...quiet, ...engine.program(oneOff.argv ?? oneOff.config.command ?? [], env) }
  return { installation, spec, env, program, startedAt: null, exitCode: null }
}

async function passInput(program: Program, { stdin, onOutput }: Session): Promise<void> {
  if (stdin === null) return
  for await (const bytes of stdin) {
    const answer = program.answers(bytes)
    if (answer !== null) await onOutput(answer)
  }
}

function bytesOf({ stream, text }: Program['output'][number]) {
  return { stream, bytes: encoder.encode(`${text}\n`) }
}

function ended({ exitCode }: FakeOneOff, timedOut: boolean): CommandEnd {
  return { exitCode: exitCode ?? 0, oomKilled: false, timedOut }
}
