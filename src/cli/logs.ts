// `astern logs`: what replicas write, each line behind the name of its replica, the oldest first; `-f` goes on as lines come, also when another
// release begins to serve.
import { parseDuration } from '../core/duration.ts'
import { fail, isAsternError } from '../core/errors.ts'
import { type Replica, releaseName, type Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { findRelease, withContainers } from '../operations/releases.ts'
import { replicaNameWithPolicy } from '../operations/replica-spec.ts'
import type { LogLine, LogOptions } from '../ports/runtime.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { byTime, follow } from './merge-lines.ts'
import { parseCount } from './options.ts'
import { type Colour, paint } from './paint.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

const LINES = 100
/** How often the state is asked for replicas that have come. */
const LOOK_EVERY_MS = 1_000
const COLOURS: readonly Colour[] = ['cyan', 'yellow', 'green', 'magenta', 'blue']

type Asked = {
  /** `null`: whatever serves. */
  readonly release: number | null
  readonly process: string | null
  readonly sinceAt: number | null
}

export async function run(context: Context, args: Arguments): Promise<number> {
  const tail = parseCount(context, args, 'tail', LINES)
  const sinceAt = parseSince(context, args)
  const app = await context.open()
  const scope = oneScope(context, app, args)
  const named = args.text('release')
  const release = named === null ? null : findRelease(app, scope, named).number
  const asked: Asked = { release, process: args.text('process'), sinceAt }
  const following = args.flag('follow')
  const names = replicasOf(app, scope, asked)
    .filter(({ level }) => level !== 'absent')
    .map(({ name }) => name)
  if (names.length === 0 && (!following || release !== null)) throw nothing(context, app, scope, asked)
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  const stopInterrupts = context.onInterrupt(stop)
  context.onOutputClosed(stop)
  const { signal } = stopping
  const runtime = await app.runtime()
  const read = (name: string, options: Partial<LogOptions>) =>
    runtime.logs(replicaNameWithPolicy(app, scope, name), { tail, follow: false, sinceAt, signal, ...options })
  const lines = following
    ? followReplicas(context, app, scope, asked, { read, signal })
    : byTime(names.map((name) => read(name, {})))
  const show = lineShower(context, app, scope, names)
  for await (const line of lines) {
    if (signal.aborted) break
    show(line)
  }
  stopInterrupts()
  if (!following) await tend(context, app)
  return 0
}

function parseSince(context: Context, args: Arguments): number | null {
  const text = args.text('since')
  if (text === null) return null
  const ms = parseDuration(text)
  if (ms !== null) return context.now() - ms
  throw fail('USAGE', {
    problem: context.t('value_invalid', { name: 'since', expected: '10m', value: text }),
    command: 'logs',
  })
}

function nothing(context: Context, app: App, scope: Scope, { release, process }: Asked): Error {
  const name = releaseName(release ?? app.store.services.get(scope)?.active ?? 0)
  const what = process === null ? name : `${name} ${process}`
  return fail('NOTHING_TO_DO', { reason: context.t('no_containers', { release: what }) })
}

function replicasOf(app: App, scope: Scope, asked: Asked): Replica[] {
  const meant = asked.release === null ? releasesThatServe(app, scope, asked.sinceAt) : new Set([asked.release])
  return app.store.replicas.of(scope).filter((replica) => meant.has(replica.release) && isOf(replica, asked))
}

function isOf({ process }: Replica, asked: Asked): boolean {
  return asked.process === null || process === asked.process
}

/**
 * The one that serves and the one that is about to; with a time, those as well that served since. Where none does, the newest that has containers:
 * a first deploy that failed has left its output.
 */
function releasesThatServe(app: App, scope: Scope, sinceAt: number | null): ReadonlySet<number> {
  const { services, replicas, releases } = app.store
  const service = services.get(scope)
  const kept = withContainers(replicas.of(scope))
  const served = releases
    .some(scope, [...kept])
    .filter(({ standbySince }) => sinceAt !== null && standbySince !== null && standbySince >= sinceAt)
  const now = [service?.active ?? null, service?.candidate ?? null].filter((number) => number !== null)
  if (now.length === 0) return new Set([Math.max(0, ...kept)])
  return new Set([...now, ...served.map(({ number }) => number)])
}

type Reading = {
  readonly read: (name: string, options: Partial<LogOptions>) => AsyncIterable<LogLine>
  readonly signal: AbortSignal
}

/** Whoever was followed once goes on being followed. Those of one release end when none of its replicas is left to write anything. */
function followReplicas(
  context: Context,
  app: App,
  scope: Scope,
  asked: Asked,
  { read, signal }: Reading,
): AsyncGenerator<LogLine> {
  const startedAt = context.now()
  const newest = newestRelease(app, scope)
  const atFirst = new Set(replicasOf(app, scope, asked).map(({ name }) => name))
  const followed = new Set(atFirst)
  let told = ''
  const look = () => {
    const all = app.store.replicas.of(scope)
    const now = replicasOf(app, scope, asked)
    // One whose deploy failed between two looks neither serves nor is about to.
    const since = asked.release === null ? all.filter(({ release }) => release > newest) : []
    for (const { name } of [...now, ...since.filter((one) => isOf(one, asked))]) followed.add(name)
    const known = all.filter(({ name }) => followed.has(name))
    const isAwaited = asked.release === null || asked.release === app.store.services.get(scope)?.candidate
    if (!isAwaited && known.every(({ level }) => level === 'stopped' || level === 'absent')) return null
    return known.map(({ name, level }) => ({ name, ended: level === 'stopped' }))
  }
  return follow({
    look,
    signal,
    before: (name) => read(name, {}),
    open: (name, since) => {
      const sinceAt = since ?? (atFirst.has(name) ? startedAt : asked.sinceAt)
      return read(name, { follow: true, tail: Number.POSITIVE_INFINITY, sinceAt })
    },
    wait: () => app.clock.sleep(LOOK_EVERY_MS, signal),
    onTrouble(error) {
      if (!isAsternError(error, 'ENGINE_UNAVAILABLE')) throw error
      if (told !== error.message) context.say(`${paint(context, 'yellow', context.t('warning'))}: ${error.message}`)
      told = error.message
    },
  })
}

function newestRelease(app: App, scope: Scope): number {
  return (app.store.services.get(scope)?.nextRelease ?? 1) - 1
}

function lineShower(context: Context, app: App, scope: Scope, names: readonly string[]): (line: LogLine) => void {
  const processes = new Map<string, string | null>()
  const processOf = (name: string) => {
    if (!processes.has(name)) processes.set(name, app.store.replicas.get(scope, name)?.process ?? null)
    return processes.get(name) ?? null
  }
  if (context.json) {
    return ({ replica, at, stream, text }) => {
      const timestamp = at === null ? null : new Date(at).toISOString()
      const release = /^r\d+/.exec(replica)?.[0] ?? null
      context.print(JSON.stringify({ timestamp, release, replica, process: processOf(replica), stream, text }))
    }
  }
  const colours = new Map<string, Colour>()
  let width = Math.max(0, ...names.map(({ length }) => length))
  return ({ replica, text }) => {
    if (!colours.has(replica)) colours.set(replica, COLOURS[colours.size % COLOURS.length]!)
    width = Math.max(width, replica.length)
    context.print(`${paint(context, colours.get(replica)!, `${replica.padEnd(width)} │`)} ${text}`)
  }
}
