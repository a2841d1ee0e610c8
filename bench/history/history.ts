// A long past must cost nothing: `status`, `releases` and the plan of a rollback, with 10 and with 100,000 releases in the state and their
// operations in the journal. In process, where a scan of a table would show at once, and as whole commands, as people wait for them.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { createInstallation, type Installation } from '../installation.ts'
import { freePort } from '../port.ts'
import { atMost, type Goal, type Measured, ratio, type Row } from '../report.ts'
import { type Spread, spread } from '../statistics.ts'
import { writePast } from './past.ts'
import { cases, type Case, createQuestions, type Questions, words } from './questions.ts'

const SHORT = 10
const LONG = 100_000
const LIMIT = 1.5
/** Not counted: until both states have been read once and the code is compiled. */
const WARM_UP = { inProcess: 200, commands: 1 }
const RUNS = { inProcess: 1_000, commands: 40, quickCommands: 15 }

type Past = { readonly releases: number; readonly installation: Installation; readonly questions: Questions }

export async function measureHistory(context: BenchContext): Promise<Measured> {
  const pasts = [await prepare(context, SHORT), await prepare(context, LONG)]
  const rows = [...(await inProcess(context, pasts)), ...(await asCommands(context, pasts))]
  return {
    rows,
    goals: goals(rows),
    notes: [
      'in_process: reading and deciding on an open state; what the proxy answers is the same for both and left out',
      'command: bin/astern as a process of its own, the proxy asked',
      `each of the ${LONG.toLocaleString('en')} releases has its operation with plan and journal rows; one in 10 was rolled back from, one in 17 failed`,
    ],
  }
}

async function prepare(context: BenchContext, releases: number): Promise<Past> {
  const installation = createInstallation(context, String(releases))
  const definition = installation.configure(configText(`bench-${releases}`, await freePort()))
  await installation.astern(['up'])
  const app = installation.open()
  const startedAt = performance.now()
  await writePast(app, definition, releases, context.signal)
  const megabytes = (statSync(join(installation.stateFolder, 'astern.db')).size / 1e6).toFixed(0)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  context.say(
    `${releases} releases written: ${app.store.journal.lastSeq()} journal rows, ${megabytes} MB, ${seconds} s`,
  )
  await app.traffic.ensure()
  return { releases, installation, questions: await createQuestions(app, definition) }
}

function configText(service: string, port: number): string {
  return `services:
  ${service}:
    image: ${service}
    port: 8080
    health: /healthz
    replicas: 2
    env: { GIN_MODE: release }
    memory: 128m
    canary: off
    bake: off
environments:
  prod:
    listen: 127.0.0.1:${port}
`
}

/** The two states take turns, so that whatever else the machine does meets both. */
async function inProcess(context: BenchContext, pasts: readonly Past[]): Promise<Row[]> {
  const samples = new Map<string, number[]>()
  for (const ask of cases) {
    for (let round = -WARM_UP.inProcess; round < RUNS.inProcess; round++) {
      context.signal.throwIfAborted()
      for (const { releases, questions } of pasts) {
        const startedAt = performance.now()
        await questions[ask]()
        const durationMs = performance.now() - startedAt
        if (round >= 0) collect(samples, `${ask} ${releases}`, durationMs)
      }
    }
  }
  context.say('measured in process')
  return rowsOf('in_process', pasts, samples)
}

async function asCommands(context: BenchContext, pasts: readonly Past[]): Promise<Row[]> {
  const samples = new Map<string, number[]>()
  const runs = context.quick ? RUNS.quickCommands : RUNS.commands
  for (const ask of cases) {
    for (let round = -WARM_UP.commands; round < runs; round++) {
      for (const { releases, installation } of pasts) {
        const { durationMs } = await installation.astern(words[ask])
        if (round >= 0) collect(samples, `${ask} ${releases}`, durationMs)
      }
    }
  }
  context.say('measured as commands')
  return rowsOf('command', pasts, samples)
}

function collect(samples: Map<string, number[]>, key: string, value: number): void {
  const known = samples.get(key)
  if (known === undefined) samples.set(key, [value])
  else known.push(value)
}

function rowsOf(subject: string, pasts: readonly Past[], samples: ReadonlyMap<string, number[]>): Row[] {
  return cases.flatMap((ask) =>
    pasts.map(({ releases }) => {
      const measured = samples.get(`${ask} ${releases}`) ?? []
      return { case: ask, subject, releases, runs: measured.length, ms: spread(measured) }
    }),
  )
}

function goals(rows: readonly Row[]): Goal[] {
  const median = (ask: Case, subject: string, releases: number) => {
    const row = rows.find(
      (each) => each['case'] === ask && each['subject'] === subject && each['releases'] === releases,
    )
    return (row?.['ms'] as Spread | null | undefined)?.p50
  }
  return ['in_process', 'command'].flatMap((subject) =>
    cases.map((ask) =>
      atMost(
        `${ask} ${subject}: p50 with ${LONG.toLocaleString('en')} releases over p50 with ${SHORT}`,
        ratio(median(ask, subject, LONG), median(ask, subject, SHORT)),
        LIMIT,
      ),
    ),
  )
}
