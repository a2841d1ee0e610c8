// Watches a container while its replica is asked for health: one that ended is not waited for. The engine tells of the next end at once;
// looking now and then finds what was over before, and what is paused or gone. Neither slows a probe down.
import { isAsternError } from '../../core/errors.ts'
import type { ReplicaSpec } from '../../ports/runtime.ts'
import { EngineRefusal, type ContainerSeen } from './engine-api.ts'
import { containerName } from './labels.ts'
import type { Workshop } from './workshop.ts'

/** A container is looked at less often than its replica is asked: each look costs the engine a millisecond or two. */
const LOOK_EVERY_MS = 50
const LOOK_PATIENCE = 0.2
const LONGEST_LOOK_MS = 1_000

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
  let exitCode: number | null = null
  let looking = false
  let nextLookMs = LOOK_EVERY_MS
  let waiting = false

  async function look(): Promise<void> {
    const container = await shop.api.container(name, closed.signal)
    if (container !== null && isAgain(container, restarts))
      exitCode ??= await lastExitCode(shop, container, closed.signal)
    verdict ??= endOf(container, restarts, exitCode)
    restarts ??= container?.RestartCount ?? null
  }

  async function awaitExit(): Promise<void> {
    // Kept before anything else is asked: a look that is under way may find the container running again.
    exitCode = await shop.api.awaitExit(name, limitMs, closed.signal)
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
        void quietly(awaitExit())
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

/**
 * Why a container will not become healthy; `null`: it still may. `exitCode` is that of an end that was told of; the container itself
 * may be running again since.
 */
export function endOf(
  container: ContainerSeen | null,
  restartsBefore: number | null,
  exitCode: number | null,
): string | null {
  if (container === null) return 'its container is gone'
  const { Status, OOMKilled, ExitCode } = container.State
  if (OOMKilled) return 'it ran out of memory and was killed'
  if (exitCode !== null) return `it ended with exit code ${exitCode}`
  if (Status === 'paused') return 'its container is paused'
  if (Status === 'created') return 'its container was not started'
  if (Status !== 'running') return `it ended with exit code ${ExitCode}`
  return isAgain(container, restartsBefore) ? 'it ended and was started again' : null
}

function isAgain(container: ContainerSeen, restartsBefore: number | null): boolean {
  return restartsBefore !== null && container.RestartCount > restartsBefore
}

/** The code that the container itself has forgotten since it runs again, but the engine's memory of events has not. */
async function lastExitCode(shop: Workshop, container: ContainerSeen, signal: AbortSignal): Promise<number | null> {
  const stream = await shop.api.ends(container.Id, shop.clock.now(), signal)
  const chunks: Buffer[] = []
  for await (const chunk of shop.api.read(stream)) chunks.push(chunk)
  return readLastExitCode(Buffer.concat(chunks).toString('utf8'))
}

/** Reads the engine's events, one JSON object a line. `null`: none of them bears an exit code. */
export function readLastExitCode(events: string): number | null {
  const last = events.trim().split('\n').at(-1) ?? ''
  if (last === '') return null
  const { Actor } = JSON.parse(last) as { Actor?: { Attributes?: { exitCode?: string } } }
  const code = Number.parseInt(Actor?.Attributes?.exitCode ?? '', 10)
  return Number.isNaN(code) ? null : code
}
