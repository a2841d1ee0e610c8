// A container of a command, one move at a time: for who does not watch it, and may find it again after a restart.
import type { Scope } from '../../core/model.ts'
import type { OneOffSeen, OneOffSpec, ReplicaName } from '../../ports/runtime.ts'
import type { ContainerSeen } from './container-seen.ts'
import { EngineRefusal } from './engine-api.ts'
import { createDemultiplexer } from './log-frames.ts'
import { stopSeconds } from './container-settings.ts'
import { createOneOff, lookAtOneOff } from './one-off.ts'
import { joinNetworks } from './user-networks.ts'
import { startFailed, type Workshop } from './workshop.ts'

/** The engine's word for a time that never was. */
const NEVER = '0001-'

export async function ensureOneOffCreated(shop: Workshop, oneOff: OneOffSpec): Promise<void> {
  const has = { terminal: false, stdin: false }
  const container = (await lookAtOneOff(shop, oneOff)) ?? (await createOneOff(shop, oneOff, has))
  if (container.State.Status === 'created') await joinNetworks(shop, oneOff, container)
}

export async function startOneOff(shop: Workshop, oneOff: ReplicaName): Promise<void> {
  const container = await lookAtOneOff(shop, oneOff)
  if (container === null) throw startFailed(oneOff, 'its container is gone')
  try {
    await shop.api.start(container.Id)
  } catch (error) {
    throw error instanceof EngineRefusal ? startFailed(oneOff, error.message, error) : error
  }
}

export async function seeOneOff(shop: Workshop, oneOff: NameOnly): Promise<OneOffSeen | null> {
  const container = await lookAtOneOff(shop, oneOff)
  if (container === null) return null
  const { Status, ExitCode, OOMKilled, StartedAt, FinishedAt } = container.State
  const status = statuses[Status]
  const ended = status === 'ended'
  return {
    status,
    exitCode: ended ? ExitCode : null,
    oomKilled: OOMKilled,
    startedAt: timeOf(StartedAt),
    endedAt: ended ? timeOf(FinishedAt) : null,
  }
}

export async function stopOneOff(shop: Workshop, oneOff: ReplicaName): Promise<void> {
  const container = await lookAtOneOff(shop, oneOff)
  if (container === null) return
  try {
    await shop.api.stop(container.Id, stopSeconds(oneOff.stop.timeoutMs))
  } catch (error) {
    // It may be gone; whether it runs is looked at.
    if (!(error instanceof EngineRefusal)) throw error
  }
}

export async function readOneOff(shop: Workshop, oneOff: NameOnly, most: number): Promise<string[]> {
  const container = await lookAtOneOff(shop, oneOff)
  if (container === null) return []
  const stream = await shop.api.logs(container.Id, { tail: most, follow: false })
  const demultiplexer = createDemultiplexer(oneOff.name)
  const lines: string[] = []
  try {
    for await (const chunk of shop.api.read(stream)) lines.push(...demultiplexer.read(chunk).map(({ text }) => text))
    lines.push(...demultiplexer.end().map(({ text }) => text))
  } finally {
    stream.destroy()
  }
  return lines
}

type NameOnly = Scope & { readonly name: string }

const statuses: Readonly<Record<ContainerSeen['State']['Status'], OneOffSeen['status']>> = {
  created: 'created',
  running: 'running',
  paused: 'running',
  restarting: 'running',
  exited: 'ended',
  dead: 'ended',
  removing: 'ended',
}

function timeOf(text: string): number | null {
  return text.startsWith(NEVER) ? null : Date.parse(text)
}
