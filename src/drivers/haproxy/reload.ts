// A new structure for the running proxy. Errors are returned, not thrown, where the proxy serves on as before.
// Invariants: the proxy is not told to reload what it cannot have; after a refusal the file is the one that it runs; nobody speaks to it again
// before the new worker, and it alone, takes connections.
import { fail } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ConfigFile } from './config-file.ts'
import { farewellMs, handoverPollMs, handoverTimeoutMs } from './limits.ts'
import { obstacleOf } from './listen-check.ts'
import type { MasterCli } from './master-cli.ts'
import { changingMaps, farewellKey, farewellMap } from './render.ts'
import type { Rendered, Structure } from './render.ts'
import { ConnectionLost } from './runtime-api.ts'
import { readStatistics } from './running.ts'
import type { Running } from './running.ts'
import type { Session } from './session.ts'

export type ReloadParts = {
  readonly file: ConfigFile
  readonly session: Session
  readonly master: MasterCli
  readonly clock: Clock
}

/** Writes the file and makes the proxy run it. Returns why it would not (PORT_TAKEN, PROXY_REFUSED). Errors: PROXY_DOWN, DISK_FULL. */
export type Reload = (next: Rendered, structure: Structure, accepted: Structure | null) => Promise<Error | null>

export function createReload({ file, session, master, clock }: ReloadParts): Reload {
  // Former and new worker listen on the same socket until the former one hears that it was replaced; what it is told meanwhile is lost.
  async function handover(former: Running, maps: readonly string[]): Promise<void> {
    const deadline = clock.monotonic() + handoverTimeoutMs
    while (clock.monotonic() < deadline) {
      try {
        const { running } = await session.look(maps)
        if (running.process !== former.process && !running.stopping) return
        if (running.stopping) session.forget()
        else await clock.sleep(handoverPollMs)
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
      }
    }
    throw fail('PROXY_REFUSED', { command: 'reload', answer: 'the former worker does not stop listening' })
  }

  // A worker that is replaced closes its idle connections at once, also one on which a request is just arriving. So for a moment every answer
  // asks its user to connect again: whoever is busy has no idle connection then.
  async function farewell(maps: readonly string[]): Promise<void> {
    const { extra } = await session.look(maps, ['show stat -1 1 -1'])
    const connections = readStatistics(extra[0] ?? '').reduce((sum, row) => sum + Number(row.get('scur')), 0)
    if (connections === 0) return
    await session.tell([{ text: `add map ${farewellMap} ${farewellKey} 1`, answers: [''] }], maps)
    await clock.sleep(farewellMs)
  }

  return async (next, structure, accepted) => {
    const obstacle = await obstacleOf(listensOf(structure), listensOf(accepted))
    if (obstacle !== null) {
      const { listen, taken, reason, by } = obstacle
      return taken
        ? fail('PORT_TAKEN', { address: listen, by })
        : fail('PROXY_REFUSED', { command: `bind ${listen}`, answer: reason })
    }
    const maps = changingMaps(structure)
    const former = (await session.look(maps)).running
    file.keepAside()
    file.write(next)
    await farewell(maps)
    const outcome = await master.reload()
    if (!outcome.ok) {
      file.putBack()
      await session.tell([{ text: `del map ${farewellMap} ${farewellKey}`, answers: [''] }], maps)
      return outcome.takenAddress === null
        ? fail('PROXY_REFUSED', { command: 'reload', answer: outcome.log })
        : fail('PORT_TAKEN', { address: outcome.takenAddress, by: '' })
    }
    file.forgetAside(next)
    await handover(former, maps)
    return null
  }
}

function listensOf(structure: Structure | null): string[] {
  return (structure?.backends ?? []).map(({ listen }) => listen)
}
