// Watches a container while its replica is asked for health: one that ended is not waited for. The engine tells of the next end at once;
// looking now and then finds what was over before, and what is paused or gone. Neither slows a probe down.
import { isAsternError } from '../../core/errors.ts'
import type { ReplicaSpec } from '../../ports/runtime.ts'
import type { ContainerSeen } from './container-seen.ts'
import { EngineRefusal } from './engine-api.ts'
import { containerName } from './labels.ts'
import type { Workshop } from './workshop.ts'

/** A container is looked at less often than its replica is asked: each look costs the engine a millisecond or two. */
const LOOK_EVERY_MS = 50
const LOOK_PATIENCE = 0.2
const LONGEST_LOOK_MS = 1_000
/** 128 + SIGKILL. */
const KILLED = 137

export type Watch = {
  /** Why the replica will not become healthy, as far as is known now; `null`: it still may. */
  ended(elapsedMs: number): string | null
  close(): void
}

export function watchContainer(shop: Workshop, replica: ReplicaSpec, limitMs: number): Watch {
  const name = containerName(shop.installation, replica)
  const closed = new AbortController()
  let verdict: string | null = null
  let defect: unknown = null
  let restarts: number | null = null
  let endWasTold = false
  let looking = false
  let nextLookMs = LOOK_EVERY_MS
  let waiting = false

  async function look(): Promise<void> {
    const container = await shop.api.container(name, closed.signal)
    const wasRestarted = container !== null && restarts !== null && container.RestartCount > restarts
    restarts ??= container?.RestartCount ?? null
    const reason = endOf(container)
    if (reason !== null) verdict ??= reason
    else if (container !== null && (endWasTold || wasRestarted)) {
      verdict ??= await endBefore(shop, container, closed.signal)
    }
  }

  async function awaitEnd(): Promise<void> {
    await shop.api.awaitEnd(name, limitMs, closed.signal)
    endWasTold = true
    await look()
  }

  /** What goes wrong on the way to the engine ends nothing: the replica itself has the say. */
  function quietly(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      if (!closed.signal.aborted && !isAsternError(error) && !(error instanceof EngineRefusal)) defect = error
    })
  }

  return {
    ended(elapsedMs) {
      if (defect !== null) throw defect
      if (!waiting) {
        waiting = true
        void quietly(awaitEnd())
      }
      if (!looking && elapsedMs >= nextLookMs) {
        looking = true
        nextLookMs = elapsedMs + lookDelayMs(elapsedMs)
        void quietly(look()).finally(() => {
          looking = false
        })
      }
      return verdict
    },
    close: () => closed.abort(),
  }
}

export function lookDelayMs(elapsedMs: number): number {
  return Math.min(LONGEST_LOOK_MS, Math.max(LOOK_EVERY_MS, elapsedMs * LOOK_PATIENCE))
}

/** Why a container will not become healthy; `null`: it runs, so it still may. */
export function endOf(container: ContainerSeen | null): string | null {
  if (container === null) return 'its container is gone'
  const { Status, OOMKilled, ExitCode } = container.State
  if (Status === 'running') return null
  if (Status === 'paused') return 'its container is paused'
  if (Status === 'created') return 'its container was not started'
  return describeEnd(ExitCode, OOMKilled)
}

/** How a container that runs again ended before: it has forgotten that itself, but the engine's memory of events has not. */
export async function endBefore(shop: Workshop, container: ContainerSeen, signal?: AbortSignal): Promise<string> {
  return readLastEnd(await rememberedEnds(shop, container.Id, signal)) ?? 'it ended and was started again'
}

/** The events `oom` and `die` of a container that the engine still remembers, one JSON object a line. */
export async function rememberedEnds({ api, clock }: Workshop, id: string, signal?: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of api.read(await api.ends(id, clock.now(), signal))) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

export type EngineEvent = { Action?: string; Actor?: { Attributes?: { exitCode?: string } } }

/** Reads the engine's events `oom` and `die`, one JSON object a line. `null`: they tell of no end. */
export function readLastEnd(events: string): string | null {
  const lines = events.split('\n').filter((line) => line.trim() !== '')
  const [before, last] = [lines.at(-2), lines.at(-1)].map((line) =>
    line === undefined ? null : (JSON.parse(line) as EngineEvent),
  )
  const exitCode = Number.parseInt(last?.Actor?.Attributes?.exitCode ?? '', 10)
  return Number.isNaN(exitCode) ? null : describeEnd(exitCode, before?.Action === 'oom')
}

function describeEnd(exitCode: number, oomKilled: boolean): string {
  if (oomKilled) return 'it ran out of memory and was killed'
  // The engine does not always hear from the kernel why.
  if (exitCode === KILLED) return `it was killed (exit code ${KILLED}), perhaps because memory ran out`
  return `it ended with exit code ${exitCode}`
}
