// The engine's own share: two containers like Astern's (same image, settings and network), started by the engine's API alone, until both answer.
import { connect } from 'node:net'
import { formatAddress, parseCidr } from '../../src/core/addresses.ts'
import type { BenchContext } from '../bench.ts'
import { sleep } from '../command.ts'
import type { Engine } from '../engine-api.ts'
import { HEALTH_PATH, PORT } from '../shop.ts'

const NAME = 'astern-bench-twin'
const ANSWER_LIMIT_MS = 30_000
const ASK_EVERY_MS = 1
/** Counted from the first address that the engine would hand out by itself. */
const FIRST_ADDRESS = 10

export type TwinCase = 'frozen' | 'cold' | 'retired'

const ROLE_FOLDER = '/run/astern'

type Inspected = {
  readonly Config: Record<string, unknown>
  readonly HostConfig: { readonly NetworkMode: string; readonly Mounts?: readonly { readonly Target: string }[] | null }
}
type Network = { readonly IPAM: { readonly Config: readonly { readonly IPRange: string }[] } }
type Twin = { readonly name: string; readonly address: string; readonly settings: object }

export type Twins = {
  /** Brings them to the rung, measures the way up from it in milliseconds, and takes them away. */
  measure(from: TwinCase): Promise<number>
}

/** `like` names the containers to copy. */
export async function createTwins(context: BenchContext, engine: Engine, like: readonly string[]): Promise<Twins> {
  const twins = await Promise.all(like.map((name, index) => twinOf(engine, name, index)))
  const each = (work: (twin: Twin) => Promise<unknown>) => Promise.all(twins.map(work))
  const post = ({ name }: Twin, action: string) => engine.call<unknown>('POST', `/containers/${name}/${action}`)
  const create = (twin: Twin) => engine.call<unknown>('POST', `/containers/create?name=${twin.name}`, twin.settings)
  const remove = ({ name }: Twin) => engine.call<unknown>('DELETE', `/containers/${name}?force=1`)
  const answers = ({ address }: Twin) => untilItAnswers(address, context.signal)
  const present = async ({ name }: Twin) => {
    const filters = encodeURIComponent(JSON.stringify({ name: [`^/${name}$`] }))
    return (await engine.call<unknown[]>('GET', `/containers/json?all=1&filters=${filters}`)).length > 0
  }
  const removeAll = () => each(async (twin) => (await present(twin)) && (await remove(twin)))
  context.cleanup.add('twins', async () => void (await removeAll()))

  /** Created, started and answering, then as far down as the rung says. */
  async function prepare(from: TwinCase): Promise<void> {
    await removeAll()
    if (from === 'retired') return
    await each(async (twin) => {
      await create(twin)
      await post(twin, 'start')
      await answers(twin)
      await post(twin, from === 'frozen' ? 'pause' : 'stop?t=10')
    })
  }

  async function wake(twin: Twin, from: TwinCase): Promise<void> {
    if (from === 'retired') await create(twin)
    await post(twin, from === 'frozen' ? 'unpause' : 'start')
    await answers(twin)
  }

  return {
    async measure(from) {
      await prepare(from)
      const startedAt = performance.now()
      await each((twin) => wake(twin, from))
      const durationMs = performance.now() - startedAt
      await removeAll()
      return durationMs
    },
  }
}

async function twinOf(engine: Engine, like: string, index: number): Promise<Twin> {
  const { Config, HostConfig } = await engine.call<Inspected>('GET', `/containers/${like}/json`)
  const network = HostConfig.NetworkMode
  const { IPAM } = await engine.call<Network>('GET', `/networks/${network}`)
  const range = parseCidr(IPAM.Config[0]!.IPRange)!
  const address = formatAddress(range.base + FIRST_ADDRESS + index)
  return {
    name: `${NAME}-${process.pid}-${index + 1}`,
    address,
    settings: {
      ...Config,
      Hostname: '',
      Labels: {}, // or Astern would take it for one of its own
      // The folder with a release's role goes with the release; a twin is longer there.
      HostConfig: { ...HostConfig, Mounts: (HostConfig.Mounts ?? []).filter(({ Target }) => Target !== ROLE_FOLDER) },
      NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
    },
  }
}

/** Asks on a new connection each time, as fast as is polite: what is measured is when it answers, not when it was asked. */
async function untilItAnswers(address: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + ANSWER_LIMIT_MS
  while (!(await answersOnce(address))) {
    if (performance.now() > deadline) throw new Error(`${address} did not answer within ${ANSWER_LIMIT_MS} ms`)
    await sleep(ASK_EVERY_MS, signal)
  }
}

function answersOnce(address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: address, port: PORT, timeout: 2_000 })
  socket.on('connect', () => socket.write(`GET ${HEALTH_PATH} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n`))
  socket.on('data', (chunk: Buffer) => {
    resolve(chunk.toString('latin1').startsWith('HTTP/1.1 200'))
    socket.destroy()
  })
  const no = () => {
    resolve(false)
    socket.destroy()
  }
  socket.on('timeout', no).on('error', no).on('close', no)
  return promise
}
