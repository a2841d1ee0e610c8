// How the replicas of a scope fare: what memory they need, and how they ended. Everything is looked at side by side, with the limits that
// every call to the engine has. `State.OOMKilled` counts for nothing by itself: it stays set when a container is started again.
import type { Scope } from '../../core/model.ts'
import type { ReplicaStats } from '../../ports/runtime.ts'
import type { ContainerSeen } from './container-seen.ts'
import { groupMemory } from './control-group.ts'
import { readLabels } from './labels.ts'
import { AT_ONCE, inBatches, listReplicas } from './observe.ts'
import { workingSetSeen } from './stats-seen.ts'
import { rememberedEnds, type EngineEvent } from './watch.ts'
import type { Workshop } from './workshop.ts'

export async function stats(shop: Workshop, scope: Scope, signal?: AbortSignal): Promise<ReplicaStats[]> {
  const listed = await listReplicas(shop, scope, signal)
  const found = await inBatches(listed, AT_ONCE, async ({ Id }) => {
    const container = await shop.api.container(Id, signal)
    return container === null ? null : statsOf(shop, container, signal)
  })
  return found.filter((one) => one !== null)
}

async function statsOf(shop: Workshop, container: ContainerSeen, signal?: AbortSignal): Promise<ReplicaStats | null> {
  const labels = readLabels(container.Config.Labels ?? {})
  if (labels === null) return null
  const { service, environment, name, release, process } = labels
  const { State, HostConfig, RestartCount } = container
  const running = State.Status === 'running' || State.Status === 'paused'
  const [memory, ends] = await Promise.all([
    running ? memoryOf(shop, container, signal) : null,
    RestartCount > 0 || State.OOMKilled ? remember(shop, container, signal) : FORGOTTEN,
  ])
  const wasOom = running ? false : State.OOMKilled
  const last = ends.last ?? (running ? null : { exitCode: State.ExitCode, oom: wasOom })
  return {
    service,
    environment,
    name,
    release,
    process,
    running,
    startedAt: readTime(State.StartedAt),
    workingSetBytes: memory?.workingSetBytes ?? null,
    memoryLimitBytes: HostConfig.Memory || null,
    restarts: RestartCount,
    exitCode: State.Status === 'created' ? null : (last?.exitCode ?? null),
    oomKilled: last?.oom ?? false,
    oomKills: memory?.oomKills ?? Number(running ? ends.oomSince : (last?.oom ?? false)),
  }
}

/** The control group knows at once; an engine on another host has to be asked, and does not count kills. */
async function memoryOf(
  { api }: Workshop,
  container: ContainerSeen,
  signal?: AbortSignal,
): Promise<{ workingSetBytes: number | null; oomKills: number | null }> {
  return (
    (await groupMemory(container)) ?? {
      workingSetBytes: workingSetSeen(await api.stats(container.Id, signal)),
      oomKills: null,
    }
  )
}

export type Ends = {
  /** `null`: none is remembered. */
  readonly last: { readonly exitCode: number; readonly oom: boolean } | null
  /** Memory ran out since. The engine may tell of one kill a hundred times, so it says whether, never how often. */
  readonly oomSince: boolean
}
const FORGOTTEN: Ends = { last: null, oomSince: false }

async function remember(shop: Workshop, container: ContainerSeen, signal?: AbortSignal): Promise<Ends> {
  return readEnds(await rememberedEnds(shop, container.Id, signal))
}

/** Reads the engine's events `oom` and `die`, one JSON object a line, from the oldest on. */
export function readEnds(events: string): Ends {
  let ends = FORGOTTEN
  for (const line of events.split('\n')) {
    if (line.trim() === '') continue
    const { Action, Actor } = JSON.parse(line) as EngineEvent
    if (Action === 'oom') ends = { ...ends, oomSince: true }
    if (Action !== 'die') continue
    const exitCode = Number.parseInt(Actor?.Attributes?.exitCode ?? '', 10)
    ends = { last: Number.isNaN(exitCode) ? null : { exitCode, oom: ends.oomSince }, oomSince: false }
  }
  return ends
}

/** `null`: the engine's way to say never, which is the year 1. */
function readTime(text: string): number | null {
  const at = Date.parse(text)
  return at > 0 ? at : null
}
