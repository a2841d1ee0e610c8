// Astern with a good release and a bad one over it, again and again: brings the good one to a rung, and takes the service back to it.
// Invariant: a run that did not go back to the good release from the rung it was meant to is an error, never a sample.
import type { Answered } from '../../src/operations/answer.ts'
import type { App } from '../../src/operations/app.ts'
import { deploy } from '../../src/operations/deploy.ts'
import { planRollbackOf, rollback } from '../../src/operations/rollback.ts'
import type { Scope } from '../../src/core/model.ts'
import type { BenchContext } from '../bench.ts'
import { sleep, wallNow } from '../command.ts'
import { createInstallation, type Installation } from '../installation.ts'
import { freePort } from '../port.ts'
import { BAD, GOOD, HEALTH_PATH, IMAGE, PORT, type Version } from '../shop.ts'
import { tidy } from '../tidy.ts'
import type { Case, CommandRun } from './row.ts'

const REPLICAS = 2
/** Until the load has certainly been answered by the bad release, before a run; and by the good one, after it. */
const SETTLE_MS = 150
/** A good release is deployed anew after so many bad ones, as real services do. */
const BAD_PER_GOOD = 20
const ASKED = { actor: { name: 'bench', automated: false }, reason: 'benchmark' }

const standby: Readonly<Record<Case, string>> = {
  warm: 'warm: 1, warm_for: 1h, frozen: 0, cold: 0',
  frozen: 'warm: 0, frozen: 1, frozen_for: 1h, cold: 0',
  cold: 'warm: 0, frozen: 0, cold: 1',
  retired: 'warm: 0, frozen: 0, cold: 0',
}

/** A rollback in this process: its whole, and where the time went. */
export type InProcess = {
  /** From the request to the end of the proxy's answer that says it does what is wanted, the durable intent before it included. */
  readonly shiftedMs: number
  readonly answered: Answered
}

type DatabaseUrl = string

export type Arena = {
  readonly url: string
  readonly installation: Installation
  /** Containers of the good release, by name. */
  goodContainers(): string[]
  /** A good release serves, and is what the service goes back to; with a worker beside it that does the jobs of a database. */
  begin(rung: Case, workerOf?: DatabaseUrl): Promise<void>
  /** Deploys a bad release that was never there before, and waits until the good one stands by on its rung. */
  ready(): Promise<void>
  inProcess(): Promise<InProcess>
  command(words?: readonly string[]): Promise<CommandRun>
  /** Nothing is due, nothing runs. */
  tidy(): Promise<void>
}

export async function createArena(context: BenchContext): Promise<Arena> {
  const port = await freePort()
  const installation = createInstallation(context, 'astern')
  const service = IMAGE
  const scope: Scope = { service, environment: 'prod' }
  let rung: Case = 'warm'
  let database: DatabaseUrl | null = null
  let serial = 0
  let sinceGood = 0

  const configure = (serialNumber: number) =>
    installation.configure(`services:
  ${service}:
    image: ${IMAGE}
    port: ${PORT}
    health: ${HEALTH_PATH}
    replicas: ${REPLICAS}
    env: { BENCH_RUN: "${serialNumber}" }
    standby: { ${standby[rung]} }
    canary: off
    bake: off
    retention: { automatic: false }
${database === null ? '' : `    processes: { worker: { command: [/app, worker], env: { DATABASE_URL: "${database}" } } }`}
environments:
  prod:
    listen: 127.0.0.1:${port}
`)
  configure(0)
  await installation.astern(['up'])
  const app = installation.open()

  async function deployed({ tag }: Version): Promise<void> {
    serial++
    const definition = configure(serial)
    const { answer } = await deploy(app, definition, {
      ...ASKED,
      tag,
      force: new Set(['hold']),
      signal: context.signal,
    })
    if (answer.outcome !== 'succeeded') throw new Error(`deploy of ${tag}: ${answer.outcome}: ${answer.error?.message}`)
  }

  async function expectRung(): Promise<void> {
    const decision = await planRollbackOf(app, scope, { ...ASKED, to: null, force: new Set() })
    if (decision.outcome !== 'plan') throw new Error(`no way back: ${decision.outcome}`)
    if (decision.rung !== rung) throw new Error(`the good release is ${decision.rung}, not ${rung}`)
  }

  async function nextGood(): Promise<void> {
    await deployed(GOOD)
    sinceGood = 0
    await tidy(context, app, [scope])
  }

  function check({ answer }: Pick<Answered, 'answer'>): void {
    const { outcome, to, rung: from, error } = answer
    if (outcome !== 'succeeded' || to?.version !== GOOD.tag || from !== rung)
      throw new Error(`rollback: ${outcome} to ${to?.version} from ${from} (${error?.message ?? 'no error'})`)
  }

  return {
    url: `http://127.0.0.1:${port}`,
    installation,
    goodContainers() {
      const { active } = app.store.services.get(scope)!
      return app.store.replicas
        .of(scope)
        .filter(({ release }) => release === active)
        .map(({ name }) => `astern-${app.store.installation}-${service}-prod-${name}`)
    },
    async begin(next, workerOf) {
      rung = next
      database = workerOf ?? null
      await nextGood()
    },
    async ready() {
      if (sinceGood >= BAD_PER_GOOD) await nextGood()
      sinceGood++
      await deployed(BAD)
      await tidy(context, app, [scope])
      await expectRung()
      await sleep(SETTLE_MS, context.signal)
    },
    async inProcess() {
      // What the keeper of a daemon does every second, and nothing more: it knows the proxy as it was a moment ago.
      await app.traffic.observe()
      await sleep(SETTLE_MS, context.signal)
      const stamp = stamped(app)
      const startedAt = performance.now()
      const answered = await rollback(stamp.app, scope, { ...ASKED, to: null, force: new Set() })
      check(answered)
      return { shiftedMs: stamp.shiftedAt() - startedAt, answered }
    },
    async command(words = ['rollback', '--json']) {
      const ran = await installation.astern(words)
      check({ answer: JSON.parse(ran.stdout.trimEnd().split('\n').at(-1)!) as Answered['answer'] })
      await sleep(SETTLE_MS, context.signal)
      return { durationMs: ran.durationMs, window: { from: ran.startedAt, to: wallNow() } }
    },
    tidy: () => tidy(context, app, [scope]),
  }
}

/** Notes when the proxy has answered that it does what is wanted: the last time before the proof begins. */
function stamped(app: App): { app: App; shiftedAt: () => number } {
  const { traffic } = app
  let ensuredAt = Number.NaN
  let shiftedAt = Number.NaN
  const watched: App['traffic'] = {
    ...traffic,
    async ensure(...given) {
      await traffic.ensure(...given)
      ensuredAt = performance.now()
    },
    probe(...given) {
      shiftedAt = ensuredAt
      return traffic.probe(...given)
    },
  }
  return {
    app: { ...app, traffic: watched },
    shiftedAt() {
      if (Number.isNaN(shiftedAt)) throw new Error('the rollback has moved no traffic')
      return shiftedAt
    },
  }
}
