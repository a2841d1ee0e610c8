// Brings a replica's container to a level. Look, make one move, look again: so a race with someone else, an answer that got lost and a
// half-done removal all end well. Invariant: a container without this installation's labels is never changed.
import { fail } from '../../core/errors.ts'
import type { Level } from '../../core/model.ts'
import type { ReplicaName, ReplicaSpec } from '../../ports/runtime.ts'
import { containerSettings, stopSeconds } from './container-settings.ts'
import type { ContainerSeen } from './container-seen.ts'
import { EngineRefusal } from './engine-api.ts'
import { areOf, containerName, networkName } from './labels.ts'
import { isLastMove, moveTowards, type ContainerState, type Goal, type Move } from './moves.ts'
import { attach, explainStart } from './start-failure.ts'
import { joinNetworks } from './user-networks.ts'
import { startFailed, type Workshop } from './workshop.ts'

/** Enough for every way between two levels, with others interfering. */
const MOST_MOVES = 16
/** The engine says 409 while somebody else is at the same container, for instance creates it, before it shows what they do. */
const CONFLICT = 409
const PATIENCE_MS = 50
const LONGEST_PATIENCE_MS = 500
/** An engine behind a forwarded socket looks for the folder on its own host. */
const NO_SUCH_FOLDER = /bind source path does not exist/i

export async function ensureUp(
  shop: Workshop,
  replica: ReplicaSpec,
  goal: 'running' | 'created',
  signal?: AbortSignal,
): Promise<void> {
  const seen = await approach(shop, replica, goal, signal, {
    create: () => create(shop, replica, signal),
    start: (container) => start(shop, replica, container, signal),
    explain: (error, container) => explainStart(shop, replica, container, error),
  })
  // A network that was removed under running containers leaves them without an address.
  if (goal !== 'running' || seen?.State.Status !== 'running') return
  if (!isAttached(shop, replica, seen)) await attach(shop, replica, seen)
  await joinNetworks(shop, replica, seen)
}

export async function ensureDown(
  shop: Workshop,
  replica: ReplicaName,
  level: Exclude<Level, 'running'>,
  signal?: AbortSignal,
): Promise<void> {
  await approach(shop, replica, level, signal, {
    create: neverOnTheWayDown,
    start: neverOnTheWayDown,
    explain: async (error) => downFailed(shop, replica, level, error),
  })
}

/** How one kind of approach goes up, and what it makes of a refusal: an error to throw, or `mended` when the move may be tried again. */
type Ways = {
  readonly create: () => Promise<void>
  readonly start: (container: ContainerSeen) => Promise<void>
  readonly explain: (error: EngineRefusal, container: ContainerSeen | null) => Promise<Error | 'mended'>
}

/** Resolves to what was last seen before the goal was reached by a move, or at the goal. */
async function approach(
  shop: Workshop,
  replica: ReplicaName | ReplicaSpec,
  goal: Goal,
  signal: AbortSignal | undefined,
  ways: Ways,
): Promise<ContainerSeen | null> {
  let refused = null as { state: ContainerState; error: EngineRefusal } | null
  for (let moves = 0; moves < MOST_MOVES; moves += 1) {
    const container = await look(shop, replica, goal, signal)
    const state = container?.State.Status ?? 'absent'
    const move = moveTowards(goal, state)
    if (move === null) return container
    if (refused?.state === state && refused.error.status === CONFLICT && moves < MOST_MOVES - 1) {
      await shop.clock.sleep(Math.min(LONGEST_PATIENCE_MS, PATIENCE_MS * moves), signal)
    } else if (refused?.state === state) {
      // Nobody else brought it further meanwhile: the refusal stands.
      const verdict = await ways.explain(refused.error, container)
      if (verdict !== 'mended') throw verdict
    }
    try {
      await make(shop, move, container, replica, ways, signal)
      if (isLastMove(goal, move)) return null
      refused = null
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error
      refused = { state, error }
    }
  }
  throw startFailed(replica, refused === null ? 'it keeps changing' : refused.error.message, refused?.error)
}

/** The replica's container. One of that name that is not ours is in the way of a creation, and no business of ours otherwise. */
async function look(
  { api, installation }: Workshop,
  replica: ReplicaName | ReplicaSpec,
  goal: Goal,
  signal: AbortSignal | undefined,
): Promise<ContainerSeen | null> {
  const name = containerName(installation, replica)
  const container = await api.container(name, signal)
  if (container === null || areOf(container.Config.Labels ?? {}, installation, replica)) return container
  if (goal !== 'running' && goal !== 'created') return null
  throw startFailed(replica, `there is a container ${name} already, which is not this replica`)
}

async function make(
  { api }: Workshop,
  move: Move,
  container: ContainerSeen | null,
  replica: ReplicaName | ReplicaSpec,
  ways: Ways,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (move === 'create') return ways.create()
  if (container === null) throw new Error(`${move} needs a container`)
  switch (move) {
    case 'start':
      return ways.start(container)
    case 'unpause':
      return api.unpause(container.Id, signal)
    case 'pause':
      return api.pause(container.Id, signal)
    case 'stop':
      return api.stop(container.Id, stopSeconds(stopPolicy(replica).timeoutMs), signal)
    case 'remove':
      return api.remove(container.Id, signal)
    case 'await_removed':
      return api.awaitRemoved(container.Id, signal)
  }
}

/** Where the engine has not this host's folders, its containers are not told their role. */
async function create({ api, installation }: Workshop, replica: ReplicaSpec, signal?: AbortSignal): Promise<void> {
  if (replica.secretFiles !== null && api.endpoint.connection.kind !== 'unix')
    throw startFailed(replica, `secrets as files need an engine on this host, and ${api.endpoint.name} is elsewhere`)
  const { roleFolder } = replica
  const name = containerName(installation, replica)
  const make = async (spec: ReplicaSpec) => {
    await api.create(name, containerSettings(installation, spec), signal)
  }
  const untold: ReplicaSpec = { ...replica, roleFolder: null }
  if (roleFolder === null || api.endpoint.connection.kind !== 'unix') return make(untold)
  try {
    await make(replica)
  } catch (error) {
    const isElsewhere =
      error instanceof EngineRefusal && NO_SUCH_FOLDER.test(error.message) && error.message.includes(roleFolder)
    if (!isElsewhere) throw error
    await make(untold)
  }
}

/** One that was cut off its network by force would start with any address that is free. */
async function start(
  shop: Workshop,
  replica: ReplicaSpec,
  container: ContainerSeen,
  signal?: AbortSignal,
): Promise<void> {
  const end = container.NetworkSettings.Networks[networkName(shop.installation)]
  if (end?.IPAMConfig?.IPv4Address !== replica.address) await attach(shop, replica, container)
  await joinNetworks(shop, replica, container)
  await shop.api.start(container.Id, signal)
}

function neverOnTheWayDown(): never {
  throw new Error('a replica that goes down is neither created nor started')
}

function downFailed({ api }: Workshop, replica: ReplicaName, level: Level, error: EngineRefusal): Error {
  const reason = `${replica.name} cannot be made ${level}: ${error.message}`
  return fail('ENGINE_UNAVAILABLE', { endpoint: api.endpoint.name, reason }, error)
}

function isAttached({ installation }: Workshop, replica: ReplicaSpec, container: ContainerSeen): boolean {
  return container.NetworkSettings.Networks[networkName(installation)]?.IPAddress === replica.address
}

function stopPolicy(replica: ReplicaName | ReplicaSpec): ReplicaName['stop'] {
  return 'config' in replica ? replica.config.stop : replica.stop
}
