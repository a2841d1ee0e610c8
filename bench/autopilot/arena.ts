// A service whose new releases are tried for real: one release serves, another one is deployed over it and is watched by the command that deploys it.
import type { App } from '../../src/operations/app.ts'
import type { Scope } from '../../src/core/model.ts'
import type { BenchContext } from '../bench.ts'
import { run, wallNow } from '../command.ts'
import { createInstallation, type Installation } from '../installation.ts'
import type { Window } from '../load/answers.ts'
import { freePort } from '../port.ts'
import { HEALTH_PATH, IMAGE, PORT, type Version } from '../shop.ts'
import { tidy } from '../tidy.ts'

const REPLICAS = 2
const TRIAL_LIMIT_MS = 300_000
/** Longer than it takes to find out about any bad version here. */
const CANARY = '{ steps: [{ share: 5%, for: 240s }], requests: 50 }'
const SHORT_CANARY = '{ steps: [{ share: 5%, for: 10s, at_most: 30s }], requests: 50 }'

export type Tried = {
  readonly release: number
  readonly outcome: string
  /** From the begin of the deploy to its end. */
  readonly window: Window
  readonly phi: number
  /** When the rollback was asked for, by the journal; `null`: there was none. */
  readonly decidedAt: number | null
  /** What the candidate's replicas printed. */
  readonly log: string
}

export type TrialArena = {
  readonly url: string
  readonly installation: Installation
  readonly app: App
  readonly scope: Scope
  /** Serves everybody at once; with a bake, it is compared with the one before. */
  serve(version: Version, bake?: string): Promise<void>
  /** Deploys it as a canary of 5 %, all by itself. */
  tryOut(version: Version, howLong?: 'long' | 'short'): Promise<Tried>
  containersOf(release: number): string[]
  /** Nothing is due, nothing runs. */
  tidy(): Promise<void>
}

export async function createTrialArena(context: BenchContext, name: string): Promise<TrialArena> {
  const port = await freePort()
  const installation = createInstallation(context, name)
  const scope: Scope = { service: IMAGE, environment: name }
  let serial = 0

  const configure = (faults: string, trial: { readonly canary: string; readonly bake: string }) =>
    installation.configure(`services:
  ${IMAGE}:
    image: ${IMAGE}
    port: ${PORT}
    health: ${HEALTH_PATH}
    replicas: ${REPLICAS}
    env: { BENCH_RUN: "${++serial}", SHOP_FAULTS: "${faults === '' ? 'none' : faults}" }
    standby: { warm: 1, warm_for: 1h, frozen: 0, cold: 2 }
    canary: ${trial.canary}
    bake: ${trial.bake}
environments:
  ${name}:
    listen: 127.0.0.1:${port}
`)
  configure('', { canary: 'off', bake: 'off' })
  await installation.astern(['up'])
  const app = installation.open()

  async function deploy({ tag }: Version, words: readonly string[] = []) {
    const asked = ['deploy', tag, '--json', '--force=hold,quarantine', ...words]
    const ran = await installation.astern(asked, { anyStatus: true, limitMs: TRIAL_LIMIT_MS })
    const last = ran.stdout.trimEnd().split('\n').at(-1) ?? ''
    if (!last.startsWith('{')) throw new Error(`deploy of ${tag}: ${ran.stderr}${ran.stdout}`)
    const answer = JSON.parse(last) as { outcome: string; error: { message: string } | null }
    return { ...answer, text: answer.error?.message ?? ran.stderr }
  }

  const containersOf = (release: number) =>
    app.store.replicas
      .of(scope)
      .filter((replica) => replica.release === release)
      .map((replica) => `astern-${app.store.installation}-${scope.service}-${scope.environment}-${replica.name}`)

  return {
    url: `http://127.0.0.1:${port}`,
    installation,
    app,
    scope,
    containersOf,
    tidy: () => tidy(context, app, [scope]),
    async serve(version, bake) {
      configure(version.faults, {
        canary: 'off',
        bake: bake === undefined ? 'off' : `{ for: ${bake}, holdback: 1% }`,
      })
      const { outcome, text } = await deploy(version, bake === undefined ? [] : ['--wait=bake'])
      if (outcome !== 'succeeded') throw new Error(`deploy of ${version.tag}: ${outcome}: ${text}`)
      await tidy(context, app, [scope])
    },
    async tryOut(version, howLong = 'long') {
      configure(version.faults, { canary: howLong === 'long' ? CANARY : SHORT_CANARY, bake: 'off' })
      const from = wallNow()
      const { outcome } = await deploy(version)
      const window: Window = { from, to: wallNow() }
      const release = app.store.services.get(scope)!.nextRelease - 1
      const trial = app.store.trials.newestOf(scope, release)
      const logs = await Promise.all(
        containersOf(release).map((container) => run('docker', ['logs', container], { signal: context.signal })),
      )
      const rollback = app.store.operations
        .list(20, scope)
        .find(({ kind, startedAt }) => kind === 'rollback' && startedAt >= from)
      await tidy(context, app, [scope])
      return {
        release,
        outcome,
        window,
        phi: trial?.calibration?.phi ?? Number.NaN,
        decidedAt: rollback?.startedAt ?? null,
        log: logs.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
      }
    },
  }
}
