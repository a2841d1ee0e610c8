// Waits until a replica works. It is asked on its own address, not through the engine, in a tight loop that widens, so that a start is
// noticed at once; beside that its container is watched, so that one that ended is not waited for.
import { fail } from '../../core/errors.ts'
import { healthDeadlineMs, probeDelayMs } from '../../core/health.ts'
import type { Health } from '../../core/model.ts'
import type { ReplicaSpec } from '../../ports/runtime.ts'
import type { HealthcheckSeen } from './image-seen.ts'
import { containerName } from './labels.ts'
import { lastLines } from './logs.ts'
import { probe, type AskedHealth } from './probe.ts'
import { endBefore, endOf, lookDelayMs, watchContainer } from './watch.ts'
import type { Workshop } from './workshop.ts'

const NANOSECONDS = 1e6
/** What the engine takes for a HEALTHCHECK that does not say. */
const ENGINE_INTERVAL_MS = 30_000
const ENGINE_TIMEOUT_MS = 30_000
const ENGINE_RETRIES = 3
/** How long a process that cannot be asked must run to count as started, and how often its container is looked at meanwhile. */
const STEADY_MS = 1_000
const STEADY_LOOK_MS = 100

export async function awaitHealthy(shop: Workshop, replica: ReplicaSpec, signal?: AbortSignal): Promise<void> {
  const { health } = replica.config
  if (health.kind === 'image') await awaitEngineHealth(shop, replica, health, signal)
  else if (health.kind === 'running') await awaitSteady(shop, replica, signal)
  else await awaitAnswers(shop, replica, health.kind === 'http' ? health : { ...health, kind: 'tcp' }, signal)
}

async function awaitAnswers(
  shop: Workshop,
  replica: ReplicaSpec,
  health: AskedHealth,
  signal?: AbortSignal,
): Promise<void> {
  const { clock } = shop
  const { port } = replica.config
  if (port === null) throw new Error(`${replica.name} has no port to be asked on`)
  const withinMs = healthDeadlineMs(health)
  const startedAt = clock.monotonic()
  const watch = watchContainer(shop, replica, withinMs)
  let successes = 0
  try {
    for (;;) {
      const answer = await probe(clock, health, replica.address, port, signal)
      successes = answer.healthy ? successes + 1 : 0
      if (successes >= health.rise) return
      const elapsedMs = clock.monotonic() - startedAt
      if (!answer.healthy) {
        const reason = watch.ended(elapsedMs) ?? (elapsedMs >= withinMs ? answer.reason : null)
        if (reason !== null) throw await failure(shop, replica, withinMs, reason)
      }
      await clock.sleep(Math.min(probeDelayMs(elapsedMs, health.intervalMs), Math.max(0, withinMs - elapsedMs)), signal)
    }
  } finally {
    watch.close()
  }
}

/** One that runs on for a while without having been started again has begun its work. */
async function awaitSteady(shop: Workshop, replica: ReplicaSpec, signal?: AbortSignal): Promise<void> {
  const { api, clock, installation } = shop
  const startedAt = clock.monotonic()
  let restarts: number | null = null
  for (;;) {
    const container = await api.container(containerName(installation, replica), signal)
    restarts ??= container?.RestartCount ?? 0
    const wasRestarted = container !== null && container.RestartCount > restarts
    const ended = wasRestarted ? await endBefore(shop, container, signal) : endOf(container)
    if (ended !== null) throw await failure(shop, replica, STEADY_MS, ended)
    const leftMs = startedAt + STEADY_MS - clock.monotonic()
    if (leftMs <= 0) return
    await clock.sleep(Math.min(STEADY_LOOK_MS, leftMs), signal)
  }
}

/** The image's own HEALTHCHECK, as the engine runs it: `rise` and `fall` are the engine's. */
async function awaitEngineHealth(
  shop: Workshop,
  replica: ReplicaSpec,
  health: Health,
  signal?: AbortSignal,
): Promise<void> {
  const { api, clock, installation } = shop
  const startedAt = clock.monotonic()
  let restarts: number | null = null
  for (;;) {
    const container = await api.container(containerName(installation, replica), signal)
    const withinMs = Math.max(healthDeadlineMs(health), engineDeadlineMs(container?.Config.Healthcheck))
    const ended = endOf(container)
    if (ended !== null || container === null) throw await failure(shop, replica, withinMs, ended ?? 'it is gone')
    restarts ??= container.RestartCount
    if (container.RestartCount > restarts) {
      throw await failure(shop, replica, withinMs, await endBefore(shop, container, signal))
    }
    const state = container.State.Health
    if (state === undefined) throw await failure(shop, replica, withinMs, 'its image has no HEALTHCHECK')
    if (state.Status === 'healthy') return
    if (state.Status === 'unhealthy') {
      const output = state.Log?.at(-1)?.Output.trim().split('\n')[0] ?? ''
      throw await failure(shop, replica, withinMs, `its HEALTHCHECK fails${output === '' ? '' : `: ${output}`}`)
    }
    const elapsedMs = clock.monotonic() - startedAt
    if (elapsedMs >= withinMs) throw await failure(shop, replica, withinMs, 'its HEALTHCHECK has not passed yet')
    await clock.sleep(lookDelayMs(elapsedMs), signal)
  }
}

/** How long the engine may take until it calls a container healthy or not, by the image's HEALTHCHECK. */
export function engineDeadlineMs(check: HealthcheckSeen | null | undefined): number {
  const intervalMs = (check?.Interval || ENGINE_INTERVAL_MS * NANOSECONDS) / NANOSECONDS
  const timeoutMs = (check?.Timeout || ENGINE_TIMEOUT_MS * NANOSECONDS) / NANOSECONDS
  const startPeriodMs = (check?.StartPeriod ?? 0) / NANOSECONDS
  return startPeriodMs + ((check?.Retries || ENGINE_RETRIES) + 1) * (intervalMs + timeoutMs)
}

async function failure(shop: Workshop, replica: ReplicaSpec, withinMs: number, reason: string): Promise<Error> {
  const log = await lastLines(shop, replica)
  return fail('HEALTH_FAILED', { replica: replica.name, within: `${withinMs / 1000} s`, reason, log })
}
